//! The tables, one file each.

mod classify;
mod documents;
mod latency;
mod scraping;
mod serve;
mod start;
mod streams;
mod verdicts;

pub(crate) use classify::classify;
pub(crate) use documents::documents;
pub(crate) use latency::latency;
pub(crate) use scraping::scraping;
pub(crate) use serve::serve;
pub(crate) use start::start;
pub(crate) use streams::streams;
pub(crate) use verdicts::verdicts;

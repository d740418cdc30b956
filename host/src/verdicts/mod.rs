//! Verdicts as the rest of the host asks for them: remembered, asked for once, waited for together.

mod cache;
mod flights;
mod memory;
mod service;
mod waits;

pub use cache::{Cached, Known, Origin, Scope, VerdictCache};
pub use memory::MemoryCache;
pub use service::Verdicts;

//! Every metric family of `/metrics`: docs/metrics.md. Parts of the host own plain counters of the kinds below, which they
//! reach without a look-up and count in with one atomic operation; `page` reads them all when somebody asks.

mod count;
mod exposition;
mod judge;
mod page;
mod plugin;
mod repository;
mod status;
mod timer;
mod verdicts;

pub(crate) use count::Counter;
pub use judge::{BreakerState, JudgeCounts, JudgeReport};
pub(crate) use page::{Process, Sources, page};
pub(crate) use plugin::{PluginCounts, Trouble};
pub(crate) use repository::{Operation, RepositoryCounts, Seen};
pub(crate) use verdicts::VerdictCounts;
pub use verdicts::{CacheReport, RedisReport};

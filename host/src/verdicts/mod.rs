//! Verdicts as the rest of the host asks for them: remembered, asked for once, waited for together.

mod cache;
mod filter;
mod flights;
mod memory;
mod proactive;
mod redis;
mod removals;
mod service;
mod waits;

pub use cache::{CacheError, Cached, Cursor, Known, Origin, Page, Scope, VerdictCache};
pub use filter::{Filter, Packages};
pub use memory::MemoryCache;
pub use redis::RedisCache;
pub use service::{Source, Sourced, Verdicts};

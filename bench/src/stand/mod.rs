//! The test stand: servers on 127.0.0.1, a load generator, and what the system knows of a process.

pub(crate) mod http;
pub(crate) mod nginx;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod redis;
pub(crate) mod upstream;
pub(crate) mod wrk;

//! Verdicts on a real Redis, as the rest of the host asks for them.

mod cluster;
mod outages;
mod processes;
mod refresh;
mod setup;
mod shared;
mod tls;

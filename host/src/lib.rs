//! The native host of osa-proxy: networking, Judge, caching and policy. Ecosystems are plugins; none is named here.

mod admin;
pub mod app;
pub mod config;
pub mod failure;
mod guarded;
pub mod healthcheck;
pub mod judge;
pub mod logs;
pub mod metrics;
pub mod overview;
pub mod pipeline;
pub mod plugin;
pub mod policy;
mod reply;
pub mod secret;
pub mod server;
pub mod signals;
pub mod upstream;
pub mod verdicts;
mod weights;
pub mod yaml;

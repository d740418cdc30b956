//! The native host of osa-proxy: networking, Judge, caching and policy. Ecosystems are plugins; none is named here.

pub mod config;
pub mod failure;
pub mod judge;
pub mod plugin;
pub mod policy;
pub mod secret;
pub mod verdicts;

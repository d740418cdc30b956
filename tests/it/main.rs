//! Integration tests, a file a concern; `support` holds what they share. They run the real binary against registries on
//! 127.0.0.1.
#![allow(
    clippy::format_collect,
    clippy::similar_names,
    reason = "tests are read more often than they are run"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod admin;
mod alpine;
mod artifacts;
mod bad_input;
mod clients;
mod composer;
mod configuration;
mod connections;
mod contexts;
mod credentials;
mod debian;
mod docker;
mod documents;
mod faults;
mod file_types;
mod fixtures;
mod gadget;
mod go;
mod hostile;
mod keys;
mod loading;
mod logging;
mod maven;
mod metrics;
mod modes;
mod network;
mod npm;
mod nuget;
mod paths;
mod policy;
mod pypi;
mod redis;
mod reference;
mod refusals;
mod rpm;
mod ruby;
mod widget;

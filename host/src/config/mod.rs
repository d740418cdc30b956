//! osa-proxy.yml: read, placeholders filled in, checked, resolved.

mod admin;
mod cache;
mod codescoring;
mod draft;
mod http;
mod locate;
mod logging;
mod model;
mod names;
mod plugins;
mod renamed;
mod render;
mod repository;
mod sections;
#[cfg(test)]
mod tests;

pub use draft::Draft;
pub use locate::{DEFAULT_FILE, PATH_VARIABLE, locate};
pub use model::{
    Admin, Breaker, Cache, Codescoring, Config, DocumentCache, FileTypeFilter, Http, HttpClient, HttpServer,
    JudgeCache, LogFormat, LogLevel, Logging, PluginLimits, Plugins, Redis, Repository, Retry, WorkMode,
};

/// One of [`ConfigErrors`].
pub use crate::yaml::Problem as ConfigError;
/// Everything that is wrong with a configuration, each with file, place, key and a right example.
pub use crate::yaml::Problems as ConfigErrors;
/// How placeholders are looked up, and the usual way to do so.
pub use crate::yaml::{Env, process_env};

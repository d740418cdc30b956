//! osa-proxy.yml: read, placeholders filled in, checked, resolved.

mod model;

pub use model::{
    Admin, Breaker, Cache, Codescoring, Config, FileTypeFilter, Http, HttpClient, HttpServer, JudgeCache, LogFormat,
    LogLevel, Logging, PluginLimits, Plugins, Redis, Repository, Retry, WorkMode,
};

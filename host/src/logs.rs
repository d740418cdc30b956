//! Log lines on standard error, as `logging` says.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::config::{LogFormat, LogLevel, Logging};

/// Starts logging for the rest of the process; a second call changes nothing.
pub fn start(settings: &Logging) {
    let level = match settings.level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    };
    // Libraries log what only their authors need, and some would print the URLs that they are given.
    let ours = Targets::new()
        .with_target("osa_proxy", level)
        .with_default(level.min(LevelFilter::WARN));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let layer = match settings.format {
        LogFormat::Text => lines
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter(ours)
            .boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_target(false)
            .with_filter(ours)
            .boxed(),
    };
    // Fails only when logging has been started already.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

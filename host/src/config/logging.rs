//! `logging`

use super::model::{LogFormat, LogLevel, Logging};
use crate::yaml::Map;
use crate::yaml::value::one_of;

const LEVELS: [(&str, LogLevel); 5] = [
    ("debug", LogLevel::Debug),
    ("info", LogLevel::Info),
    ("warn", LogLevel::Warn),
    ("warning", LogLevel::Warn),
    ("error", LogLevel::Error),
];

pub(super) fn read(mut map: Map<'_>) -> Logging {
    let default = Logging::default();
    let level = map.optional("level", "info").and_then(|value| {
        let word = value.text()?;
        let level = one_of(&LEVELS)(word.trim());
        if level.is_err() {
            value.warn("not a log level, so `info` is used; the levels are debug, info, warn, warning and error");
        }
        level.ok()
    });
    let logging = Logging {
        level: level.unwrap_or(default.level),
        format: map
            .get(
                "format",
                "json",
                one_of(&[("text", LogFormat::Text), ("json", LogFormat::Json)]),
            )
            .unwrap_or(default.format),
    };
    map.finish();
    logging
}

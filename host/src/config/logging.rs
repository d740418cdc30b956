//! `logging`

use super::model::{LogFormat, LogLevel, Logging};
use crate::yaml::value::one_of;
use crate::yaml::{Map, Value};

const LEVELS: [(&str, LogLevel); 5] = [
    ("debug", LogLevel::Debug),
    ("info", LogLevel::Info),
    ("warn", LogLevel::Warn),
    ("warning", LogLevel::Warn),
    ("error", LogLevel::Error),
];

/// The Java generation had one for each of its packages.
const ONE_LEVEL: &str = "one level for everything, `logging.level: info`";

pub(super) fn read(mut map: Map<'_>) -> Logging {
    for of_a_package in map.take_all(|key| key.starts_with("level.")) {
        of_a_package.report_gone(ONE_LEVEL);
    }
    let default = Logging::default();
    let level = map.optional("level", "info").and_then(|value| {
        if value.is_map() {
            report_levels(&value);
            return None;
        }
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

/// At the very line of each.
fn report_levels(value: &Value<'_>) {
    let below = if value.is_map() {
        value.map().rest("")
    } else {
        Vec::new()
    };
    if below.is_empty() {
        value.report_gone(ONE_LEVEL);
    }
    for (_, _, level) in below {
        report_levels(&level);
    }
}

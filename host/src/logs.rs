//! Log lines on standard error, as `logging` says.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

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
    let colours = settings.format == LogFormat::Text && std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(move || OneLine {
        to: std::io::stderr(),
        colours,
    });
    let layer = match settings.format {
        LogFormat::Text => lines.with_target(false).with_ansi(colours).with_filter(ours).boxed(),
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

/// Keeps an event one line without control characters, whatever clients, registries and Judge put into it. An event is
/// written in one piece.
struct OneLine<W> {
    to: W,
    /// Escape is the formatter's own then; it takes it out of messages by itself.
    colours: bool,
}

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = event.strip_suffix(b"\n").unwrap_or(event);
        let text = String::from_utf8_lossy(line);
        let is_raw = |c: char| is_control(c) && !(self.colours && c == '\u{1b}');
        if text.chars().any(is_raw) {
            self.to.write_all(escaped(&text, is_raw).as_bytes())?;
            self.to.write_all(b"\n")?;
        } else {
            self.to.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// In a form that JSON reads, too.
fn escaped(text: &str, is_raw: impl Fn(char) -> bool) -> String {
    let mut line = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_raw(c) {
            // Infallible: the target is a String.
            let _ = fmt::Write::write_fmt(&mut line, format_args!("\\u{:04x}", u32::from(c)));
        } else {
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_one_line() {
        for (event, written) in [
            ("INFO plain\n", "INFO plain\n"),
            ("INFO a\r\nERROR forged\n", "INFO a\\u000d\\u000aERROR forged\n"),
            ("INFO \u{1b}[2J\n", "INFO \\u001b[2J\n"),
            ("INFO \u{9b}2J\u{7f}\u{2028}\n", "INFO \\u009b2J\\u007f\\u2028\n"),
        ] {
            let mut line = OneLine {
                to: Vec::new(),
                colours: false,
            };
            line.write_all(event.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(line.to).unwrap(), written);
        }
        let json = format!("{{\"a\":\"{}\"}}", escaped("b\u{85}\u{7f}", is_control));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&json).unwrap()["a"],
            "b\u{85}\u{7f}"
        );
    }
}

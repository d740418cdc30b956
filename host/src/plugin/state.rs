//! What one call of a plugin owns: its memory meter and its say in the log.

use wasmtime::ResourceLimiter;

use super::bindings::osa::ecosystem::{host, types};

/// Lines one call may log, and bytes of each: a plugin must not be able to flood the log.
const LOG_LINES: u32 = 32;
const LOG_BYTES: usize = 1024;

pub(super) struct State {
    pub(super) meter: Meter,
    plugin: String,
    lines: u32,
}

impl State {
    pub(super) fn new(plugin: &str, memory: u64) -> Self {
        Self {
            meter: Meter {
                limit: usize::try_from(memory).unwrap_or(usize::MAX),
                used: 0,
                peak: 0,
            },
            plugin: plugin.to_owned(),
            lines: 0,
        }
    }
}

/// Caps the linear memory of all of a store's instances together and remembers the most they had.
pub(super) struct Meter {
    limit: usize,
    used: usize,
    pub(super) peak: usize,
}

/// The plugin asked for more than `plugins.limits.memory`.
#[derive(Debug, thiserror::Error)]
#[error("more than {limit} bytes of memory asked for")]
pub(super) struct MemoryExceeded {
    limit: usize,
}

const TABLE_ELEMENTS: usize = 100_000;

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            // A trap with a reason; a refused growth would only be an abort deep in the guest's allocator.
            return Err(MemoryExceeded { limit: self.limit }.into());
        }
        self.used = used;
        self.peak = self.peak.max(used);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

impl types::Host for State {}

impl host::Host for State {
    fn log(&mut self, level: host::Level, message: String) -> wasmtime::Result<()> {
        self.lines = self.lines.saturating_add(1);
        if self.lines > LOG_LINES {
            return Ok(());
        }
        let plugin = self.plugin.as_str();
        let message = printable(&message);
        match level {
            host::Level::Debug => tracing::debug!(plugin, "{message}"),
            host::Level::Info => tracing::info!(plugin, "{message}"),
            host::Level::Warn => tracing::warn!(plugin, "{message}"),
            host::Level::Error => tracing::error!(plugin, "{message}"),
        }
        Ok(())
    }
}

/// One line of bounded length: what a plugin logs may be made of hostile metadata.
fn printable(message: &str) -> String {
    let mut text: String = message
        .chars()
        .take(LOG_BYTES)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if message.len() > text.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_stay_lines() {
        assert_eq!(printable("a\r\nb\u{1b}[31m"), "a  b [31m");
        assert_eq!(printable(&"x".repeat(5000)).chars().count(), LOG_BYTES + 1);
    }

    #[test]
    fn memory_is_counted_over_all_memories() {
        let mut meter = Meter {
            limit: 100,
            used: 0,
            peak: 0,
        };
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.memory_growing(0, 40, None).unwrap());
        assert!(meter.memory_growing(40, 41, None).unwrap_err().is::<MemoryExceeded>());
        assert_eq!(meter.peak, 100);
    }
}

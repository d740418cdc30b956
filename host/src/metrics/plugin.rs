//! What one plugin has cost, by function.

use std::time::Instant;

use super::count::Counter;
use super::exposition::{Family, Timers};
use super::timer::{CALL, Timer};

/// Of wit/ecosystem.wit.
const FUNCTIONS: [&str; 8] = [
    "describe",
    "open",
    "rank-versions",
    "classify",
    "identify",
    "edit-head",
    "scan",
    "plan",
];

/// How a call can fail through the plugin's own doing, or for want of a place to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Timeout,
    Memory,
    /// Panicked, ran out of stack or broke the interface.
    Trap,
    /// Said what it has no right to say.
    BadAnswer,
    /// No place became free; the plugin was not called.
    Busy,
}

const TROUBLES: [&str; 5] = ["timeout", "memory", "trap", "bad_answer", "busy"];

#[derive(Debug)]
pub(crate) struct PluginCounts([FunctionCounts; FUNCTIONS.len()]);

#[derive(Debug)]
struct FunctionCounts {
    calls: Timer,
    troubles: [Counter; TROUBLES.len()],
    /// Bytes of linear memory.
    peak: Counter,
}

impl Default for PluginCounts {
    fn default() -> Self {
        Self(std::array::from_fn(|_| FunctionCounts {
            calls: Timer::new(&CALL),
            troubles: Default::default(),
            peak: Counter::default(),
        }))
    }
}

impl PluginCounts {
    fn of(&self, function: &str) -> Option<&FunctionCounts> {
        let place = FUNCTIONS.iter().position(|name| *name == function)?;
        self.0.get(place)
    }

    /// A call that began at `start` and had at most `peak` bytes of memory.
    pub(crate) fn called(&self, function: &str, start: Instant, peak: usize) {
        if let Some(counts) = self.of(function) {
            counts.calls.since(start);
            counts.peak.at_least(peak as u64);
        }
    }

    pub(crate) fn failed(&self, function: &str, trouble: Trouble) {
        if let Some(count) = self.of(function).and_then(|of| of.troubles.get(trouble as usize)) {
            count.one();
        }
    }

    pub(crate) fn calls(&self) -> u64 {
        self.0.iter().map(|of| of.calls.read().count).sum()
    }

    /// Calls that failed through the plugin's doing.
    pub(crate) fn troubles(&self) -> u64 {
        let busy = Trouble::Busy as usize;
        self.0
            .iter()
            .flat_map(|of| of.troubles.iter().take(busy))
            .map(Counter::get)
            .sum()
    }

    pub(crate) fn peak(&self) -> u64 {
        self.0.iter().map(|of| of.peak.get()).max().unwrap_or(0)
    }
}

pub(super) fn families<'a>(plugins: impl Iterator<Item = (&'a str, &'a PluginCounts)>) -> Vec<Family> {
    let mut calls = Timers::new(
        "osa_proxy_plugin_call_seconds",
        "Calls into plugins, a fresh instance included, the wait for a place not.",
    );
    let mut failures = Family::counter(
        "osa_proxy_plugin_failures_total",
        "Calls into plugins that failed: timeout, memory, trap, bad_answer (not allowed to say that), busy (no place became free).",
    );
    let mut peak = Family::gauge(
        "osa_proxy_plugin_peak_memory_bytes",
        "Most linear memory that one call had since the start.",
    );
    for (plugin, counts) in plugins {
        for (function, of) in FUNCTIONS.iter().zip(&counts.0) {
            let labels = [("plugin", plugin), ("function", *function)];
            let reading = of.calls.read();
            let troubles = of.troubles.iter().map(Counter::get);
            if reading.count + troubles.clone().sum::<u64>() == 0 {
                continue;
            }
            calls.add(&labels, &reading);
            peak.add(&labels, of.peak.get() as f64);
            for (reason, count) in TROUBLES.iter().zip(troubles) {
                let labels = [("plugin", plugin), ("function", *function), ("reason", *reason)];
                failures.add(&labels, count as f64);
            }
        }
    }
    calls.families().into_iter().chain([failures, peak]).collect()
}

//! The whole page.

use std::time::SystemTime;

use http::StatusCode;

use super::count::Counter;
use super::exposition::{self, Family};
use super::judge::{self, JudgeReport};
use super::plugin::{self, PluginCounts};
use super::repository::{self, RepositoryCounts};
use super::status::ByStatus;
use super::verdicts::{self, CacheReport, VerdictCounts};

/// What is counted beside any repository.
#[derive(Debug)]
pub(crate) struct Process {
    started: SystemTime,
    unrouted: ByStatus<Counter>,
}

impl Default for Process {
    fn default() -> Self {
        Self {
            started: SystemTime::now(),
            unrouted: ByStatus::default(),
        }
    }
}

impl Process {
    /// A request that led to no repository.
    pub(crate) fn unrouted(&self, status: StatusCode) {
        if let Some(count) = self.unrouted.get(status, Counter::default) {
            count.one();
        }
    }

    fn families(&self) -> [Family; 3] {
        let mut build = Family::gauge("osa_proxy_build_info", "Always 1; the label says what runs.");
        build.add(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
        let started = self.started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut unrouted = Family::counter(
            "osa_proxy_unrouted_requests_total",
            "Requests that no repository answered: no such repository, or a path that is refused.",
        );
        for (status, count) in self.unrouted.iter() {
            unrouted.add(&[("status", &status)], count.get() as f64);
        }
        [
            build,
            Family::gauge(
                "process_start_time_seconds",
                "When the process started, in seconds since the Unix epoch.",
            )
            .of(started.as_secs_f64()),
            unrouted,
        ]
    }
}

/// Everything that is counted, wherever it stands.
pub(crate) struct Sources<'a, R, P> {
    pub(crate) process: &'a Process,
    /// Section, name and counts.
    pub(crate) repositories: R,
    /// Name and counts.
    pub(crate) plugins: P,
    pub(crate) verdicts: &'a VerdictCounts,
    pub(crate) cache: Option<CacheReport>,
    /// None: the embedded Judge.
    pub(crate) judge: Option<JudgeReport<'a>>,
    /// Bytes of documents held, and of how many at most.
    pub(crate) budget: (u64, u64),
}

/// The text of `/metrics` and its content type.
pub(crate) fn page<'a>(
    sources: Sources<
        'a,
        impl Iterator<Item = (&'a str, &'a str, &'a RepositoryCounts)>,
        impl Iterator<Item = (&'a str, &'a PluginCounts)>,
    >,
) -> prometheus::Result<(&'static str, String)> {
    let mut families: Vec<Family> = sources.process.families().into();
    families.extend(repository::families(sources.repositories));
    families.extend(verdicts::families(sources.verdicts, sources.cache));
    if let Some(report) = &sources.judge {
        families.extend(judge::families(report));
    }
    families.extend(plugin::families(sources.plugins));
    let (held, room) = sources.budget;
    families.extend([
        Family::gauge(
            "osa_proxy_document_memory_bytes",
            "Bytes of documents held in memory, kept ones included.",
        )
        .of(held as f64),
        Family::gauge(
            "osa_proxy_document_memory_limit_bytes",
            "Bytes of documents that may be held in memory.",
        )
        .of(room as f64),
    ]);
    Ok((exposition::CONTENT_TYPE, exposition::text(families)?))
}

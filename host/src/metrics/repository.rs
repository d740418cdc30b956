//! What one repository counts: requests, upstream, documents. Its own, so counting needs no look-up by name.

use std::time::Instant;

use http::{Method, StatusCode};

use super::count::Counter;
use super::exposition::{Family, Timers};
use super::status::ByStatus;
use super::timer::{REQUEST, Timer};
use crate::failure::Failure;
use crate::upstream::UpstreamResponse;

/// What a request is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A package file that is judged.
    ScanPackage,
    /// A document whose components are judged.
    ScanManifest,
    /// All else, errors before the plugin could say what it is included.
    #[default]
    Other,
}

const OPERATIONS: [&str; 3] = ["scan_package", "scan_manifest", "other"];

/// Clients may invent methods without end; those of no registry share the last place.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "OTHER"];

/// What a whole request came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) operation: Operation,
    pub(crate) method: &'a Method,
    pub(crate) status: StatusCode,
    /// Policy refused it.
    pub(crate) blocked: bool,
}

/// Of one repository. All counters start with the process.
#[derive(Debug, Default)]
pub(crate) struct RepositoryCounts {
    /// By operation, method, and whether policy refused it.
    requests: [[[ByStatus<Timer>; 2]; METHODS.len()]; OPERATIONS.len()],
    upstream: Upstream,
    pub(crate) documents: Documents,
}

#[derive(Debug)]
struct Upstream {
    heads: Timer,
    timeouts: Counter,
    failures: Counter,
    statuses: Counter,
    cuts: Counter,
}

/// What became of the documents that clients asked for.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    /// Kept, and fresh enough to need no upstream.
    pub(crate) hits: Counter,
    /// Kept, and upstream said or showed that it is the same.
    pub(crate) revalidations: Counter,
    pub(crate) misses: Counter,
    /// Answers that left out or marked a component.
    pub(crate) edited: Counter,
    /// Components that answers left out or marked.
    pub(crate) refused: Counter,
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            heads: Timer::new(&REQUEST),
            timeouts: Counter::default(),
            failures: Counter::default(),
            statuses: Counter::default(),
            cuts: Counter::default(),
        }
    }
}

impl RepositoryCounts {
    /// A request that began at `start` and whose answer's head is ready now.
    pub(crate) fn answered(&self, seen: Seen<'_>, start: Instant) {
        let [packages, documents, others] = &self.requests;
        let [usual @ .., other] = match seen.operation {
            Operation::ScanPackage => packages,
            Operation::ScanManifest => documents,
            Operation::Other => others,
        };
        let known = METHODS.iter().position(|method| *method == seen.method.as_str());
        let by_outcome = known.and_then(|place| usual.get(place)).unwrap_or(other);
        let [other, blocked] = by_outcome;
        let by_status = if seen.blocked { blocked } else { other };
        if let Some(timer) = by_status.get(seen.status, || Timer::new(&REQUEST)) {
            timer.since(start);
        }
    }

    /// A request to upstream that was sent at `start` and has come to this now.
    pub(crate) fn asked(&self, start: Instant, result: &Result<UpstreamResponse, Failure>) {
        let upstream = &self.upstream;
        match result {
            Ok(response) => {
                upstream.heads.since(start);
                if response.status.is_server_error() {
                    upstream.statuses.one();
                }
            }
            Err(failure) if failure.status == StatusCode::GATEWAY_TIMEOUT => upstream.timeouts.one(),
            Err(_) => upstream.failures.one(),
        }
    }

    /// A body of upstream's ended before its time.
    pub(crate) fn cut_short(&self) {
        self.upstream.cuts.one();
    }
}

/// Repositories by the section they stand in.
pub(super) fn families<'a>(all: impl Iterator<Item = (&'a str, &'a str, &'a RepositoryCounts)>) -> Vec<Family> {
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(section, name, _)| (*section, *name));
    let mut families = Vec::new();
    for section in all.chunk_by(|(one, ..), (other, ..)| one == other) {
        let Some((name, ..)) = section.first() else { continue };
        let mut timers = Timers::new(
            // Sections are made of a-z, 0-9 and -.
            &format!("gateway_route_{}_requests_seconds", name.replace('-', "_")),
            "Requests to repositories of this section, until the head of the answer is ready.",
        );
        for (_, repository, counts) in section {
            requests(&mut timers, repository, counts);
        }
        families.extend(timers.families());
    }
    families.extend(upstream(&all));
    families.extend(documents(&all));
    families
}

fn requests(timers: &mut Timers, repository: &str, counts: &RepositoryCounts) {
    for (operation, by_method) in OPERATIONS.iter().zip(&counts.requests) {
        for (method, by_outcome) in METHODS.iter().zip(by_method) {
            for (by_status, blocked) in by_outcome.iter().zip([false, true]) {
                for (status, timer) in by_status.iter() {
                    let outcome = match status.as_str() {
                        _ if blocked => "blocked_by_policies",
                        status if status < "400" => "success",
                        _ => "error",
                    };
                    let labels = [
                        ("operation", *operation),
                        ("method", method),
                        ("repository", repository),
                        ("status", &status),
                        ("outcome", outcome),
                    ];
                    timers.add(&labels, &timer.read());
                }
            }
        }
    }
}

type All<'a> = [(&'a str, &'a str, &'a RepositoryCounts)];

fn upstream(all: &All<'_>) -> Vec<Family> {
    let mut heads = Timers::new(
        "osa_proxy_upstream_head_seconds",
        "Requests to the registry, redirects included, until the head of its answer.",
    );
    let mut errors = Family::counter(
        "osa_proxy_upstream_errors_total",
        "Requests to the registry that failed: timeout, failed (no connection, no HTTP, a bad redirect), status (5xx), cut (the body ended early).",
    );
    for (_, repository, counts) in all {
        let upstream = &counts.upstream;
        heads.add(&[("repository", repository)], &upstream.heads.read());
        for (reason, count) in [
            ("timeout", &upstream.timeouts),
            ("failed", &upstream.failures),
            ("status", &upstream.statuses),
            ("cut", &upstream.cuts),
        ] {
            errors.add(&[("repository", repository), ("reason", reason)], count.get() as f64);
        }
    }
    heads.families().into_iter().chain([errors]).collect()
}

fn documents(all: &All<'_>) -> [Family; 3] {
    let mut lookups = Family::counter(
        "osa_proxy_document_cache_lookups_total",
        "Documents asked for: hit (kept and fresh), revalidated (kept, upstream has no other), miss (read anew).",
    );
    let mut edited = Family::counter(
        "osa_proxy_documents_edited_total",
        "Answers with a document from which refused components were removed, or in which they were marked.",
    );
    let mut removed = Family::counter(
        "osa_proxy_versions_removed_total",
        "Refused components that answers with documents left out or marked.",
    );
    for (_, repository, counts) in all {
        let documents = &counts.documents;
        for (result, count) in [
            ("hit", &documents.hits),
            ("revalidated", &documents.revalidations),
            ("miss", &documents.misses),
        ] {
            lookups.add(&[("repository", repository), ("result", result)], count.get() as f64);
        }
        edited.add(&[("repository", repository)], documents.edited.get() as f64);
        removed.add(&[("repository", repository)], documents.refused.get() as f64);
    }
    [lookups, edited, removed]
}

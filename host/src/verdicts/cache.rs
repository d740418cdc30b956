//! What a verdict cache is. Every call takes a whole batch, so that a cache over the network needs one round trip.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::filter::Filter;
use crate::judge::{BlockStatus, Context, Verdict};
use crate::metrics::CacheReport;

/// Beside the package URL, what a verdict depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// [`crate::judge::Question::package_type`]
    pub package_type: Arc<str>,
    /// [`crate::judge::Judge::revision`]
    pub revision: u64,
    pub context: Option<Arc<Context>>,
}

/// A verdict as the cache gives it back.
#[derive(Clone, Debug)]
pub struct Cached {
    pub verdict: Arc<Verdict>,
    /// Since Judge was asked.
    pub age: Duration,
    /// Whether Judge was told that this component is downloaded, not only listed.
    pub recorded: bool,
}

/// A verdict to be remembered.
#[derive(Clone, Debug)]
pub struct Known {
    pub purl: Arc<str>,
    pub verdict: Arc<Verdict>,
    pub recorded: bool,
}

/// Why Judge was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// For a client: the entry lives for the whole `ttl`.
    Request,
    /// In the background: the entry keeps what is left of its life, and one that is gone does not come back.
    Refresh,
}

/// The verdict cache of docs/judge.md. An entry lives for `cache.judge.ttl` after the last real read; errors are never
/// given to it. A cache that fails answers as if it were empty.
pub trait VerdictCache: Send + Sync + 'static {
    /// One entry a package URL, in their order. A real read: prolongs the life of what it finds.
    fn get<'a>(&'a self, scope: &'a Scope, purls: &'a [String]) -> BoxFuture<'a, Vec<Option<Cached>>>;

    fn put<'a>(&'a self, scope: &'a Scope, known: Vec<Known>, origin: Origin) -> BoxFuture<'a, ()>;

    /// For each of `purls` whether this instance is to refresh it: where instances share a cache, one of them does. Who may
    /// has it for some seconds; what fails is tried again after them. `record` is that of the question to Judge.
    fn claim<'a>(&'a self, _scope: &'a Scope, purls: &'a [String], _record: bool) -> BoxFuture<'a, Vec<bool>> {
        std::future::ready(vec![true; purls.len()]).boxed()
    }

    /// Uses the cache for nothing but to bring [`Self::report`] up to date.
    fn look(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }

    /// For `/metrics`.
    fn report(&self) -> CacheReport {
        CacheReport::default()
    }

    /// Some of the entries older than `age`, without prolonging their lives; `from` is the default, then the last
    /// [`Page::next`].
    fn stale(&self, age: Duration, from: Cursor) -> BoxFuture<'_, Result<Page, CacheError>>;

    /// Removes what the filter matches, in every context and of every revision. How many entries that were.
    fn forget<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<u64, CacheError>>;
}

/// A piece of a walk over the cache.
#[derive(Debug)]
pub struct Page {
    pub entries: Vec<(Scope, Arc<str>)>,
    /// None: that was the last one.
    pub next: Option<Cursor>,
}

/// Where a walk goes on; the default is its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Of a cache that has parts, each of them walked over by itself.
    pub(super) part: usize,
    pub(super) at: u64,
}

/// What administrators are told; requests go on without the cache instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    #[error("cache.redis: {0}")]
    Configuration(String),
    #[error("there is no verdict cache: set `cache.judge.enabled: true` in osa-proxy.yml")]
    Disabled,
    #[error("the verdict cache does not answer; the log tells why")]
    Unavailable,
}

/// How long it is remembered that Judge cannot tell yet: long enough to spare it a burst, short enough that nobody waits for
/// long once it can.
pub(super) const UNDECIDED_LIFE: Duration = Duration::from_secs(3);

/// How long a new verdict lives, and whether reads prolong that.
pub(super) fn life(verdict: &Verdict, ttl: Duration) -> (Duration, bool) {
    match verdict.status {
        BlockStatus::NotBlocked | BlockStatus::BlockedByPolicies | BlockStatus::DelayedBlock => (ttl, true),
        BlockStatus::BlockedNotScanned
        | BlockStatus::BlockedScanWaitTimeout
        | BlockStatus::BlockedScanFailed
        | BlockStatus::BlockedRegistryNotConfigured => (ttl.min(UNDECIDED_LIFE), false),
    }
}

//! The verdict cache and the waits for scans.

use super::count::{Counter, Level};
use super::exposition::Family;

/// By package URL.
#[derive(Debug, Default)]
pub(crate) struct VerdictCounts {
    pub(crate) hits: Counter,
    /// Given out, and refreshed in the background.
    pub(crate) stale: Counter,
    pub(crate) misses: Counter,
    /// Asked again in the background.
    pub(crate) refreshes: Counter,
    /// Clients that wait for a scan.
    pub(crate) waiting: Level,
    pub(crate) waits: Counter,
    pub(crate) wait_timeouts: Counter,
}

/// A verdict cache at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct CacheReport {
    pub redis: Option<RedisReport>,
    /// Entries and their bytes, where that costs nothing to know.
    pub size: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct RedisReport {
    pub up: bool,
    /// How often it went away.
    pub outages: u64,
    /// Round trips that brought no answer.
    pub lost: u64,
    /// Round trips that it answered with an error.
    pub refused: u64,
    /// Round trips that were not made, as it was gone.
    pub skipped: u64,
}

/// `cache`: none when verdicts are not kept.
pub(super) fn families(counts: &VerdictCounts, cache: Option<CacheReport>) -> Vec<Family> {
    let mut families = vec![
        Family::gauge("osa_proxy_scan_waiting", "Requests that wait for a scan now.").of(counts.waiting.get() as f64),
        Family::counter("osa_proxy_scan_waits_total", "Requests that had to wait for a scan.")
            .of(counts.waits.get() as f64),
        Family::counter(
            "osa_proxy_scan_wait_timeouts_total",
            "Waits for a scan that took longer than codescoring.scan-wait-timeout.",
        )
        .of(counts.wait_timeouts.get() as f64),
    ];
    let Some(cache) = cache else { return families };
    let kind = if cache.redis.is_some() { "redis" } else { "memory" };
    let mut lookups = Family::counter(
        "osa_proxy_verdict_cache_lookups_total",
        "Package URLs looked up in the verdict cache: hit, stale (given out and asked again in the background), miss.",
    );
    for (result, count) in [
        ("hit", &counts.hits),
        ("stale", &counts.stale),
        ("miss", &counts.misses),
    ] {
        lookups.add(&[("cache", kind), ("result", result)], count.get() as f64);
    }
    let mut refreshes = Family::counter(
        "osa_proxy_verdict_cache_refreshes_total",
        "Package URLs that Judge was asked about again in the background.",
    );
    refreshes.add(&[("cache", kind)], counts.refreshes.get() as f64);
    families.extend([lookups, refreshes]);
    if let Some((entries, bytes)) = cache.size {
        families.extend([
            Family::gauge("osa_proxy_verdict_cache_entries", "Verdicts kept in memory.").of(entries as f64),
            Family::gauge(
                "osa_proxy_verdict_cache_bytes",
                "Memory that kept verdicts take, as far as it is counted.",
            )
            .of(bytes as f64),
        ]);
    }
    if let Some(redis) = cache.redis {
        families.extend(of_redis(redis));
    }
    families
}

fn of_redis(redis: RedisReport) -> [Family; 3] {
    let mut errors = Family::counter(
        "osa_proxy_verdict_cache_errors_total",
        "Round trips to Redis that requests went on without: lost (no answer), refused (an error answer), skipped (Redis was gone).",
    );
    for (reason, count) in [
        ("lost", redis.lost),
        ("refused", redis.refused),
        ("skipped", redis.skipped),
    ] {
        errors.add(&[("cache", "redis"), ("reason", reason)], count as f64);
    }
    [
        errors,
        Family::gauge("osa_proxy_redis_up", "1 while Redis answers, else 0.").of(f64::from(u8::from(redis.up))),
        Family::counter("osa_proxy_redis_outages_total", "How often Redis stopped to answer.").of(redis.outages as f64),
    ]
}

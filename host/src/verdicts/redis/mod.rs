//! The verdict cache that instances share. Works with the rights `+@all -@dangerous` and from Redis 6.0 on: MGET, SET, PEXPIRE,
//! SCAN, UNLINK.

mod key;
mod link;
mod value;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::cache::{CacheError, Cached, Known, Origin, Page, Scope, UNDECIDED_LIFE, VerdictCache, life};
use super::filter::Filter;
use crate::config::{self, JudgeCache};
use crate::metrics::CacheReport;
use key::Keys;
use link::Link;

/// Entries a round trip: more than Judge is asked at once, few enough that others get their turn.
const SLICE: usize = 4096;

/// Keys that Redis looks at in one step of a walk over all of them.
const STEP: usize = 1000;

/// A refresh that failed is not tried again for so long, by any instance.
const LONGEST_CLAIM: Duration = Duration::from_secs(30);

pub struct RedisCache {
    link: Arc<Link>,
    keys: Keys,
    ttl: Duration,
    claim: Duration,
}

// === impl RedisCache ===

impl RedisCache {
    /// Connects in the background, and again whenever the connection is lost. Must be called within a tokio runtime.
    pub fn open(redis: &config::Redis, judge: &JudgeCache) -> Result<Self, CacheError> {
        let probe = format!("{}probe", judge.key_prefix);
        Ok(Self {
            link: Link::open(redis, probe)?,
            keys: Keys::new(&judge.key_prefix),
            ttl: judge.ttl,
            // Never in the way of the next refresh that is due.
            claim: judge.refresh_after.min(LONGEST_CLAIM),
        })
    }

    /// None where an entry is missing. `keys` must not be empty.
    async fn read(&self, keys: &[String]) -> Option<Vec<Option<Cached>>> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("MGET").arg(keys);
        let (values,): (Vec<Option<Vec<u8>>>,) = self.link.run(&pipeline).await?;
        let now = SystemTime::now();
        let cached = values.into_iter().map(|value| {
            let cached = value::decode(&value?, now)?;
            let (_, decided) = life(&cached.verdict, self.ttl);
            // A read may prolong an entry that a refresh has just made undecided.
            (decided || cached.age <= UNDECIDED_LIFE).then_some(cached)
        });
        Some(cached.collect())
    }

    /// Nobody waits for it.
    fn prolong(&self, keys: &[String]) {
        let mut pipeline = redis::pipe();
        for key in keys {
            pipeline.cmd("PEXPIRE").arg(key).arg(millis(self.ttl)).ignore();
        }
        let link = Arc::clone(&self.link);
        tokio::spawn(async move { link.run::<()>(&pipeline).await });
    }

    async fn scan(&self, pattern: &str, from: u64) -> Result<(Option<u64>, Vec<String>), CacheError> {
        let mut pipeline = redis::pipe();
        let scan = pipeline.cmd("SCAN").arg(from).arg("MATCH").arg(pattern);
        scan.arg("COUNT").arg(STEP);
        let ((next, keys),): ((u64, Vec<Vec<u8>>),) = self.link.run(&pipeline).await.ok_or(CacheError::Unavailable)?;
        // Keys that are no text are not ours.
        let keys = keys.into_iter().filter_map(|key| String::from_utf8(key).ok());
        Ok(((next != 0).then_some(next), keys.collect()))
    }
}

impl VerdictCache for RedisCache {
    fn get<'a>(&'a self, scope: &'a Scope, purls: &'a [String]) -> BoxFuture<'a, Vec<Option<Cached>>> {
        async move {
            let prefix = self.keys.scope(scope);
            let mut found = Vec::with_capacity(purls.len());
            for slice in purls.chunks(SLICE) {
                let keys: Vec<String> = slice.iter().map(|purl| format!("{prefix}{purl}")).collect();
                let Some(cached) = self.read(&keys).await else { break };
                let read = keys
                    .into_iter()
                    .zip(&cached)
                    .filter(|(_, cached)| cached.as_ref().is_some_and(|cached| life(&cached.verdict, self.ttl).1));
                let read: Vec<String> = read.map(|(key, _)| key).collect();
                if !read.is_empty() {
                    self.prolong(&read);
                }
                found.extend(cached);
            }
            found.resize_with(purls.len(), || None);
            found
        }
        .boxed()
    }

    fn put<'a>(&'a self, scope: &'a Scope, known: Vec<Known>, origin: Origin) -> BoxFuture<'a, ()> {
        async move {
            let prefix = self.keys.scope(scope);
            for slice in known.chunks(SLICE) {
                let mut pipeline = redis::pipe();
                let now = SystemTime::now();
                for known in slice {
                    let (life, decided) = life(&known.verdict, self.ttl);
                    let set = pipeline.cmd("SET").arg(format!("{prefix}{}", known.purl));
                    set.arg(value::encode(known, now));
                    match (origin, decided) {
                        (Origin::Request, _) => set.arg("PX").arg(millis(life)),
                        (Origin::Refresh, true) => set.arg("XX").arg("KEEPTTL"),
                        (Origin::Refresh, false) => set.arg("XX").arg("PX").arg(millis(life)),
                    }
                    .ignore();
                }
                if self.link.run::<()>(&pipeline).await.is_none() {
                    return;
                }
            }
        }
        .boxed()
    }

    fn claim<'a>(&'a self, scope: &'a Scope, purls: &'a [String], record: bool) -> BoxFuture<'a, Vec<bool>> {
        async move {
            let prefix = self.keys.scope(scope);
            let mut claims = Vec::with_capacity(purls.len());
            for slice in purls.chunks(SLICE) {
                let mut pipeline = redis::pipe();
                for purl in slice {
                    let claim = self.keys.claim(&format!("{prefix}{purl}"), record);
                    let set = pipeline.cmd("SET").arg(claim).arg("").arg("NX");
                    set.arg("PX").arg(millis(self.claim));
                }
                // OK, or nothing where another instance was faster.
                let Some(mine) = self.link.run::<Vec<Option<String>>>(&pipeline).await else {
                    break;
                };
                claims.extend(mine.into_iter().map(|mine| mine.is_some()));
            }
            // Without Redis nobody else is known to refresh.
            claims.resize(purls.len(), true);
            claims
        }
        .boxed()
    }

    fn look(&self) -> BoxFuture<'_, ()> {
        self.link.look().boxed()
    }

    fn report(&self) -> CacheReport {
        CacheReport {
            redis: Some(self.link.report()),
            size: None,
        }
    }

    fn stale(&self, age: Duration, from: u64) -> BoxFuture<'_, Result<Page, CacheError>> {
        async move {
            let (next, mut keys) = self.scan(&self.keys.pattern(None), from).await?;
            keys.retain(|key| self.keys.parse(key).is_some());
            let mut entries = Vec::new();
            for slice in keys.chunks(SLICE) {
                let cached = self.read(slice).await.ok_or(CacheError::Unavailable)?;
                let stale = slice
                    .iter()
                    .zip(cached)
                    .filter(|(_, cached)| cached.as_ref().is_some_and(|cached| cached.age > age));
                entries.extend(stale.filter_map(|(key, _)| self.keys.parse(key)));
            }
            Ok(Page { entries, next })
        }
        .boxed()
    }

    fn forget<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<u64, CacheError>> {
        async move {
            let pattern = self.keys.pattern(Some(filter));
            let mut removed = 0;
            let mut next = Some(0);
            while let Some(from) = next {
                let mut keys;
                (next, keys) = self.scan(&pattern, from).await?;
                keys.retain(|key| {
                    let ours = self.keys.parse(key);
                    ours.is_some_and(|(scope, purl)| filter.matches(&scope, &purl))
                });
                if keys.is_empty() {
                    continue;
                }
                let mut pipeline = redis::pipe();
                pipeline.cmd("UNLINK").arg(&keys);
                let (unlinked,): (u64,) = self.link.run(&pipeline).await.ok_or(CacheError::Unavailable)?;
                removed += unlinked;
            }
            Ok(removed)
        }
        .boxed()
    }
}

/// Within what Redis takes: 1 to some thousand years.
fn millis(duration: Duration) -> u64 {
    duration.as_millis().clamp(1, 1 << 48) as u64
}

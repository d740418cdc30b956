//! The verdict cache that instances share. Works with the rights `+@all -@dangerous` and from Redis 6.0 on: MGET, SET, PEXPIRE,
//! SCAN, UNLINK, and
//! of a cluster CLUSTER SLOTS.

mod connection;
mod key;
mod link;
mod value;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::cache::{CacheError, Cached, Cursor, Known, Origin, Page, Scope, UNDECIDED_LIFE, VerdictCache, life};
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
        let mget = redis::cmd("MGET").arg(keys).take();
        let values: Vec<Option<Vec<u8>>> = self.link.run(vec![mget]).await?.pop()?;
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
        let life = millis(self.ttl);
        let prolong = |key| redis::cmd("PEXPIRE").arg(key).arg(life).take();
        let commands = keys.iter().map(prolong).collect();
        let link = Arc::clone(&self.link);
        tokio::spawn(async move { link.run::<()>(commands).await });
    }

    async fn scan(&self, pattern: &str, from: Cursor) -> Result<(Option<Cursor>, Vec<String>), CacheError> {
        let scanned = self.link.scan(pattern, STEP, from).await;
        let (next, keys) = scanned.ok_or(CacheError::Unavailable)?;
        // Keys that are no text are not ours.
        let keys = keys.into_iter().filter_map(|key| String::from_utf8(key).ok());
        Ok((next, keys.collect()))
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
                let now = SystemTime::now();
                let set = |known: &Known| {
                    let (life, decided) = life(&known.verdict, self.ttl);
                    let mut set = redis::cmd("SET");
                    set.arg(format!("{prefix}{}", known.purl))
                        .arg(value::encode(known, now));
                    match (origin, decided) {
                        (Origin::Request, _) => set.arg("PX").arg(millis(life)),
                        (Origin::Refresh, true) => set.arg("XX").arg("KEEPTTL"),
                        (Origin::Refresh, false) => set.arg("XX").arg("PX").arg(millis(life)),
                    };
                    set
                };
                if self.link.run::<()>(slice.iter().map(set).collect()).await.is_none() {
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
                let set = |purl: &String| {
                    let claim = self.keys.claim(&format!("{prefix}{purl}"), record);
                    let mut set = redis::cmd("SET");
                    set.arg(claim).arg("").arg("NX").arg("PX").arg(millis(self.claim));
                    set
                };
                // OK, or nothing where another instance was faster.
                let Some(mine) = self.link.run::<Option<String>>(slice.iter().map(set).collect()).await else {
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

    fn stale(&self, age: Duration, from: Cursor) -> BoxFuture<'_, Result<Page, CacheError>> {
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
            let mut next = Some(Cursor::default());
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
                let unlink = redis::cmd("UNLINK").arg(&keys).take();
                let unlinked = self
                    .link
                    .run::<u64>(vec![unlink])
                    .await
                    .ok_or(CacheError::Unavailable)?;
                removed += unlinked.into_iter().sum::<u64>();
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

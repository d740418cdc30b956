//! The verdict cache of a single instance: in memory, bounded by bytes, least valuable entries (TinyLFU) out first.

use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use moka::{Equivalent, Expiry};

use super::cache::{CacheError, Cached, Cursor, Known, Origin, Page, Scope, VerdictCache, life};
use super::filter::Filter;
use crate::judge::Verdict;
use crate::metrics::CacheReport;

/// What one entry costs beside its texts: 100,000 allowed verdicts with package URLs of 36 bytes were measured to take 46 MB.
const ENTRY_OVERHEAD: usize = 446;

/// Package URLs looked up before other tasks of this thread get a turn.
const LOOKUPS_A_TURN: usize = 2048;

pub struct MemoryCache {
    entries: moka::sync::Cache<Key, Entry>,
}

#[derive(Hash, PartialEq, Eq)]
struct Key {
    scope: Scope,
    purl: Arc<str>,
}

/// A [`Key`] without owning it: hashes alike.
#[derive(Hash)]
struct Lookup<'a> {
    scope: &'a Scope,
    purl: &'a str,
}

impl Equivalent<Key> for Lookup<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self.purl == *key.purl && *self.scope == key.scope
    }
}

#[derive(Clone)]
struct Entry {
    verdict: Arc<Verdict>,
    asked: Instant,
    recorded: bool,
    origin: Origin,
}

impl MemoryCache {
    /// Entries live for `ttl` after their last read and take at most about `capacity` bytes together
    /// (`cache.judge.max-memory`).
    pub fn new(ttl: Duration, capacity: u64) -> Self {
        Self {
            entries: moka::sync::Cache::builder()
                .max_capacity(capacity)
                .weigher(|key: &Key, entry: &Entry| weight(key, entry).try_into().unwrap_or(u32::MAX))
                .expire_after(Life { ttl })
                .build(),
        }
    }
}

fn weight(key: &Key, entry: &Entry) -> usize {
    let verdict = &entry.verdict;
    let policies: usize = verdict
        .policies
        .iter()
        .map(|policy| {
            size_of_val(policy)
                + policy.name.len()
                + policy.reason.as_ref().map_or(0, String::len)
                + policy.url.as_ref().map_or(0, String::len)
        })
        .sum();
    ENTRY_OVERHEAD + key.purl.len() + policies + verdict.component_url.as_ref().map_or(0, String::len)
}

impl VerdictCache for MemoryCache {
    fn get<'a>(&'a self, scope: &'a Scope, purls: &'a [String]) -> BoxFuture<'a, Vec<Option<Cached>>> {
        async move {
            let mut found = Vec::with_capacity(purls.len());
            for turn in purls.chunks(LOOKUPS_A_TURN) {
                if !found.is_empty() {
                    tokio::task::yield_now().await;
                }
                found.extend(turn.iter().map(|purl| {
                    let entry = self.entries.get(&Lookup { scope, purl })?;
                    Some(Cached {
                        verdict: entry.verdict,
                        age: entry.asked.elapsed(),
                        recorded: entry.recorded,
                    })
                }));
            }
            found
        }
        .boxed()
    }

    fn put<'a>(&'a self, scope: &'a Scope, known: Vec<Known>, origin: Origin) -> BoxFuture<'a, ()> {
        async move {
            for Known {
                purl,
                verdict,
                recorded,
            } in known
            {
                // Does not count as a read, unlike `get`.
                if origin == Origin::Refresh && !self.entries.contains_key(&Lookup { scope, purl: &purl }) {
                    continue;
                }
                let scope = scope.clone();
                let entry = Entry {
                    verdict,
                    asked: Instant::now(),
                    recorded,
                    origin,
                };
                self.entries.insert(Key { scope, purl }, entry);
            }
        }
        .boxed()
    }

    fn report(&self) -> CacheReport {
        CacheReport {
            redis: None,
            size: Some((self.entries.entry_count(), self.entries.weighted_size())),
        }
    }

    fn stale(&self, age: Duration, _from: Cursor) -> BoxFuture<'_, Result<Page, CacheError>> {
        let entries = self.entries.clone();
        aside(move || Page {
            entries: entries
                .iter()
                .filter(|(_, entry)| entry.asked.elapsed() > age)
                .map(|(key, _)| (key.scope.clone(), Arc::clone(&key.purl)))
                .collect(),
            next: None,
        })
    }

    fn forget<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<u64, CacheError>> {
        let (entries, filter) = (self.entries.clone(), filter.clone());
        aside(move || {
            let matching = entries.iter().filter(|(key, _)| filter.matches(&key.scope, &key.purl));
            let removed = matching.filter(|(key, _)| entries.remove(&**key).is_some());
            removed.count() as u64
        })
    }
}

/// Walks over all entries take too long for a thread that serves requests.
fn aside<T: Send + 'static>(walk: impl FnOnce() -> T + Send + 'static) -> BoxFuture<'static, Result<T, CacheError>> {
    tokio::task::spawn_blocking(walk)
        .map(|done| done.map_err(|_| CacheError::Unavailable))
        .boxed()
}

struct Life {
    ttl: Duration,
}

impl Expiry<Key, Entry> for Life {
    fn expire_after_create(&self, _: &Key, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(life(&entry.verdict, self.ttl).0)
    }

    fn expire_after_read(
        &self,
        _: &Key,
        entry: &Entry,
        _: Instant,
        left: Option<Duration>,
        _: Instant,
    ) -> Option<Duration> {
        match life(&entry.verdict, self.ttl) {
            (life, true) => Some(life),
            (_, false) => left,
        }
    }

    fn expire_after_update(&self, _: &Key, entry: &Entry, _: Instant, left: Option<Duration>) -> Option<Duration> {
        let (life, _) = life(&entry.verdict, self.ttl);
        match entry.origin {
            Origin::Request => Some(life),
            Origin::Refresh => Some(left.map_or(life, |left| left.min(life))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{BlockStatus, Context, Policy};

    const TTL: Duration = Duration::from_secs(1);

    fn scope() -> Scope {
        Scope {
            package_type: "widget".into(),
            revision: 0,
            context: None,
        }
    }

    fn known(purl: &str, status: BlockStatus) -> Known {
        Known {
            purl: purl.into(),
            verdict: Arc::new(Verdict::of(status)),
            recorded: false,
        }
    }

    async fn status(cache: &MemoryCache, scope: &Scope, purl: &str) -> Option<BlockStatus> {
        let found = cache.get(scope, &[purl.to_owned()]).await;
        found[0].as_ref().map(|cached| cached.verdict.status)
    }

    #[tokio::test]
    async fn context_and_revision_are_part_of_the_key() {
        let cache = MemoryCache::new(Duration::from_mins(1), 1 << 20);
        let a = [known("pkg:widget/a@1", BlockStatus::BlockedByPolicies)];
        cache.put(&scope(), a.to_vec(), Origin::Request).await;
        assert_eq!(
            status(&cache, &scope(), "pkg:widget/a@1").await,
            Some(BlockStatus::BlockedByPolicies)
        );
        assert_eq!(status(&cache, &scope(), "pkg:widget/a@2").await, None);
        let later = Scope { revision: 1, ..scope() };
        assert_eq!(status(&cache, &later, "pkg:widget/a@1").await, None);
        let elsewhere = Scope {
            context: Some(Arc::new(Context {
                repo_manager_host: "https://manager.example".into(),
                repo_name: "widgets".into(),
            })),
            ..scope()
        };
        assert_eq!(status(&cache, &elsewhere, "pkg:widget/a@1").await, None);
    }

    #[tokio::test]
    async fn reads_prolong_life_and_refreshes_do_not() {
        let cache = MemoryCache::new(TTL, 1 << 20);
        let both = ["pkg:widget/read@1", "pkg:widget/refreshed@1"].map(|purl| known(purl, BlockStatus::NotBlocked));
        cache.put(&scope(), both.to_vec(), Origin::Request).await;
        for _ in 0..4 {
            tokio::time::sleep(TTL * 3 / 10).await;
            assert!(status(&cache, &scope(), "pkg:widget/read@1").await.is_some());
            let again = vec![known("pkg:widget/refreshed@1", BlockStatus::DelayedBlock)];
            cache.put(&scope(), again, Origin::Refresh).await;
        }
        assert_eq!(status(&cache, &scope(), "pkg:widget/refreshed@1").await, None);
        tokio::time::sleep(TTL + TTL / 4).await;
        assert_eq!(status(&cache, &scope(), "pkg:widget/read@1").await, None);
    }

    #[tokio::test]
    async fn a_refresh_replaces_the_verdict_and_its_age() {
        let cache = MemoryCache::new(Duration::from_mins(1), 1 << 20);
        let purl = ["pkg:widget/a@1".to_owned()];
        cache
            .put(
                &scope(),
                vec![known(&purl[0], BlockStatus::NotBlocked)],
                Origin::Request,
            )
            .await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(cache.get(&scope(), &purl).await[0].as_ref().unwrap().age >= Duration::from_millis(300));
        let news = Known {
            recorded: true,
            ..known(&purl[0], BlockStatus::BlockedByPolicies)
        };
        cache.put(&scope(), vec![news], Origin::Refresh).await;
        let found = cache.get(&scope(), &purl).await[0].clone().unwrap();
        assert_eq!(found.verdict.status, BlockStatus::BlockedByPolicies);
        assert!(found.recorded && found.age < Duration::from_millis(300));
    }

    #[test]
    fn what_is_undecided_is_soon_forgotten_however_often_it_is_read() {
        let day = Duration::from_hours(24);
        let life = Life { ttl: day };
        let now = Instant::now();
        let key = Key {
            scope: scope(),
            purl: "pkg:widget/a@1".into(),
        };
        let entry = |status, origin| Entry {
            verdict: Arc::new(Verdict::of(status)),
            asked: now,
            recorded: false,
            origin,
        };
        let left = Some(Duration::from_secs(1));
        for status in BlockStatus::ALL {
            use BlockStatus::{BlockedByPolicies, DelayedBlock, NotBlocked};
            let decided = matches!(status, NotBlocked | BlockedByPolicies | DelayedBlock);
            let new = entry(status, Origin::Request);
            let born = life.expire_after_create(&key, &new, now).unwrap();
            assert_eq!(born == day, decided, "{status:?}");
            assert!(decided || born <= Duration::from_secs(5));
            let read = life.expire_after_read(&key, &new, now, left, now);
            assert_eq!(read, if decided { Some(day) } else { left });
            let refreshed = entry(status, Origin::Refresh);
            assert_eq!(life.expire_after_update(&key, &refreshed, now, Some(day)), Some(born));
            assert_eq!(life.expire_after_update(&key, &refreshed, now, left), left);
        }
    }

    #[tokio::test]
    async fn it_stays_within_its_capacity() {
        let capacity = 64 * 1024;
        let cache = MemoryCache::new(Duration::from_mins(1), capacity);
        for n in 0..5000 {
            let mut one = known(&format!("pkg:widget/a@{n}"), BlockStatus::BlockedByPolicies);
            one.verdict = Arc::new(Verdict::blocked(vec![Policy {
                name: "long ".repeat(100),
                reason: None,
                url: None,
            }]));
            cache.put(&scope(), vec![one], Origin::Request).await;
        }
        cache.entries.run_pending_tasks();
        assert!(cache.entries.weighted_size() <= capacity);
        assert!(cache.entries.entry_count() > 10);
    }
}

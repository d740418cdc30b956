//! `http.client.max-idle-conns`: a bound over all hosts, where the HTTP library knows one for each host only.
//!
//! Every host has a client, and so a pool, of its own. A pool keeps at most as many connections as were in use at once. When
//! these numbers together pass the bound, the pools of the hosts that were used longest ago are dropped, and with them
//! the connections that are idle in them; what runs on the others goes on to its end.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Version;
use url::{Origin, Url};

use crate::config::HttpClient;
use crate::failure::Failure;

type Make = dyn Fn(&HttpClient) -> Result<reqwest::Client, Failure> + Send + Sync;

pub(super) struct Pools {
    make: Box<Make>,
    /// With `max-idle-conns-per-host` no larger than `max-idle-conns`.
    settings: HttpClient,
    started: Instant,
    hosts: Mutex<HashMap<Origin, Arc<Pool>>>,
}

struct Pool {
    client: reqwest::Client,
    running: AtomicUsize,
    /// The most that were running at once since the pool was last empty.
    peak: AtomicUsize,
    /// HTTP/2: one connection for all.
    shared: AtomicBool,
    /// When a request last began or ended, in milliseconds since the start.
    used: AtomicU64,
}

/// A client of one host, and the right to a connection of its pool until dropped.
pub(super) struct Lease {
    pool: Arc<Pool>,
    started: Instant,
}

// === impl Pools ===

impl Pools {
    pub(super) fn new(
        settings: &HttpClient,
        make: impl Fn(&HttpClient) -> Result<reqwest::Client, Failure> + Send + Sync + 'static,
    ) -> Self {
        Self {
            make: Box::new(make),
            settings: HttpClient {
                max_idle_conns_per_host: settings.max_idle_conns_per_host.min(settings.max_idle_conns),
                ..settings.clone()
            },
            started: Instant::now(),
            hosts: Mutex::default(),
        }
    }

    pub(super) fn lease(&self, url: &Url) -> Result<Lease, Failure> {
        let origin = url.origin();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = if let Some(pool) = hosts.get(&origin) {
            Arc::clone(pool)
        } else {
            let pool = Arc::new(Pool::new((self.make)(&self.settings)?));
            hosts.insert(origin.clone(), Arc::clone(&pool));
            pool
        };
        let now = since(self.started);
        pool.begin(now, self.settings.idle_conn_timeout);
        self.make_room(&mut hosts, &origin);
        drop(hosts);
        Ok(Lease {
            pool,
            started: self.started,
        })
    }

    fn make_room(&self, hosts: &mut HashMap<Origin, Arc<Pool>>, current: &Origin) {
        let most = self.settings.max_idle_conns_per_host;
        let mut kept: usize = hosts.values().map(|pool| pool.keeps(most)).sum();
        while kept > self.settings.max_idle_conns {
            let others = hosts.iter().filter(|(origin, _)| *origin != current);
            let oldest = others.min_by_key(|(_, pool)| pool.used.load(Ordering::Relaxed));
            let Some(origin) = oldest.map(|(origin, _)| origin.clone()) else {
                return;
            };
            kept -= hosts.remove(&origin).map_or(0, |pool| pool.keeps(most));
        }
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pools").finish_non_exhaustive()
    }
}

/// What of `settings` is for Judge and what for registries: the platform's pool is bounded by itself, and the rest must do
/// for all others.
pub fn shares(settings: &HttpClient, judge_concurrency: usize) -> (HttpClient, HttpClient) {
    let of_judge = judge_concurrency
        .min(settings.max_idle_conns_per_host)
        .min(settings.max_idle_conns.div_ceil(2));
    let judge = HttpClient {
        max_idle_conns: of_judge,
        max_idle_conns_per_host: of_judge,
        ..settings.clone()
    };
    let registries = HttpClient {
        max_idle_conns: settings.max_idle_conns - of_judge,
        ..settings.clone()
    };
    (judge, registries)
}

fn since(start: Instant) -> u64 {
    start.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
}

// === impl Pool ===

impl Pool {
    fn new(client: reqwest::Client) -> Self {
        Self {
            client,
            running: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            shared: AtomicBool::new(false),
            used: AtomicU64::new(0),
        }
    }

    fn begin(&self, now: u64, idle: Duration) {
        let running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
        let unused = now.saturating_sub(self.used.swap(now, Ordering::Relaxed));
        if running == 1 && u128::from(unused) > idle.as_millis() {
            self.peak.store(0, Ordering::Relaxed);
        }
        self.peak.fetch_max(running, Ordering::Relaxed);
    }

    /// At least 1, so that hosts do not pile up where nothing is to be kept.
    fn keeps(&self, most: usize) -> usize {
        if self.shared.load(Ordering::Relaxed) {
            return 1;
        }
        self.peak.load(Ordering::Relaxed).min(most).max(1)
    }
}

// === impl Lease ===

impl Lease {
    pub(super) fn client(&self) -> &reqwest::Client {
        &self.pool.client
    }

    pub(super) fn answered(&self, version: Version) {
        self.pool.shared.store(version == Version::HTTP_2, Ordering::Relaxed);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pool.used.store(since(self.started), Ordering::Relaxed);
        self.pool.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools(max: usize, per_host: usize) -> Pools {
        let settings = HttpClient {
            max_idle_conns: max,
            max_idle_conns_per_host: per_host,
            ..HttpClient::default()
        };
        Pools::new(&settings, |settings| {
            let builder = super::super::client_builder(settings)?;
            builder.build().map_err(|error| Failure::upstream(error.to_string()))
        })
    }

    fn url(host: &str) -> Url {
        Url::parse(&format!("http://{host}.example/a")).unwrap()
    }

    fn hosts(pools: &Pools) -> Vec<String> {
        let hosts = pools.hosts.lock().unwrap();
        let mut names: Vec<_> = hosts.keys().map(Origin::ascii_serialization).collect();
        names.sort();
        names
    }

    #[test]
    fn the_hosts_used_longest_ago_give_way() {
        let pools = pools(3, 2);
        for host in ["a", "b", "c"] {
            drop(pools.lease(&url(host)).unwrap());
            std::thread::sleep(Duration::from_millis(2));
        }
        drop(pools.lease(&url("a")).unwrap());
        assert_eq!(hosts(&pools).len(), 3);
        drop(pools.lease(&url("d")).unwrap());
        assert_eq!(
            hosts(&pools),
            ["http://a.example", "http://c.example", "http://d.example"]
        );
        std::thread::sleep(Duration::from_millis(2));
        // Two at once need two connections; a third counts no more, as only two are kept.
        let leases: Vec<_> = (0..3).map(|_| pools.lease(&url("a")).unwrap()).collect();
        assert_eq!(hosts(&pools), ["http://a.example", "http://d.example"]);
        // All of HTTP/2's run on one.
        for lease in &leases {
            lease.answered(Version::HTTP_2);
        }
        drop(leases);
        drop(pools.lease(&url("e")).unwrap());
        assert_eq!(hosts(&pools).len(), 3);
    }

    #[test]
    fn where_nothing_is_kept_hosts_do_not_pile_up() {
        let pools = pools(0, 10);
        for host in ["a", "b", "c"] {
            drop(pools.lease(&url(host)).unwrap());
        }
        assert_eq!(hosts(&pools), ["http://c.example"]);
        assert_eq!(pools.settings.max_idle_conns_per_host, 0);
    }

    #[test]
    fn the_shares_add_up() {
        for (max, per_host, concurrency) in [(100, 10, 10), (1, 10, 10), (0, 10, 10), (5, 2, 1), (7, 100, 100)] {
            let settings = HttpClient {
                max_idle_conns: max,
                max_idle_conns_per_host: per_host,
                ..HttpClient::default()
            };
            let (judge, registries) = shares(&settings, concurrency);
            assert_eq!(judge.max_idle_conns_per_host + registries.max_idle_conns, max);
            assert!(judge.max_idle_conns_per_host <= per_host.min(concurrency));
        }
    }
}

//! A proxy with a repository for each mode, its Judge and its Redis.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use osa_proxy_tests::judge::{Judge, TOKEN, Trouble};
use osa_proxy_tests::npm::Npm;
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::redis::Redis as Server;
use osa_proxy_tests::wire::Ask;

use super::cell::Wrong;
use super::table::{Cell, FAULTS, Known, MODES, RECOVERY, REDIS, Redis, SURFACES, rule};

pub(super) struct Stage {
    redis: Redis,
    block_on_errors: bool,
    judge: Judge,
    server: Option<Server>,
    proxy: Proxy,
}

impl Stage {
    /// None: there is no redis-server here.
    pub(super) async fn start(registry: &Npm, redis: Redis, block_on_errors: bool) -> Option<Self> {
        assert!(REDIS.contains(&redis));
        let judge = Judge::start(rule).await;
        let setup = setup(&registry.server.url(), &judge.url(), block_on_errors);
        let started = tokio::task::spawn_blocking(move || {
            if redis == Redis::Off {
                return Some((None, setup.start()));
            }
            let server = Server::start("faults: Redis")?;
            let setup = setup.section(&format!("  redis:\n    address: {}\n", server.address()));
            Some((Some(server), setup.start()))
        });
        let (server, proxy) = started.await.unwrap()?;
        Some(Self {
            redis,
            block_on_errors,
            judge,
            server,
            proxy,
        })
    }

    fn cells(&self, fault: Trouble) -> Vec<Cell> {
        let (redis, block_on_errors) = (self.redis, self.block_on_errors);
        let cell = |mode, surface| Cell {
            fault,
            redis,
            mode,
            surface,
            block_on_errors,
        };
        let surfaces = |mode| SURFACES.map(|surface| cell(mode, surface));
        MODES.into_iter().flat_map(surfaces).collect()
    }

    /// How many cells were checked, and what is wrong with which.
    pub(super) async fn run(mut self) -> (usize, Vec<String>) {
        let (mut checked, mut failures) = (0, Vec::new());
        for fault in FAULTS {
            failures.extend(self.check_all(fault, true, |_| Known::All).await);
        }
        self.break_redis();
        for fault in FAULTS {
            if self.redis == Redis::Flushed {
                self.cli(&["FLUSHALL"]);
            }
            self.judge.get_into(fault).await;
            for asked_before in [false, true] {
                failures.extend(
                    self.check_all(fault, asked_before, |cell| cell.known(asked_before))
                        .await,
                );
            }
            self.judge.get_into(Trouble::None).await;
            failures.extend(
                join_all(self.cells(fault).iter().map(|cell| self.recovers(cell)))
                    .await
                    .into_iter()
                    .flatten(),
            );
            checked += self.cells(fault).len();
        }
        failures.extend(self.redis_is_used_again().await);
        failures.extend(self.logs());
        (checked, failures)
    }

    async fn check_all(&self, fault: Trouble, asked_before: bool, known: impl Fn(&Cell) -> Known) -> Vec<String> {
        let proxy = self.proxy.url();
        let cells = self.cells(fault);
        let checks = cells.iter().map(|cell| cell.check(&proxy, asked_before, known(cell)));
        join_all(checks).await.into_iter().flatten().collect()
    }

    /// Nobody does anything but ask again.
    async fn recovers(&self, cell: &Cell) -> Wrong {
        let start = Instant::now();
        loop {
            let wrong = cell.check(&self.proxy.url(), false, Known::All).await?;
            if start.elapsed() > RECOVERY {
                return Some(format!("not well after {RECOVERY:?}: {wrong}"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn cli(&self, args: &[&str]) {
        self.server.as_ref().unwrap().cli(args);
    }

    fn break_redis(&mut self) {
        match (self.redis, &mut self.server) {
            (Redis::Down, Some(server)) => server.kill(),
            (Redis::Slow, Some(server)) => server.freeze(),
            _ => {}
        }
    }

    /// Judge is asked once about what two clients want one after the other.
    async fn redis_is_used_again(&mut self) -> Wrong {
        match (self.redis, &mut self.server) {
            (Redis::Down, Some(server)) => server.restart(),
            (Redis::Slow, Some(server)) => server.thaw(),
            _ => {}
        }
        let start = Instant::now();
        for n in 0..200 {
            for _ in 0..2 {
                let url = format!("{}/strict/back/-/back-1.1.{n}.tgz", self.proxy.url());
                assert_eq!(Ask::get(&url).send().await.status, 200);
            }
            if self.judge.times(&format!("pkg:npm/back@1.1.{n}")) == 1 {
                return None;
            }
            if start.elapsed() > RECOVERY {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Some(format!("Redis {:?}: it is not used again", self.redis))
    }

    /// What operators read: each trouble once, however many requests met it.
    fn logs(&self) -> Vec<String> {
        let log = self.proxy.log();
        let outage = usize::from(matches!(self.redis, Redis::Down | Redis::Slow));
        let wanted = [
            ("Judge refuses our token: check", 1),
            ("does not answer", outage),
            ("answers again", outage),
        ];
        let concerned = |line: &&str| line.contains("Redis at") || line.contains("our token");
        let times = |text: &str| log.lines().filter(concerned).filter(|line| line.contains(text)).count();
        let wrong = wanted.into_iter().filter(|(text, wanted)| times(text) != *wanted);
        wrong
            .map(|(text, wanted)| {
                let found = times(text);
                format!(
                    "Redis {:?}: {text:?} is logged {found} times instead of {wanted}",
                    self.redis
                )
            })
            .collect()
    }
}

fn setup(registry: &str, judge: &str, block_on_errors: bool) -> Setup {
    let repositories: String = MODES
        .iter()
        .map(|mode| {
            let name = mode.replace('_', "-");
            format!(
                "    - name: {name}\n      registry: {registry}\n      scan-manifest: true\n      scan-package: true\n      work-mode: {mode}\n"
            )
        })
        .collect();
    Setup::default()
        .plugin("npm")
        .section(&format!("npm:\n  enabled: true\n  repository:\n{repositories}"))
        .section("cache:\n  judge:\n    enabled: true\n")
        .client("response-timeout: 2s")
        .codescoring(&format!("url: {judge}"))
        .codescoring(&format!("token: {TOKEN}"))
        .codescoring(&format!("block-on-codescoring-errors: {block_on_errors}"))
        .codescoring("judge-concurrency: 100")
        .codescoring("resilience:")
        .codescoring("  retry: {max-attempts: 2, wait-duration: 20ms}")
        .codescoring(
            "  circuit-breaker: {wait-duration-in-open-state: 300ms, permitted-number-of-calls-in-half-open-state: 2}",
        )
}

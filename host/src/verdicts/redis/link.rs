//! The connection to Redis. While Redis is gone or slow nobody waits for it: a task of its own tries to reach it, and until it
//! does there is no connection to be had.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use redis::{Cmd, FromRedisValue, RedisError, RedisResult};
use tokio::sync::{Semaphore, watch};

use super::connection::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, Client, Connection};
use crate::config;
use crate::metrics::{Counter, RedisReport};
use crate::verdicts::cache::{CacheError, Cursor};

/// Batches on their way at once: the time of one is not spent on waiting for all others.
const AT_ONCE: usize = 16;

/// Between two attempts to reach a Redis that is gone, and the least rest after one that soon failed again...
const COOL_DOWN: Duration = Duration::from_secs(1);

/// ...which doubles up to here while it keeps failing...
const LONGEST_COOL_DOWN: Duration = Duration::from_secs(30);

/// ...and starts anew once a connection lived this long.
const STEADY: Duration = Duration::from_secs(10);

pub(super) struct Link {
    client: Client,
    /// Without the password.
    address: String,
    /// Looked at to find out whether Redis answers.
    probe: String,
    state: watch::Sender<State>,
    turns: Semaphore,
    /// The last error answer that was logged.
    complaint: Mutex<Option<String>>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    outages: Counter,
    lost: Counter,
    refused: Counter,
    skipped: Counter,
}

#[derive(Clone)]
enum State {
    /// The first attempt is under way.
    Starting,
    Up(u64, Connection),
    Down,
}

// === impl Link ===

impl Link {
    /// Connects in the background. Must be called within a tokio runtime.
    pub(super) fn open(config: &config::Redis, probe: String) -> Result<Arc<Self>, CacheError> {
        let link = Arc::new(Self {
            client: Client::new(config).map_err(|error| CacheError::Configuration(error.to_string()))?,
            address: config.address.clone(),
            probe,
            state: watch::Sender::new(State::Starting),
            turns: Semaphore::new(AT_ONCE),
            complaint: Mutex::default(),
            counts: Counts::default(),
        });
        tokio::spawn(keep(Arc::downgrade(&link)));
        Ok(link)
    }

    /// An answer for each command, all in one round trip. None: Redis failed, which has been logged and concerns nobody else.
    pub(super) async fn run<T: FromRedisValue>(&self, commands: Vec<Cmd>) -> Option<Vec<T>> {
        let _turn = self.turns.acquire().await.ok()?;
        let (number, mut connection) = self.connection().await?;
        self.settle(number, connection.run(commands).await)
    }

    /// A round trip for its own sake, and none while Redis is known to be gone.
    pub(super) async fn look(&self) {
        if matches!(*self.state.borrow(), State::Up(..)) {
            self.run::<()>(vec![self.probe()]).await;
        }
    }

    fn probe(&self) -> Cmd {
        redis::cmd("MGET").arg(&self.probe).take()
    }

    /// As [`Connection::scan`]. None: as with [`Self::run`].
    pub(super) async fn scan(
        &self,
        pattern: &str,
        step: usize,
        from: Cursor,
    ) -> Option<(Option<Cursor>, Vec<Vec<u8>>)> {
        let _turn = self.turns.acquire().await.ok()?;
        let (number, mut connection) = self.connection().await?;
        self.settle(number, connection.scan(pattern, step, from).await)
    }

    fn settle<T>(&self, number: u64, result: RedisResult<T>) -> Option<T> {
        let error = match result {
            Ok(answer) => return Some(answer),
            Err(error) => error,
        };
        if error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error() || is_of_cluster(&error) {
            self.counts.lost.one();
            self.lost(number, &error);
        } else {
            self.counts.refused.one();
            self.complain(&error);
        }
        None
    }

    async fn connection(&self) -> Option<(u64, Connection)> {
        let mut state = self.state.subscribe();
        // The first attempt is short; whoever came before its end would ask Judge for what Redis knows.
        let state = state.wait_for(|state| !matches!(state, State::Starting)).await.ok()?;
        match &*state {
            State::Up(number, connection) => Some((*number, connection.clone())),
            State::Starting | State::Down => {
                self.counts.skipped.one();
                None
            }
        }
    }

    /// The first to find a connection broken tells of it.
    fn lost(&self, number: u64, error: &RedisError) {
        let first = self.state.send_if_modified(|state| {
            let current = matches!(state, State::Up(current, _) if *current == number);
            if current {
                *state = State::Down;
            }
            current
        });
        if first {
            self.warn(error);
        }
    }

    pub(super) fn report(&self) -> RedisReport {
        RedisReport {
            up: matches!(&*self.state.borrow(), State::Up(..)),
            outages: self.counts.outages.get(),
            lost: self.counts.lost.get(),
            refused: self.counts.refused.get(),
            skipped: self.counts.skipped.get(),
        }
    }

    /// At the beginning of an outage.
    fn warn(&self, error: &RedisError) {
        self.counts.outages.one();
        tracing::warn!(
            "Redis at {} does not answer: {error}; Judge is asked for every verdict until it is back",
            self.address
        );
    }

    /// Redis is there and says no: a missing permission, no memory left, a replica.
    fn complain(&self, error: &RedisError) {
        let text = error.code().unwrap_or_else(|| error.category()).to_owned();
        let mut last = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(&text) {
            tracing::warn!(
                "Redis at {} refuses what the verdict cache wants: {error}",
                self.address
            );
            *last = Some(text);
        }
    }

    async fn connect(&self) -> RedisResult<Connection> {
        let attempt = async {
            let mut connection = self.client.connect().await?;
            connection.run::<()>(vec![self.probe()]).await?;
            Ok(connection)
        };
        match tokio::time::timeout(CONNECT_TIMEOUT + ANSWER_TIMEOUT, attempt).await {
            Ok(connected) => connected,
            Err(_elapsed) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
        }
    }
}

/// Whether a part of the cluster is missing.
fn is_of_cluster(error: &RedisError) -> bool {
    error.is_cluster_error() || error.kind() == redis::ErrorKind::ClusterConnectionNotFound
}

/// Connects, and connects again whenever the connection is lost, until the link itself is gone.
async fn keep(link: Weak<Link>) {
    let mut outage = false;
    let mut rest = COOL_DOWN;
    for number in 0.. {
        let Some(strong) = link.upgrade() else { return };
        let mut state = strong.state.subscribe();
        match strong.connect().await {
            Ok(connection) => {
                if outage {
                    tracing::info!("Redis at {} answers again", strong.address);
                }
                strong.state.send_replace(State::Up(number, connection));
            }
            Err(error) => {
                if !outage {
                    strong.warn(&error);
                }
                outage = true;
                strong.state.send_replace(State::Down);
                drop(strong);
                tokio::time::sleep(COOL_DOWN).await;
                continue;
            }
        }
        drop(strong);
        let since = Instant::now();
        if state.wait_for(|state| matches!(state, State::Down)).await.is_err() {
            return;
        }
        outage = true;
        if since.elapsed() < STEADY {
            tokio::time::sleep(rest).await;
            rest = (rest * 2).min(LONGEST_COOL_DOWN);
        } else {
            rest = COOL_DOWN;
        }
    }
}

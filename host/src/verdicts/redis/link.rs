//! The connection to Redis. While Redis is gone or slow nobody waits for it: a task of its own tries to reach it, and until it
//! does there is no connection to be had.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError, RedisResult};
use tokio::sync::{Semaphore, watch};

use crate::config;
use crate::metrics::{Counter, RedisReport};
use crate::verdicts::cache::CacheError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// For a batch of at most [`super::SLICE`] entries.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

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
    Up(u64, MultiplexedConnection),
    Down,
}

// === impl Link ===

impl Link {
    /// Connects in the background. Must be called within a tokio runtime.
    pub(super) fn open(config: &config::Redis, probe: String) -> Result<Arc<Self>, CacheError> {
        let link = Arc::new(Self {
            client: client(config).map_err(|error| CacheError::Configuration(error.to_string()))?,
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

    /// All commands of `pipeline` in one round trip. None: Redis failed, which has been logged and concerns nobody else.
    pub(super) async fn run<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Option<T> {
        let _turn = self.turns.acquire().await.ok()?;
        let Some((number, mut connection)) = self.connection().await else {
            self.counts.skipped.one();
            return None;
        };
        match pipeline.query_async(&mut connection).await {
            Ok(answer) => Some(answer),
            Err(error) => {
                if error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error() {
                    self.counts.lost.one();
                    self.lost(number, &error);
                } else {
                    self.counts.refused.one();
                    self.complain(&error);
                }
                None
            }
        }
    }

    /// A round trip for its own sake, and none while Redis is known to be gone.
    pub(super) async fn look(&self) {
        if matches!(*self.state.borrow(), State::Up(..)) {
            let mut pipeline = redis::pipe();
            pipeline.cmd("MGET").arg(&self.probe).ignore();
            self.run::<()>(&pipeline).await;
        }
    }

    async fn connection(&self) -> Option<(u64, MultiplexedConnection)> {
        let mut state = self.state.subscribe();
        // The first attempt is short; whoever came before its end would ask Judge for what Redis knows.
        let state = state.wait_for(|state| !matches!(state, State::Starting)).await.ok()?;
        match &*state {
            State::Up(number, connection) => Some((*number, connection.clone())),
            State::Starting | State::Down => None,
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

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(ANSWER_TIMEOUT));
        let attempt = async {
            let mut connection = self
                .client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            let probe = redis::cmd("MGET").arg(&self.probe).take();
            let () = probe.query_async(&mut connection).await?;
            Ok(connection)
        };
        match tokio::time::timeout(CONNECT_TIMEOUT + ANSWER_TIMEOUT, attempt).await {
            Ok(connected) => connected,
            Err(_elapsed) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
        }
    }
}

fn client(config: &config::Redis) -> RedisResult<Client> {
    let info = if config.address.contains("://") {
        config.address.as_str().into_connection_info()?
    } else {
        format!("redis://{}", config.address).into_connection_info()?
    };
    let mut settings = info.redis_settings().clone();
    if !config.password.is_empty() {
        settings = settings.set_password(config.password.reveal());
    }
    if config.db != 0 {
        settings = settings.set_db(config.db);
    }
    Client::open(info.set_redis_settings(settings))
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

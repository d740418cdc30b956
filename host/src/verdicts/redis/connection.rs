//! One Redis or a cluster of them, to which the same commands go.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::try_join_all;
use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, Slot, SlotAddr};
use redis::{
    AsyncConnectionConfig, Cmd, ConnectionInfo, FromRedisValue, IntoConnectionInfo, RedisResult, Value,
    from_redis_value,
};

use crate::config;
use crate::verdicts::cache::Cursor;

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// For a batch of at most [`super::SLICE`] entries.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

#[expect(clippy::large_enum_variant, reason = "a process has one")]
pub(super) enum Client {
    Single(redis::Client),
    Cluster(ClusterClient),
}

#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

// === impl Client ===

impl Client {
    pub(super) fn new(config: &config::Redis) -> RedisResult<Self> {
        let addresses: Vec<ConnectionInfo> = config.address.split(',').map(info).collect::<RedisResult<_>>()?;
        let password = (!config.password.is_empty()).then(|| config.password.reveal());
        if config.cluster {
            let mut builder = ClusterClient::builder(addresses.iter().cloned())
                .connection_timeout(CONNECT_TIMEOUT)
                .response_timeout(ANSWER_TIMEOUT)
                // For entries that have just moved. Whoever waits longer is better off with Judge.
                .retries(2)
                .min_retry_wait(10)
                .max_retry_wait(100);
            if let Some(user) = addresses.iter().find_map(|info| info.redis_settings().username()) {
                builder = builder.username(user);
            }
            if let Some(password) = password {
                builder = builder.password(password);
            }
            if config.db != 0 {
                builder = builder.database_id(config.db);
            }
            return Ok(Self::Cluster(builder.build()?));
        }
        let Some(info) = addresses.into_iter().next() else {
            return Err((redis::ErrorKind::InvalidClientConfig, "no address").into());
        };
        let mut settings = info.redis_settings().clone();
        if let Some(password) = password {
            settings = settings.set_password(password);
        }
        if config.db != 0 {
            settings = settings.set_db(config.db);
        }
        Ok(Self::Single(redis::Client::open(info.set_redis_settings(settings))?))
    }

    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        Ok(match self {
            Self::Single(client) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECT_TIMEOUT))
                    .set_response_timeout(Some(ANSWER_TIMEOUT));
                Connection::Single(client.get_multiplexed_async_connection_with_config(&config).await?)
            }
            Self::Cluster(client) => Connection::Cluster(client.get_async_connection().await?),
        })
    }
}

fn info(address: &str) -> RedisResult<ConnectionInfo> {
    if address.contains("://") {
        address.into_connection_info()
    } else {
        format!("redis://{address}").into_connection_info()
    }
}

// === impl Connection ===

impl Connection {
    /// An answer for each command. One round trip, or one to each server of a cluster, whose client sends every command, and
    /// every key of MGET and UNLINK, to where it belongs.
    pub(super) async fn run<T: FromRedisValue>(&mut self, commands: Vec<Cmd>) -> RedisResult<Vec<T>> {
        match self {
            Self::Single(connection) => {
                let mut pipeline = redis::pipe();
                for command in commands {
                    pipeline.add_command(command);
                }
                pipeline.query_async(connection).await
            }
            Self::Cluster(connection) => {
                let sent = commands.into_iter().map(|command| {
                    let mut connection = connection.clone();
                    async move { command.query_async(&mut connection).await }
                });
                try_join_all(sent).await
            }
        }
    }

    /// Some of the keys that match, and where to go on. All servers of a cluster are walked over, one after the other; keys that
    /// move from one to another meanwhile may be missed.
    pub(super) async fn scan(
        &mut self,
        pattern: &str,
        step: usize,
        from: Cursor,
    ) -> RedisResult<(Option<Cursor>, Vec<Vec<u8>>)> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(from.at).arg("MATCH").arg(pattern).arg("COUNT").arg(step);
        let (servers, answer) = match self {
            Self::Single(connection) => (1, scan.query_async(connection).await?),
            Self::Cluster(connection) => {
                let servers = servers(connection).await?;
                let Some(slot) = servers.get(from.part) else {
                    return Ok((None, Vec::new()));
                };
                let there = SingleNodeRoutingInfo::SpecificNode(Route::with_slot(*slot, SlotAddr::Master));
                let answer = connection.route_command(scan, RoutingInfo::SingleNode(there)).await?;
                (servers.len(), from_redis_value(answer.extract_error()?)?)
            }
        };
        let (at, keys): (u64, _) = answer;
        let next = match at {
            0 if from.part + 1 == servers => None,
            0 => Some(Cursor {
                part: from.part + 1,
                at: 0,
            }),
            at => Some(Cursor { at, ..from }),
        };
        Ok((next, keys))
    }
}

/// A slot of each server that holds entries, in the order of the slots. `CLUSTER SLOTS`: an array of ranges, each of them first
/// slot, last slot, primary, replicas; a server is an array of address, port, id.
async fn servers(connection: &mut ClusterConnection) -> RedisResult<Vec<Slot>> {
    let ranges: Vec<Vec<Value>> = redis::cmd("CLUSTER").arg("SLOTS").query_async(connection).await?;
    let mut found = Vec::new();
    for range in ranges {
        let mut range = range.into_iter();
        let (Some(first), Some(primary)) = (range.next(), range.nth(1)) else {
            continue;
        };
        let (_, port, id): (Value, u16, String) = from_redis_value(shortened(primary, 3))?;
        found.push((from_redis_value::<u16>(first)?, (port, id)));
    }
    found.sort_unstable_by_key(|(first, _)| *first);
    let mut seen = HashSet::new();
    let new = found.into_iter().filter(|(_, server)| seen.insert(server.clone()));
    Ok(new.filter_map(|(first, _)| Slot::new(first)).collect())
}

/// An array without what newer versions add at its end.
fn shortened(value: Value, length: usize) -> Value {
    match value {
        Value::Array(mut items) => {
            items.truncate(length);
            Value::Array(items)
        }
        other => other,
    }
}

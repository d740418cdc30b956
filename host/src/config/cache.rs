//! `cache`: how long verdicts are kept, and where.

use super::model::{Cache, DocumentCache, JudgeCache, Redis};
use crate::secret::Secret;
use crate::yaml::Map;
use crate::yaml::value::{duration, flag, size, timeout, whole};

pub(super) fn read(mut map: Map<'_>) -> Cache {
    let judge = map.section("judge", "\n  enabled: true");
    let redis = map.optional("redis", "\n  address: redis:6379");
    let documents = map.section("documents", "\n  size: 256mb");
    map.finish();
    Cache {
        judge: read_judge(judge),
        documents: read_documents(documents),
        redis: redis.and_then(|redis| read_redis(redis.map())),
    }
}

fn read_judge(mut map: Map<'_>) -> JudgeCache {
    let default = JudgeCache::default();
    let judge = JudgeCache {
        enabled: map.get("enabled", "true", flag).unwrap_or(default.enabled),
        ttl: map.get("ttl", "24h", timeout).unwrap_or(default.ttl),
        refresh_after: map
            .get("refresh-after", "30m", duration)
            .unwrap_or(default.refresh_after),
        proactive_refresh_enabled: map
            .get("proactive-refresh-enabled", "false", flag)
            .unwrap_or(default.proactive_refresh_enabled),
        proactive_refresh_interval: map
            .get("proactive-refresh-interval", "2h", timeout)
            .unwrap_or(default.proactive_refresh_interval),
        proactive_refresh_workers: map
            .get("proactive-refresh-workers", "10", whole(1, 1000))
            .unwrap_or(default.proactive_refresh_workers),
        key_prefix: map
            .optional("key-prefix", "\"cs:judge:\"")
            .and_then(|prefix| prefix.text())
            .unwrap_or(default.key_prefix),
        max_memory: map
            .get("max-memory", "64mb", |text| match size(text)? {
                bytes if bytes < 1 << 20 => Err("is below 1mb".into()),
                bytes => Ok(bytes),
            })
            .unwrap_or(default.max_memory),
    };
    map.finish();
    judge
}

fn read_documents(mut map: Map<'_>) -> DocumentCache {
    let documents = DocumentCache {
        size: map.get("size", "256mb", size).unwrap_or(DocumentCache::default().size),
    };
    map.finish();
    documents
}

fn read_redis(mut map: Map<'_>) -> Option<Redis> {
    map.gone("host", "`cache.redis.address`, as `host:port`");
    map.gone("port", "`cache.redis.address`, as `host:port`");
    map.gone("database", "`cache.redis.db`");
    let cluster = map.get("cluster", "true", flag).unwrap_or(false);
    let address = map
        .required("address", "redis:6379")
        .and_then(|address| address.parse_hidden(|text| redis_addresses(text, cluster)));
    let password = map
        .optional("password", "${REDIS_PASSWORD:}")
        .and_then(|password| password.text());
    let db = map.get("db", "0", whole(0, i64::from(u16::MAX))).unwrap_or(0);
    map.finish();
    Some(Redis {
        address: address?,
        cluster,
        password: Secret::new(password.unwrap_or_default()),
        db,
    })
}

/// One address, or those of some servers of a cluster with commas between them.
fn redis_addresses(text: &str, cluster: bool) -> Result<String, String> {
    if text.contains(',') && !cluster {
        return Err("names several servers: that is for a cluster, with `cache.redis.cluster: true`".into());
    }
    let addresses: Vec<String> = text
        .split(',')
        .map(|address| redis_address(address.trim()))
        .collect::<Result<_, _>>()?;
    Ok(addresses.join(","))
}

/// `host:port`, or a `redis://` or `rediss://` URL. No password: the address is shown in logs.
fn redis_address(text: &str) -> Result<String, String> {
    let bad = || "is neither `host:port` nor a `redis://` or `rediss://` URL".to_owned();
    if text.contains("://") {
        let url = url::Url::parse(text).map_err(|_| bad())?;
        if !matches!(url.scheme(), "redis" | "rediss") || url.host_str().is_none_or(str::is_empty) {
            return Err(bad());
        }
        if url.password().is_some() {
            return Err("holds a password: put it in `cache.redis.password`".into());
        }
        return Ok(text.to_owned());
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(bad)?;
    port.parse::<u16>().map_err(|_| bad())?;
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '@')) {
        return Err(bad());
    }
    Ok(text.to_owned())
}

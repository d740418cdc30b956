//! Keys of the archived Java generation: each is told what it is called now, with its own line.

use crate::yaml::{Map, Value};

/// Top-level sections of the Java generation that have no namesake here.
pub(super) const SECTIONS: [&str; 4] = ["spring", "resilience4j", "server", "management"];

/// Old keys by their beginning, and what replaces them; the first that fits counts.
const REPLACEMENTS: [(&str, &str); 14] = [
    (
        "spring.http.codecs.max-in-memory-size",
        "`http.client.max-manifest-body-size: 200mb`",
    ),
    (
        "spring.codec.max-in-memory-size",
        "`http.client.max-manifest-body-size: 200mb`",
    ),
    ("spring.data.redis.host", "`cache.redis.address`, as `host:port`"),
    ("spring.data.redis.port", "`cache.redis.address`, as `host:port`"),
    ("spring.data.redis.database", "`cache.redis.db`"),
    ("spring.data.redis.password", "`cache.redis.password`"),
    ("spring.data.redis", "`cache.redis`"),
    (
        "spring.cloud.gateway.httpclient.proxy",
        "the environment variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
    ),
    (
        "spring.cloud.gateway.server.webflux.httpclient.proxy",
        "the environment variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
    ),
    (
        "spring.cloud.gateway.server.webflux.httpclient.ssl",
        "the environment variable SSL_CERT_FILE",
    ),
    ("resilience4j.retry", "`codescoring.resilience.retry`"),
    (
        "resilience4j.circuitbreaker",
        "`codescoring.resilience.circuit-breaker`",
    ),
    (
        "resilience4j.circuit-breaker",
        "`codescoring.resilience.circuit-breaker`",
    ),
    ("server.port", "`http.server.address: 0.0.0.0:8080`"),
];

pub(super) fn report(root: &mut Map<'_>) {
    for section in SECTIONS {
        if let Some(value) = root.optional_unlisted(section) {
            report_below(&value);
        }
    }
}

fn report_below(value: &Value<'_>) {
    if value.is_map() {
        for (_, _, below) in value.map().rest("") {
            report_below(&below);
        }
        return;
    }
    // Spring takes `data.redis.host` as well as three nested keys.
    let path = value.path().replace('"', "");
    let replacement = REPLACEMENTS.iter().find(|(old, _)| path.starts_with(old));
    value.report_gone(replacement.map_or("nothing; remove it", |(_, new)| new));
}

//! Keys of the archived Java generation: each is told what it is called now, with its own line.

use super::draft::HOST_SECTIONS;
use crate::yaml::{Map, Value};

/// Top-level sections of the Java generation that have no namesake here.
const SECTIONS: [&str; 4] = ["spring", "resilience4j", "server", "management"];

/// Old keys by their beginning, and what replaces them; the first that fits counts.
const REPLACEMENTS: [(&str, &str); 18] = [
    ("codescoring.host", "`codescoring.url`"),
    ("codescoring.proxy-manager-host", "`codescoring.osa-proxy-url`"),
    ("codescoring.override-block-url", OVERRIDE_BLOCK_URL),
    ("logging.level", "`logging.level: info`"),
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
    ("spring.cloud.gateway.httpclient.proxy", FORWARD_PROXY),
    ("spring.cloud.gateway.server.webflux.httpclient.proxy", FORWARD_PROXY),
    ("spring.cloud.gateway.httpclient.ssl", CERTIFICATES),
    ("spring.cloud.gateway.server.webflux.httpclient.ssl", CERTIFICATES),
    ("resilience4j.retry", RETRY),
    ("resilience4j.circuitbreaker", BREAKER),
    ("server.port", "`http.server.address: 0.0.0.0:8080`"),
];

pub(super) const OVERRIDE_BLOCK_URL: &str = "nothing; links in answers are those that Judge sends";
const FORWARD_PROXY: &str = "the environment variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY";
const CERTIFICATES: &str = "the environment variable SSL_CERT_FILE";
const RETRY: &str = "`codescoring.resilience.retry`";
const BREAKER: &str = "`codescoring.resilience.circuit-breaker`";

/// Keys of resilience4j that go on under the same name.
const RETRY_KEYS: [&str; 3] = ["max-attempts", "wait-duration", "exponential-backoff-multiplier"];
const BREAKER_KEYS: [&str; 5] = [
    "failure-rate-threshold",
    "minimum-number-of-calls",
    "sliding-window-size",
    "wait-duration-in-open-state",
    "permitted-number-of-calls-in-half-open-state",
];

/// Whether a top-level key is no section but one of the Java generation's, which may also be written with dots.
pub(super) fn is_old(key: &str) -> bool {
    match key.split_once('.') {
        Some((section, _)) => SECTIONS.contains(&section) || HOST_SECTIONS.iter().any(|(name, _)| *name == section),
        None => SECTIONS.contains(&key),
    }
}

pub(super) fn report(root: &mut Map<'_>) {
    for value in root.take_all(is_old) {
        report_below(&value);
    }
}

fn report_below(value: &Value<'_>) {
    if value.is_map() {
        for (_, _, below) in value.map().rest("") {
            report_below(&below);
        }
        return;
    }
    // Spring takes `data.redis.host` as well as three nested keys, and capitals for hyphens.
    let path = kebab(&value.path().replace('"', ""));
    let replacement = REPLACEMENTS.iter().find(|(old, _)| begins(&path, old));
    match replacement {
        Some((_, new)) if *new == RETRY || *new == BREAKER => value.report_gone(&of_resilience(&path, new)),
        Some((_, new)) => value.report_gone(new),
        None if HOST_SECTIONS.iter().any(|(section, _)| begins(&path, section)) => {
            value
                .report("write this key nested: each part on a line of its own, two blanks deeper than the one before");
        }
        None => value.report_gone("nothing; remove it"),
    }
}

/// The very key where it has a namesake, else its section.
fn of_resilience(path: &str, section: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or_default();
    let keys: &[&str] = if section == RETRY { &RETRY_KEYS } else { &BREAKER_KEYS };
    if keys.contains(&last) {
        format!("{}.{last}`", section.trim_end_matches('`'))
    } else {
        section.to_owned()
    }
}

fn begins(path: &str, old: &str) -> bool {
    path.strip_prefix(old)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `maxAttempts` as `max-attempts`.
fn kebab(path: &str) -> String {
    let mut kebab = String::with_capacity(path.len());
    let mut before = '.';
    for letter in path.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
        before = letter;
    }
    // The section's own name has both spellings.
    kebab.replacen("resilience4j.circuit-breaker", "resilience4j.circuitbreaker", 1)
}

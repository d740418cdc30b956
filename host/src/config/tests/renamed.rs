//! The table of renamed keys in docs/configuration.md: each is refused, nested, dotted or half of each.

use super::File;

const GUIDE: &str = include_str!("../../../../docs/configuration.md");

/// Old key, a value for it, and the words that the error must have.
const ROWS: &[(&str, &str, &str)] = &[
    ("codescoring.host", "https://codescoring.example", "`codescoring.url`"),
    (
        "codescoring.proxy-manager-host",
        "https://p.example",
        "`codescoring.osa-proxy-url`",
    ),
    ("codescoring.override-block-url", "true", "nothing"),
    (
        "spring.http.codecs.max-in-memory-size",
        "150MB",
        "`http.client.max-manifest-body-size",
    ),
    (
        "spring.codec.max-in-memory-size",
        "50MB",
        "`http.client.max-manifest-body-size",
    ),
    ("spring.data.redis.host", "redis", "`cache.redis.address`"),
    ("spring.data.redis.port", "6379", "`cache.redis.address`"),
    ("spring.data.redis.database", "0", "`cache.redis.db`"),
    ("spring.data.redis.password", "s3cret", "`cache.redis.password`"),
    ("spring.data.redis.timeout", "2000ms", "`cache.redis`"),
    ("spring.cloud.gateway.httpclient.proxy.host", "proxy", "HTTP_PROXY"),
    (
        "spring.cloud.gateway.httpclient.proxy.non-proxy-hosts-pattern",
        "a|b",
        "NO_PROXY",
    ),
    (
        "spring.cloud.gateway.server.webflux.httpclient.ssl.trustedX509Certificates",
        "[a.pem]",
        "SSL_CERT_FILE",
    ),
    (
        "resilience4j.retry.instances.codeScoringApi.max-attempts",
        "3",
        "`codescoring.resilience.retry.max-attempts`",
    ),
    (
        "resilience4j.retry.instances.codeScoringApi.waitDuration",
        "1s",
        "`codescoring.resilience.retry.wait-duration`",
    ),
    (
        "resilience4j.retry.instances.codeScoringApi.enableExponentialBackoff",
        "true",
        "`codescoring.resilience.retry`",
    ),
    (
        "resilience4j.circuitbreaker.instances.codeScoringApi.failureRateThreshold",
        "50",
        "`codescoring.resilience.circuit-breaker.failure-rate-threshold`",
    ),
    (
        "resilience4j.circuit-breaker.configs.default.sliding-window-size",
        "20",
        "`codescoring.resilience.circuit-breaker.sliding-window-size`",
    ),
    ("logging.level.ru.codescoring", "DEBUG", "`logging.level: info`"),
    ("server.port", "8080", "`http.server.address"),
    ("management.endpoints.web.exposure.include", "x", "nothing"),
];

/// `a.b.c` nested down to part `depth`, the rest dotted.
fn written(key: &str, value: &str, depth: usize) -> String {
    let parts: Vec<&str> = key.splitn(depth, '.').collect();
    let last = parts.len() - 1;
    let lines = parts.iter().enumerate().map(|(deep, part)| {
        let end = if deep == last {
            format!(" {value}")
        } else {
            String::new()
        };
        format!("{:indent$}{part}:{end}\n", "", indent = 2 * deep)
    });
    lines.collect()
}

#[test]
fn every_row_of_the_table_names_the_new_key() {
    for (key, value, new) in ROWS {
        let depth = key.split('.').count();
        for depth in [1, 2, 3, depth] {
            let yaml = written(key, value, depth);
            let errors = File::new("renamed", &yaml).errors();
            assert!(errors.contains(new) && errors.contains("gone"), "{yaml}{errors}");
            assert!(
                errors.starts_with(&format!("F:{}:", depth.min(key.split('.').count()))),
                "{yaml}{errors}"
            );
            assert!(!errors.contains("s3cret"), "{errors}");
            assert_eq!(errors.lines().count(), 1, "{yaml}{errors}");
        }
    }
}

#[test]
fn the_guide_has_every_row() {
    let table = GUIDE.split("## Keys of the archived Java generation").nth(1).unwrap();
    for (key, _, _) in ROWS.iter().filter(|(key, _, _)| !key.starts_with("management")) {
        let documented = table
            .split('`')
            .filter(|word| !word.is_empty())
            .any(|word| key == &word || word.strip_suffix('*').is_some_and(|start| key.starts_with(start)));
        assert!(documented, "{key}");
    }
}

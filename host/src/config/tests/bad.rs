use super::{File, env, expect_errors};
use crate::config::Draft;

/// The file as such, and the sections of the host.
const CASES: &[(&str, &str)] = &[
    // not yaml
    (
        "codescoring: [1
",
        "F:2:1: this is not YAML: while parsing a flow sequence, expected ',' or ']'",
    ),
    // top level is a list
    (
        "- a
- b
",
        "F:1:1: the file must hold `key: value` pairs",
    ),
    // top level is a word
    (
        "hello
",
        "F:1:1: the file must hold `key: value` pairs",
    ),
    // tab indentation
    (
        "http:
	server: {}
",
        "F:2:2: this is not YAML: tabs disallowed within this context (block indentation)",
    ),
    // anchor
    (
        "http: &x {}
",
        "F:1:10: YAML anchors (`&name`) are not supported: write the value out",
    ),
    // tag
    (
        "logging: {level: !!str info}
",
        "F:1:24: YAML tags (`!name`) are not supported: put the value in quotes",
    ),
    // duplicate key
    (
        "http:
  server:
    read-timeout: 1s
    idle-timeout: 1s
    read-timeout: 2s
",
        "F:5:5: http.server.read-timeout: this key is given twice, first in line 3: keep one of them",
    ),
    // duplicate section
    (
        "logging: {}
http: {}
logging: {}
",
        "F:3:1: logging: this key is given twice, first in line 1: keep one of them",
    ),
    // two documents
    (
        "logging: {}
---
logging: {}
",
        "F:2:1: a second YAML document starts here: only one is read, so remove the line `---`",
    ),
    // unknown section
    (
        "codescorring: {}
",
        "F:1:1: codescorring: no plugin in D serves section `codescorring` (did you mean `codescoring`?); those loaded serve widget, gadget, gizmo. Drop codescorring.wasm there, or set `codescorring.enabled: false`",
    ),
    // no plugin
    (
        "sprocket:
  enabled: true
",
        "F:1:1: sprocket: no plugin in D serves section `sprocket`; those loaded serve widget, gadget, gizmo. Drop sprocket.wasm there, or set `sprocket.enabled: false`",
    ),
    // unknown key, near
    (
        "http:
  sever: {}
",
        "F:2:3: http.sever: unknown key; did you mean `server`?
    for example: server:
          read-timeout: 2m",
    ),
    // unknown key, far
    (
        "logging:
  colour: true
",
        "F:2:3: logging.colour: unknown key; the keys here are `level`, `format`",
    ),
    // section is a value
    (
        "http: 8080
",
        "F:1:7: http: a single value stands where `key: value` pairs are expected
    for example: http:
          server:
            address: 0.0.0.0:8080",
    ),
    // section is a list
    (
        "cache:
  judge: [1]
",
        "F:2:10: cache.judge: a list stands where `key: value` pairs are expected
    for example: judge:
          enabled: true",
    ),
    // value is a list
    (
        "logging:
  format: [json]
",
        "F:2:11: logging.format: a list stands where a single value is expected
    for example: format: json",
    ),
    // value is a map
    (
        "http:
  server:
    address:
      port: 8080
",
        "F:4:7: http.server.address: a `key: value` mapping stands where a single value is expected
    for example: address: 0.0.0.0:8080",
    ),
    // token missing
    (
        "codescoring:
  url: https://codescoring.example.com
",
        "F:2:3: codescoring.token: this key is missing
    for example: token: ${CODESCORING_TOKEN}",
    ),
    // token empty
    (
        "codescoring:
  url: https://codescoring.example.com
  token: ''
",
        "F:3:3: codescoring.token: this key needs a value
    for example: token: ${CODESCORING_TOKEN}",
    ),
    // token with line break
    (
        r#"codescoring:
  url: https://codescoring.example.com
  token: "a\nb"
"#,
        "F:3:10: codescoring.token: the value holds characters that cannot be sent in a header: is it the right one?
    for example: token: ${CODESCORING_TOKEN}",
    ),
    // bad url hides itself
    (
        "codescoring:
  url: bob:s3cret@codescoring.example.com
  token: x
",
        "F:2:8: codescoring.url: the value is not a URL that starts with http:// or https://
    for example: url: https://codescoring.example.com",
    ),
    // url with query
    (
        "codescoring:
  url: https://codescoring.example.com/?a=s3cret
  token: x
",
        "F:2:8: codescoring.url: the value is a URL with `?` or `#` in it: give it without
    for example: url: https://codescoring.example.com",
    ),
    // external url with credentials
    (
        "codescoring:
  osa-proxy-url: https://u:s3cret@a.example
",
        "F:2:18: codescoring.osa-proxy-url: the value is a URL with user or password: clients are shown it, so give it without
    for example: osa-proxy-url: https://osa-proxy.example.com",
    ),
    // bad work mode
    (
        "codescoring:
  work-mode: strict-wait
",
        "F:2:14: codescoring.work-mode: `strict-wait` is none of `warmup`, `spectator`, `moderate`, `strict`, `strict_wait`
    for example: work-mode: strict_wait",
    ),
    // bad flag
    (
        "codescoring:
  legacy-judge: yes
",
        "F:2:17: codescoring.legacy-judge: `yes` is neither `true` nor `false`
    for example: legacy-judge: false",
    ),
    // bad flag from the environment
    (
        "codescoring:
  legacy-judge: ${NOT_A_FLAG}
",
        "F:2:17: codescoring.legacy-judge: `${NOT_A_FLAG}`, once filled in, is neither `true` nor `false`
    for example: legacy-judge: false",
    ),
    // unset variable
    (
        "logging:
  format: a-${UNSET}
",
        "F:2:11: logging.format: the environment variable `UNSET` is not set, and there is no default: set it, or write `${UNSET:default}`
    for example: format: json",
    ),
    // unclosed placeholder
    (
        "logging:
  format: ${UNSET
",
        "F:2:11: logging.format: a placeholder is not closed: write `${VAR:default}`
    for example: format: json",
    ),
    // bad status
    (
        "codescoring:
  block-status-code: 200
",
        "F:2:22: codescoring.block-status-code: `200` is not a whole number from 400 to 599
    for example: block-status-code: 403",
    ),
    // bad threshold
    (
        "codescoring:
  resilience:
    circuit-breaker:
      failure-rate-threshold: 101
",
        "F:4:31: codescoring.resilience.circuit-breaker.failure-rate-threshold: `101` is not a whole number from 1 to 100
    for example: failure-rate-threshold: 50",
    ),
    // bad factor
    (
        "codescoring:
  resilience:
    retry:
      exponential-backoff-multiplier: 0.5
",
        "F:4:39: codescoring.resilience.retry.exponential-backoff-multiplier: `0.5` is not a number from 1 to 1000
    for example: exponential-backoff-multiplier: 2",
    ),
    // bad duration
    (
        "http:
  server:
    read-timeout: 2 minutes
",
        "F:3:19: http.server.read-timeout: `2 minutes` is not a duration: a number with `ms`, `s`, `m`, `h` or `d`
    for example: read-timeout: 2m",
    ),
    // zero timeout
    (
        "http:
  client:
    response-timeout: 0s
",
        "F:3:23: http.client.response-timeout: `0s` is no time at all: give at least `1ms`
    for example: response-timeout: 30s",
    ),
    // bad size
    (
        "http:
  client:
    max-manifest-body-size: big
",
        "F:3:29: http.client.max-manifest-body-size: `big` is not a size: a number of bytes, or one with `kb`, `mb` or `gb`
    for example: max-manifest-body-size: 200mb",
    ),
    // huge size
    (
        "http:
  client:
    max-manifest-body-size: 5gb
",
        "F:3:29: http.client.max-manifest-body-size: `5gb` is above 4gb
    for example: max-manifest-body-size: 200mb",
    ),
    // bad address
    (
        "http:
  server:
    address: everywhere
",
        "F:3:14: http.server.address: `everywhere` is not an address to listen on: give one with its port
    for example: address: 0.0.0.0:8080",
    ),
    // redis without address
    (
        "cache:
  redis:
    db: 1
",
        "F:3:5: cache.redis.address: this key is missing
    for example: address: redis:6379",
    ),
    // redis address without port
    (
        "cache:
  redis:
    address: redis
",
        "F:3:14: cache.redis.address: the value is neither `host:port` nor a `redis://` or `rediss://` URL
    for example: address: redis:6379",
    ),
    // redis password in address
    (
        "cache:
  redis:
    address: redis://u:s3cret@redis:6379
",
        "F:3:14: cache.redis.address: the value holds a password: put it in `cache.redis.password`
    for example: address: redis:6379",
    ),
    // two servers that are no cluster
    (
        "cache:
  redis:
    address: redis-1:6379, redis-2:6379
",
        "F:3:14: cache.redis.address: the value names several servers: that is for a cluster, with `cache.redis.cluster: true`
    for example: address: redis:6379",
    ),
    // a server of a cluster without port
    (
        "cache:
  redis:
    cluster: true
    address: redis-1:6379, redis-2
",
        "F:4:14: cache.redis.address: the value is neither `host:port` nor a `redis://` or `rediss://` URL
    for example: address: redis:6379",
    ),
    // bad plugin limit
    (
        "plugins:
  limits:
    memory: 1kb
",
        "F:3:13: plugins.limits.memory: `1kb` is not between 1mb and 4gb
    for example: memory: 512mb",
    ),
    // java keys of codescoring
    (
        "codescoring:
  host: https://codescoring.example.com
  proxy-manager-host: https://p.example
",
        "F:2:3: codescoring.host: this key of the archived Java generation is gone; instead: `codescoring.url`
F:3:3: codescoring.proxy-manager-host: this key of the archived Java generation is gone; instead: `codescoring.osa-proxy-url`",
    ),
    // java keys of spring
    (
        "spring:
  http:
    codecs:
      max-in-memory-size: 50MB
  data.redis.host: redis
  application: {name: x}
",
        r#"F:4:27: spring.http.codecs.max-in-memory-size: this key of the archived Java generation is gone; instead: `http.client.max-manifest-body-size: 200mb`
F:5:20: spring."data.redis.host": this key of the archived Java generation is gone; instead: `cache.redis.address`, as `host:port`
F:6:23: spring.application.name: this key of the archived Java generation is gone; instead: nothing; remove it"#,
    ),
    // java keys of resilience4j
    (
        "resilience4j:
  retry:
    instances: {codeScoringApi: {max-attempts: 3}}
",
        "F:3:48: resilience4j.retry.instances.codeScoringApi.max-attempts: this key of the archived Java generation is gone; instead: `codescoring.resilience.retry.max-attempts`",
    ),
    // keys of ours with dots
    (
        "codescoring.url: https://codescoring.example.com
",
        r#"F:1:18: "codescoring.url": write this key nested: each part on a line of its own, two blanks deeper than the one before"#,
    ),
    // all at once
    (
        "http: {server: {address: x}}
logging: {format: xml}
widget: {repository: [{name: v2, registry: x, scan-manifest: true}]}
",
        "F:1:26: http.server.address: `x` is not an address to listen on: give one with its port
    for example: address: 0.0.0.0:8080
F:2:19: logging.format: `xml` is none of `text`, `json`
    for example: format: json
F:3:30: widget.repository[0].name: `v2` is the proxy's own (as are api, healthz, readyz, metrics, actuator, v2, token): choose another name
    for example: name: widget
F:3:44: widget.repository[0].registry: the value is not a URL: relative URL without a base
    for example: registry: https://registry.example",
    ),
];

#[test]
fn every_error_tells_place_key_and_example() {
    expect_errors("host", CASES);
}

#[test]
fn a_file_that_would_exhaust_the_parser_is_refused() {
    let file = File::new("deep", &format!("http:\n{}x\n", "- ".repeat(100_000)));
    assert_eq!(file.errors(), "F:2:1: this line is indented too deeply");
}

#[test]
fn a_file_that_is_no_text_is_told() {
    let file = File::new("binary", "");
    std::fs::write(file.path(), b"http: \xff").unwrap();
    assert_eq!(file.errors(), "F: is not UTF-8 text, from byte 6 on");
    let folder = file.folder();
    let error = Draft::read(folder, &env).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{}: cannot be read: ", folder.display())),
        "{error}"
    );
}

#[test]
fn without_plugins_that_is_what_is_told() {
    let file = File::new("no-plugins", "widget: {}\n");
    let draft = Draft::read(&file.path(), &env).unwrap();
    let error = draft.resolve(&[]).unwrap_err().to_string();
    assert!(
        error.contains("serves section `widget`; none are loaded. Drop widget.wasm there"),
        "{error}"
    );
}

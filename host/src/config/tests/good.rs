use std::path::Path;
use std::time::Duration;

use http::StatusCode;

use super::super::{FileTypeFilter, LogFormat, LogLevel, WorkMode};
use super::{File, env, plugins};
use crate::config::Draft;

/// The example of the configuration reference, with invented ecosystems.
const EXAMPLE: &str = r#"
codescoring:
  url: https://codescoring.example.com
  token: "<token>"
  work-mode: strict_wait
  osa-proxy-url: https://osa-proxy.example.com
  enable-status-line: true
  block-on-codescoring-errors: true
  remove-blocked-versions: false
  legacy-judge: false
  stage: proxy
  block-status-code: 451
  judge-concurrency: 12
  resilience:
    retry:
      max-attempts: 4
      wait-duration: 2s
      exponential-backoff-multiplier: 1.5
    circuit-breaker:
      failure-rate-threshold: 51
      minimum-number-of-calls: 11
      sliding-window-size: 21
      wait-duration-in-open-state: 31s
      permitted-number-of-calls-in-half-open-state: 6

http:
  server:
    read-timeout: 3m
    read-header-timeout: 6s
    idle-timeout: 121s
    shutdown-timeout: 11s
  client:
    connection-timeout: 11s
    response-timeout: 31s
    max-manifest-body-size: 150MB
    max-idle-conns: 101
    max-idle-conns-per-host: 11
    idle-conn-timeout: 91s

widget:
  enabled: true
  repository:
    - name: widget
      registry: ${REGISTRY}
      packages-registry: ${FILES:https://files.example}
      scan-manifest: true
      scan-package: true
      work-mode: moderate
      url-encoded-config: true
    - name: widget-2
      registry: https://download.example
      packages-registry: https://download.example
      additional-packages-registries:
        download.example: https://download.example
        cdn.example:8443: https://carol:pw@cdn.example:8443/b/
        ${FILES_HOST}: ${REGISTRY}
      scan-manifest: true
      scan-package: true
      file-type-filter:
        additional-allowed-extensions: [TGZ, .license]
        scanned-extensions: [tar.gz]

gadget:
  repository:
    - name: gadget
      registry: https://registry.example/gadgets/
      ledger: https://ledger.example
      distro: bookworm
      loose: ${LOOSE:true}
      scan-package: true
      work-mode: ""
      file-type-filter: {}
    - name: gadget-empty-filter
      registry: https://registry.example
      distro: bookworm
      scan-package: true
      file-type-filter:
        additional-allowed-extensions: []

gizmo:
  enabled: true
  repository:
    - name: gizmo
      registry: https://images.example
      auth-token-url: https://auth.example
      work-mode: strict_wait

other:
  enabled: false
  repository:
    - name: widget
      registry: ${NOT_SET_AND_NOT_NEEDED}

cache:
  judge:
    enabled: true
    ttl: 25h
    refresh-after: 31m
    proactive-refresh-enabled: true
    proactive-refresh-interval: 3h
    proactive-refresh-workers: 11
    key-prefix: "cs:judge:"
  redis:
    address: redis:6379
    password: "hunter2"
    db: 3

logging:
  level: warning
"#;

#[test]
fn every_key_of_the_reference_is_read() {
    let file = File::new("reference", EXAMPLE);
    let (config, warnings) = file.resolve().unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(warnings, Vec::<String>::new());

    let codescoring = &config.codescoring;
    assert_eq!(
        codescoring.url.as_ref().unwrap().reveal().as_str(),
        "https://codescoring.example.com/"
    );
    assert_eq!(codescoring.token.reveal(), "<token>");
    assert_eq!(codescoring.work_mode, WorkMode::StrictWait);
    assert_eq!(
        codescoring.osa_proxy_url.as_ref().unwrap().as_str(),
        "https://osa-proxy.example.com/"
    );
    assert!(codescoring.enable_status_line && codescoring.block_on_codescoring_errors);
    assert!(!codescoring.remove_blocked_versions && !codescoring.legacy_judge);
    assert_eq!(codescoring.stage.as_deref(), Some("proxy"));
    assert_eq!(codescoring.block_status_code, StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS);
    assert_eq!(codescoring.judge_concurrency, 12);
    assert_eq!(codescoring.retry.max_attempts, 4);
    assert_eq!(codescoring.retry.wait_duration, Duration::from_secs(2));
    assert!((codescoring.retry.exponential_backoff_multiplier - 1.5).abs() < 1e-9);
    let breaker = &codescoring.breaker;
    assert_eq!(
        (breaker.failure_rate_threshold, breaker.minimum_number_of_calls),
        (51, 11)
    );
    assert_eq!(breaker.sliding_window_size, 21);
    assert_eq!(breaker.wait_duration_in_open_state, Duration::from_secs(31));
    assert_eq!(breaker.permitted_number_of_calls_in_half_open_state, 6);

    let (server, client) = (&config.http.server, &config.http.client);
    let seconds = [
        server.read_timeout,
        server.read_header_timeout,
        server.idle_timeout,
        server.shutdown_timeout,
        client.connection_timeout,
        client.response_timeout,
        client.idle_conn_timeout,
    ]
    .map(|duration| duration.as_secs());
    assert_eq!(seconds, [180, 6, 121, 11, 11, 31, 91]);
    assert_eq!(client.max_manifest_body_size, 150 << 20);
    assert_eq!((client.max_idle_conns, client.max_idle_conns_per_host), (101, 11));

    let judge = &config.cache.judge;
    assert!(judge.enabled && judge.proactive_refresh_enabled);
    let hours =
        [judge.ttl, judge.refresh_after, judge.proactive_refresh_interval].map(|duration| duration.as_secs() / 60);
    assert_eq!(hours, [25 * 60, 31, 3 * 60]);
    assert_eq!(
        (judge.proactive_refresh_workers, judge.key_prefix.as_str()),
        (11, "cs:judge:")
    );
    let redis = config.cache.redis.as_ref().unwrap();
    assert_eq!(
        (redis.address.as_str(), redis.password.reveal(), redis.db),
        ("redis:6379", "hunter2", 3)
    );
    assert_eq!(config.logging.level, LogLevel::Warn);
    assert_eq!(config.policy_file, file.folder().join("policy.yml"));
}

#[test]
fn repositories_are_read_as_their_plugin_describes() {
    let file = File::new("repositories", EXAMPLE);
    let (config, _) = file.resolve().unwrap();
    let names: Vec<_> = config
        .repositories
        .iter()
        .map(|entry| (entry.section.as_str(), entry.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            ("widget", "widget"),
            ("widget", "widget-2"),
            ("gadget", "gadget"),
            ("gadget", "gadget-empty-filter"),
            ("gizmo", "gizmo")
        ]
    );
    let origins = |position: usize| {
        let entry = &config.repositories[position];
        let shown = entry.origins.iter().map(|(key, url)| format!("{key}={}", url.reveal()));
        shown.collect::<Vec<_>>()
    };
    assert_eq!(
        origins(0),
        [
            "packages-registry=https://files.example/",
            "registry=https://bob:s3cret@registry.example/a"
        ]
    );
    assert_eq!(
        origins(1),
        [
            "additional-packages-registries/cdn.example:8443=https://carol:pw@cdn.example:8443/b",
            "additional-packages-registries/download.example=https://download.example/",
            "additional-packages-registries/files.example=https://bob:s3cret@registry.example/a",
            "packages-registry=https://download.example/",
            "registry=https://download.example/",
        ]
    );
    let settings = |position: usize| -> serde_json::Value {
        serde_json::from_str(&config.repositories[position].settings).unwrap()
    };
    assert_eq!(
        settings(1),
        serde_json::json!({
            "name": "widget-2",
            "registry": "https://download.example",
            "packages-registry": "https://download.example",
            "additional-packages-registries": {
                "download.example": "https://download.example",
                "cdn.example:8443": "https://cdn.example:8443/b",
                "files.example": "https://registry.example/a",
            },
        })
    );
    assert_eq!(
        settings(2),
        serde_json::json!({
            "name": "gadget", "registry": "https://registry.example/gadgets", "ledger": "https://ledger.example",
            "distro": "bookworm", "loose": true,
        })
    );
    let [widget, widget_2, gadget, empty_filter, gizmo] = config.repositories.as_slice() else {
        panic!("{:?}", config.repositories);
    };
    assert_eq!(widget.work_mode, Some(WorkMode::Moderate));
    assert!(widget.scan_manifest && widget.scan_package && widget.url_encoded_config);
    assert!(!widget_2.url_encoded_config);
    assert_eq!(
        widget_2.file_type_filter,
        Some(FileTypeFilter {
            additional_allowed_extensions: vec![".tgz".into(), ".license".into()],
            scanned_extensions: vec![".tar.gz".into()],
        })
    );
    assert_eq!((gadget.work_mode, &gadget.file_type_filter), (None, &None));
    assert_eq!(
        empty_filter.file_type_filter,
        Some(FileTypeFilter {
            additional_allowed_extensions: Vec::new(),
            scanned_extensions: Vec::new(),
        })
    );
    assert!(gizmo.scan_package && !gizmo.scan_manifest);
}

#[test]
fn an_empty_file_has_the_defaults_of_the_reference() {
    let file = File::new("empty", "# nothing yet\n");
    let (config, warnings) = file.resolve().unwrap();
    assert!(config.codescoring.url.is_none());
    assert_eq!(config.codescoring.block_status_code, StatusCode::FORBIDDEN);
    assert_eq!(config.http.server.address.to_string(), "0.0.0.0:8080");
    assert_eq!(config.http.client.max_manifest_body_size, 200 << 20);
    assert!(!config.cache.judge.enabled && config.cache.redis.is_none());
    assert_eq!(
        config.plugins.directory,
        std::env::current_exe().unwrap().with_file_name("plugins")
    );
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].ends_with("no repository is configured: clients get 404 for everything"));
}

#[test]
fn keys_of_ours_are_read_before_plugins_are_loaded() {
    let text = "
http: {server: {address: '127.0.0.1:8081'}}
policy: {file: rules/mine.yml}
codescoring: {scan-wait-timeout: 5s}
logging: {format: json, level: chatty}
admin: {address: 127.0.0.1:9090, token: \"${TOKEN}\"}
plugins:
  directory: wasm
  limits: {memory: 64mb, classify-timeout: 500ms, document-timeout: 1m30s, concurrency: 3}
widget:
  repository:
    - {name: quiet, registry: https://registry.example}
";
    let file = File::new("ours", text);
    let draft = Draft::read(&file.path(), &env).unwrap();
    assert_eq!(draft.plugins().directory, file.folder().join("wasm"));
    assert_eq!(draft.plugins().limits.memory, 64 << 20);
    assert_eq!(draft.plugins().limits.classify_timeout, Duration::from_millis(500));
    assert_eq!(draft.plugins().limits.document_timeout, Duration::from_secs(90));
    assert_eq!(draft.plugins().limits.concurrency, 3);
    assert_eq!(
        (draft.logging().format, draft.logging().level),
        (LogFormat::Json, LogLevel::Info)
    );
    let (config, warnings) = draft.resolve(&plugins()).unwrap();
    assert_eq!(config.policy_file, file.folder().join("rules/mine.yml"));
    assert_eq!(config.http.server.address.to_string(), "127.0.0.1:8081");
    assert_eq!(config.codescoring.scan_wait_timeout, Duration::from_secs(5));
    assert_eq!(config.admin.address.unwrap().to_string(), "127.0.0.1:9090");
    assert_eq!(config.admin.token.as_ref().unwrap().reveal(), "t0k3n");
    let path = file.path();
    let place = path.display();
    assert_eq!(
        warnings,
        [
            format!(
                "{place}:5:32: logging.level: not a log level, so `info` is used; the levels are debug, info, warn, \
                 warning and error"
            ),
            format!(
                "{place}:12:8: widget.repository[0]: nothing will be blocked here: neither scan-manifest nor \
                 scan-package is true"
            ),
        ]
    );
}

#[test]
fn an_admin_address_that_is_open_to_others_is_warned_of() {
    for (admin, expected) in [
        ("address: 0.0.0.0:9090", true),
        ("address: 192.0.2.1:9090, token: t", false),
        ("address: 127.0.0.1:9090", false),
        ("address: '[::1]:9090'", false),
    ] {
        let file = File::new("admin", &format!("admin: {{{admin}}}\n"));
        let (_, warnings) = file.resolve().unwrap();
        let warned = warnings
            .iter()
            .any(|warning| warning.contains(":1:18: admin.address: everybody who"));
        assert_eq!(warned, expected, "{admin}: {warnings:?}");
    }
}

#[test]
fn what_is_rendered_has_no_secret_and_reads_back() {
    let file = File::new("render", EXAMPLE);
    let (config, _) = file.resolve().unwrap();
    let rendered = config.to_string();
    for secret in ["s3cret", "bob", "carol", "pw@", "hunter2", "<token>"] {
        assert!(!rendered.contains(secret), "{secret} in\n{rendered}");
    }
    assert!(
        rendered.contains("registry: \"https://****@registry.example/a\""),
        "{rendered}"
    );
    // What a plugin without manifests, or one chosen by host, does not take is not there to be read back.
    let again: String = rendered
        .split("gadget:")
        .next()
        .map(|before| before.replace("https://****@", "https://u:p@"))
        .unwrap();
    let again = File::new("render-again", &again);
    let (again, _) = again.resolve().unwrap_or_else(|errors| panic!("{errors}\n{rendered}"));
    assert_eq!(again.http.client.max_manifest_body_size, 150 << 20);
    assert_eq!(again.codescoring.retry.wait_duration, Duration::from_secs(2));
    assert_eq!(again.policy_file, Path::new(file.folder()).join("policy.yml"));
    assert_eq!(again.repositories.len(), 2);
    assert_eq!(
        again.repositories[1].file_type_filter,
        config.repositories[1].file_type_filter
    );
    assert_eq!(
        again.repositories[1].origins.keys().collect::<Vec<_>>(),
        config.repositories[1].origins.keys().collect::<Vec<_>>()
    );
}

#[test]
fn the_example_in_the_repository_is_right_in_the_sections_of_the_host() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../osa-proxy.yml");
    let none_set = |_: &str| None;
    let draft = Draft::read(&path, &none_set).unwrap();
    let errors = draft.resolve(&[]).unwrap_err();
    let unserved = errors.iter().filter(|error| error.message.contains("no plugin in"));
    assert_eq!(unserved.count(), errors.iter().count(), "{errors}");
}

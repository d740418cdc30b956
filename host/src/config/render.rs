//! The effective configuration as YAML, every default written out and no secret in it.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde_json::Value as Json;

use super::model::{Cache, Codescoring, Config, FileTypeFilter, Http, LogFormat, LogLevel, PluginLimits, Repository};

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}

impl Config {
    /// YAML that says what is in force. Tokens and passwords read `****`; a value that is not set is left out.
    pub fn render(&self) -> String {
        let mut yaml = Yaml::default();
        render_codescoring(&mut yaml, &self.codescoring);
        yaml.map("policy", |yaml| yaml.text("file", self.policy_file.display()));
        render_http(&mut yaml, &self.http);
        render_cache(&mut yaml, &self.cache);
        yaml.map("logging", |yaml| {
            let level = match self.logging.level {
                LogLevel::Debug => "debug",
                LogLevel::Info => "info",
                LogLevel::Warn => "warn",
                LogLevel::Error => "error",
            };
            yaml.plain("level", level);
            let format = match self.logging.format {
                LogFormat::Text => "text",
                LogFormat::Json => "json",
            };
            yaml.plain("format", format);
        });
        if self.admin.address.is_some() || self.admin.token.is_some() {
            yaml.map("admin", |yaml| {
                yaml.some("address", self.admin.address.as_ref());
                yaml.some("token", self.admin.token.as_ref());
            });
        }
        yaml.map("plugins", |yaml| {
            yaml.text("directory", self.plugins.directory.display());
            yaml.map("limits", |yaml| render_limits(yaml, &self.plugins.limits));
        });
        let mut sections: Vec<&str> = Vec::new();
        for repository in &self.repositories {
            if !sections.contains(&repository.section.as_str()) {
                sections.push(&repository.section);
            }
        }
        for section in sections {
            let entries = self.repositories.iter().filter(|entry| entry.section == section);
            yaml.map(section, |yaml| {
                yaml.plain("enabled", true);
                yaml.map("repository", |yaml| {
                    entries.for_each(|entry| render_repository(yaml, entry));
                });
            });
        }
        yaml.0
    }
}

fn render_codescoring(yaml: &mut Yaml, codescoring: &Codescoring) {
    yaml.map("codescoring", |yaml| {
        yaml.some("url", codescoring.url.as_ref());
        if !codescoring.token.is_empty() {
            yaml.text("token", &codescoring.token);
        }
        yaml.plain("work-mode", codescoring.work_mode.as_str());
        yaml.some("osa-proxy-url", codescoring.osa_proxy_url.as_ref());
        yaml.plain("enable-status-line", codescoring.enable_status_line);
        yaml.plain("block-on-codescoring-errors", codescoring.block_on_codescoring_errors);
        yaml.plain("remove-blocked-versions", codescoring.remove_blocked_versions);
        yaml.plain("legacy-judge", codescoring.legacy_judge);
        yaml.some("stage", codescoring.stage.as_ref());
        yaml.plain("block-status-code", codescoring.block_status_code.as_u16());
        yaml.plain("judge-concurrency", codescoring.judge_concurrency);
        yaml.time("scan-wait-timeout", codescoring.scan_wait_timeout);
        yaml.map("resilience", |yaml| {
            yaml.map("retry", |yaml| {
                let retry = &codescoring.retry;
                yaml.plain("max-attempts", retry.max_attempts);
                yaml.time("wait-duration", retry.wait_duration);
                yaml.plain("exponential-backoff-multiplier", retry.exponential_backoff_multiplier);
            });
            yaml.map("circuit-breaker", |yaml| {
                let breaker = &codescoring.breaker;
                yaml.plain("failure-rate-threshold", breaker.failure_rate_threshold);
                yaml.plain("minimum-number-of-calls", breaker.minimum_number_of_calls);
                yaml.plain("sliding-window-size", breaker.sliding_window_size);
                yaml.time("wait-duration-in-open-state", breaker.wait_duration_in_open_state);
                yaml.plain(
                    "permitted-number-of-calls-in-half-open-state",
                    breaker.permitted_number_of_calls_in_half_open_state,
                );
            });
        });
    });
}

fn render_http(yaml: &mut Yaml, http: &Http) {
    yaml.map("http", |yaml| {
        yaml.map("server", |yaml| {
            yaml.text("address", http.server.address);
            yaml.time("read-timeout", http.server.read_timeout);
            yaml.time("read-header-timeout", http.server.read_header_timeout);
            yaml.time("idle-timeout", http.server.idle_timeout);
            yaml.time("shutdown-timeout", http.server.shutdown_timeout);
        });
        yaml.map("client", |yaml| {
            yaml.time("connection-timeout", http.client.connection_timeout);
            yaml.time("response-timeout", http.client.response_timeout);
            yaml.plain("max-manifest-body-size", http.client.max_manifest_body_size);
            yaml.plain("max-idle-conns", http.client.max_idle_conns);
            yaml.plain("max-idle-conns-per-host", http.client.max_idle_conns_per_host);
            yaml.time("idle-conn-timeout", http.client.idle_conn_timeout);
        });
    });
}

fn render_cache(yaml: &mut Yaml, cache: &Cache) {
    yaml.map("cache", |yaml| {
        yaml.map("judge", |yaml| {
            yaml.plain("enabled", cache.judge.enabled);
            yaml.time("ttl", cache.judge.ttl);
            yaml.time("refresh-after", cache.judge.refresh_after);
            yaml.plain("proactive-refresh-enabled", cache.judge.proactive_refresh_enabled);
            yaml.time("proactive-refresh-interval", cache.judge.proactive_refresh_interval);
            yaml.plain("proactive-refresh-workers", cache.judge.proactive_refresh_workers);
            yaml.text("key-prefix", &cache.judge.key_prefix);
            yaml.plain("max-memory", cache.judge.max_memory);
        });
        yaml.map("documents", |yaml| yaml.plain("size", cache.documents.size));
        if let Some(redis) = &cache.redis {
            yaml.map("redis", |yaml| {
                yaml.text("address", &redis.address);
                yaml.plain("cluster", redis.cluster);
                if !redis.password.is_empty() {
                    yaml.text("password", &redis.password);
                }
                yaml.plain("db", redis.db);
            });
        }
    });
}

fn render_limits(yaml: &mut Yaml, limits: &PluginLimits) {
    yaml.plain("memory", limits.memory);
    yaml.time("classify-timeout", limits.classify_timeout);
    yaml.time("document-timeout", limits.document_timeout);
    yaml.plain("concurrency", limits.concurrency);
}

fn render_repository(yaml: &mut Yaml, repository: &Repository) {
    yaml.item(|yaml| {
        yaml.text("name", &repository.name);
        for (key, url) in repository.origins.iter().filter(|(key, _)| !key.contains('/')) {
            yaml.text(key, url);
        }
        // Maps of URLs and the plugin's own settings: what the plugin is given holds no credentials.
        let settings: Json = serde_json::from_str(&repository.settings).unwrap_or_default();
        let settings = settings.as_object().into_iter().flatten();
        for (key, value) in settings.filter(|(key, _)| *key != "name" && !repository.origins.contains_key(*key)) {
            match value {
                Json::Object(map) => yaml.map(key, |yaml| {
                    for (key, value) in map {
                        yaml.plain(&quoted(key), value);
                    }
                }),
                value => yaml.plain(key, value),
            }
        }
        yaml.some("work-mode", repository.work_mode.map(super::WorkMode::as_str).as_ref());
        yaml.plain("scan-manifest", repository.scan_manifest);
        yaml.plain("scan-package", repository.scan_package);
        yaml.plain("url-encoded-config", repository.url_encoded_config);
        if let Some(filter) = &repository.file_type_filter {
            yaml.map("file-type-filter", |yaml| render_filter(yaml, filter));
        }
    });
}

fn render_filter(yaml: &mut Yaml, filter: &FileTypeFilter) {
    for (key, extensions) in [
        ("additional-allowed-extensions", &filter.additional_allowed_extensions),
        ("scanned-extensions", &filter.scanned_extensions),
    ] {
        yaml.plain(key, Json::from(extensions.clone()));
    }
}

/// JSON strings are YAML strings.
fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// Text that grows line by line, and how deep the next line stands.
#[derive(Default)]
struct Yaml(String, usize);

impl Yaml {
    fn map(&mut self, key: &str, fill: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.line(&format!("{key}:"));
        let body = self.0.len();
        self.1 += 1;
        fill(self);
        self.1 -= 1;
        if self.0.len() == body {
            self.0.truncate(start);
            self.plain(key, "{}");
        }
    }

    /// One item of the list that the innermost `map` holds.
    fn item(&mut self, fill: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.1 += 1;
        fill(self);
        self.1 -= 1;
        let dash = start + 2 * self.1;
        if self.0.get(dash..dash + 2) == Some("  ") {
            self.0.replace_range(dash..dash + 2, "- ");
        }
    }

    fn line(&mut self, text: &str) {
        let Self(out, depth) = self;
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{:indent$}{text}", "", indent = 2 * *depth);
    }

    fn plain(&mut self, key: &str, value: impl fmt::Display) {
        self.line(&format!("{key}: {value}"));
    }

    fn text(&mut self, key: &str, value: impl fmt::Display) {
        self.plain(key, quoted(&value.to_string()));
    }

    fn some(&mut self, key: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn time(&mut self, key: &str, value: Duration) {
        if value.subsec_millis() == 0 {
            self.plain(key, format_args!("{}s", value.as_secs()));
        } else {
            self.plain(key, format_args!("{}ms", value.as_millis()));
        }
    }
}

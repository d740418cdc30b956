//! A proxy with a verdict cache before a Judge whose mind can be changed.

use std::sync::{Arc, Mutex};

use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::redis::Redis;
use osa_proxy_tests::upstream::{Received, Reply, Resource, Upstream};
use osa_proxy_tests::wire::{Answer, Ask};
use serde_json::{Value, json};

const VERDICTS: &str = "/api/judge/v2/verdicts";

pub(super) struct Stage {
    pub(super) registry: Upstream,
    pub(super) judge: Upstream,
    blocked: Arc<Mutex<Vec<String>>>,
    pub(super) proxy: Proxy,
}

/// One repository `/widget/` with url-encoded-config.
pub(super) fn setup(registry: &Upstream, judge: &Upstream) -> Setup {
    let more = "      url-encoded-config: true\n";
    Setup::default()
        .plugin("widget")
        .section(&repository("widget", "widget", &registry.url(), more))
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring("token: hush-hush")
}

/// `cache:` with verdicts in memory or in a Redis.
pub(super) fn cache(redis: Option<&Redis>) -> String {
    let redis = redis.map_or_else(String::new, |redis| {
        format!("  redis:\n    address: {}\n", redis.address())
    });
    format!("cache:\n  judge:\n    enabled: true\n{redis}")
}

impl Stage {
    pub(super) async fn start(more: impl FnOnce(Setup) -> Setup) -> Self {
        let (registry, judge) = (Upstream::start().await, Upstream::start().await);
        let url = registry.url();
        for name in ["cog", "bolt"] {
            let lines = ["1.0", "1.1"].map(|version| format!("{name} {version} {url}/files/{name}-{version}.widget\n"));
            registry.put(
                format!("/{name}/index.txt"),
                Resource::new("text/plain", lines.concat()),
            );
            let file = Resource::new("application/x-widget", "the widget itself");
            registry.put(format!("/files/{name}-1.1.widget"), file);
        }
        let blocked = Arc::<Mutex<Vec<String>>>::default();
        let mind = Arc::clone(&blocked);
        judge.put(VERDICTS, move |request: &Received| {
            let question: Value = serde_json::from_slice(&request.body).unwrap();
            let verdict = |purl: &Value| {
                let is_blocked = mind.lock().unwrap().iter().any(|blocked| *blocked == *purl);
                let status = if is_blocked {
                    "blocked_by_policies"
                } else {
                    "not_blocked"
                };
                json!({ "purl": purl, "block_status": status, "scan_status": "scanned", "policies": [] })
            };
            let results: Vec<Value> = question["purls"].as_array().unwrap().iter().map(verdict).collect();
            Reply::ok("application/json", json!({ "results": results }).to_string())
        });
        let proxy = more(setup(&registry, &judge)).start();
        Self {
            registry,
            judge,
            blocked,
            proxy,
        }
    }

    pub(super) fn block(&self, purls: &[&str]) {
        *self.blocked.lock().unwrap() = purls.iter().map(ToString::to_string).collect();
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        Ask::get(&format!("{}{path}", self.proxy.url())).send().await
    }

    pub(super) fn delete(&self, path: &str) -> Ask {
        Ask::new("DELETE", &format!("{}{path}", self.proxy.url()))
    }

    /// The versions that a document offers below a path of the repository.
    pub(super) async fn versions(&self, path: &str) -> Vec<String> {
        let answer = self.get(&format!("/widget/{path}/index.txt")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = answer.text();
        let versions = text.lines().filter_map(|line| line.split(' ').nth(1));
        versions.map(ToOwned::to_owned).collect()
    }

    /// How many questions Judge was asked since the last time.
    pub(super) fn questions(&self) -> usize {
        let asked = self.judge.received().len();
        self.judge.forget();
        asked
    }
}

/// `{"deleted": N}`
pub(super) fn deleted(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["deleted"].as_u64().unwrap()
}

/// The message of an answer that is an error.
pub(super) fn error(answer: &Answer) -> String {
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{}",
        answer.text()
    );
    answer.json()["error"].as_str().unwrap().to_owned()
}

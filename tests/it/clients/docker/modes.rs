//! What each work mode does to a pull; one proxy has a repository for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use osa_proxy_tests::client::{Client, Dockerd, Run, Tool};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::oci::{Image, Registry};
use osa_proxy_tests::proxy::{Proxy, Setup, by_host};
use osa_proxy_tests::upstream::{Received, Reply, Upstream};
use serde_json::{Value, json};

use super::{each_client, pull};

/// All right, not scanned yet, and against the policy.
const NAMES: [&str; 3] = ["acme/hello", "acme/fresh", "acme/rotten"];

/// The host of a repository, its mode, and which of the names pass there. The most lenient comes last: what Docker's daemon
/// has once, it need not pull again.
const MODES: [(&str, &str, [bool; 3]); 4] = [
    ("patient.osa.example", "strict_wait", [true, false, false]),
    ("strict.osa.example", "strict", [true, false, false]),
    ("moderate.osa.example", "moderate", [true, true, false]),
    ("warmup.osa.example", "warmup", [true, true, true]),
];

struct Modes {
    _registry: Registry,
    _judge: Judge,
    proxy: Proxy,
}

/// A pull, and what is to become of it.
struct Case {
    /// `HOST:PORT/NAME:TAG`
    name: String,
    image: Image,
    /// Else the reason that is shown.
    expected: Result<(), &'static str>,
}

impl Modes {
    async fn new(test: &str) -> Option<Self> {
        let images = NAMES.map(|name| (name, Image::two_platforms(name)));
        let images: Vec<_> = images.iter().map(|(name, image)| (*name, "1.0", image)).collect();
        let registry = Registry::start(test, &images)?;
        let judge = Judge::start(|purl| match purl.split('@').next() {
            Some("pkg:docker/acme/rotten") => ("blocked_by_policies", false),
            Some("pkg:docker/acme/fresh") => ("blocked_not_scanned", false),
            _ => ("not_blocked", false),
        })
        .await;
        let url = registry.url();
        let lines = MODES.map(|(_, mode, _)| format!("      work-mode: {mode}\n"));
        let repositories: Vec<_> = MODES
            .iter()
            .zip(&lines)
            .map(|((host, ..), line)| (host.split('.').next().unwrap(), url.as_str(), line.as_str()))
            .collect();
        let proxy = Setup::default()
            .plugin("docker")
            .section(&by_host("docker", &repositories))
            .codescoring(&format!("url: {}", judge.url()))
            .codescoring(&format!("token: {TOKEN}"))
            .codescoring("scan-wait-timeout: 300ms")
            .start();
        Some(Self {
            _registry: registry,
            _judge: judge,
            proxy,
        })
    }

    /// Every name in every mode.
    fn cases(&self) -> Vec<Case> {
        let port = self.proxy.address().rsplit(':').next().unwrap();
        let mut cases = Vec::new();
        for (host, mode, passes) in MODES {
            let unscanned = match mode {
                "strict_wait" => "its scan took too long",
                _ => "until it is scanned",
            };
            for ((name, reason), passes) in NAMES.iter().zip(["", unscanned, "No harm"]).zip(passes) {
                cases.push(Case {
                    name: format!("{host}:{port}/{name}:1.0"),
                    image: Image::two_platforms(name),
                    expected: if passes { Ok(()) } else { Err(reason) },
                });
            }
        }
        cases
    }
}

impl Case {
    fn check(&self, client: &Client, run: &Run) {
        let Self { name, image, expected } = self;
        assert_eq!(run.ok, expected.is_ok(), "{name}: {}", run.text);
        match expected {
            Ok(()) => assert!(client.lacks(image).is_empty(), "{name}: {}", run.text),
            Err(reason) => {
                assert!(client.has_nothing_of(image), "{name}: {}", run.text);
                assert!(run.text.contains(reason), "{name}: {}", run.text);
            }
        }
    }
}

async fn each_mode_keeps_its_promise(tool: Tool, test: &str) {
    let Some(stage) = Modes::new(test).await else { return };
    for case in stage.cases() {
        let Some(mut client) = Client::container(tool, test) else {
            return;
        };
        if !client.resolve(&MODES.map(|(host, ..)| host), test) {
            return;
        }
        let run = client.pull(&case.name);
        case.check(&client, &run);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_finds_that_each_mode_keeps_its_promise() {
    let test = "clients::docker::modes::docker_finds_that_each_mode_keeps_its_promise";
    let Some(stage) = Modes::new(test).await else { return };
    let Some(docker) = Dockerd::start(test, None, &MODES.map(|(host, ..)| host)) else {
        return;
    };
    for case in stage.cases() {
        let run = docker.pull(&case.name);
        case.check(&docker.client, &run);
    }
}

each_client!("modes", each_mode_keeps_its_promise);

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_waits_until_the_image_is_scanned() {
    let test = "clients::docker::modes::a_pull_waits_until_the_image_is_scanned";
    let image = Image::new("fresh");
    let Some(registry) = Registry::start(test, &[("acme/fresh", "1.0", &image)]) else {
        return;
    };
    let judge = Upstream::start().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    judge.put("/api/judge/v2/verdicts", move |request: &Received| {
        let question: Value = serde_json::from_slice(&request.body).unwrap();
        let scanned = count.fetch_add(1, Ordering::SeqCst) >= 2;
        let status = if scanned { "not_blocked" } else { "blocked_not_scanned" };
        let result =
            json!({ "purl": question["purls"][0], "block_status": status, "scan_status": "scanned", "policies": [] });
        Reply::ok("application/json", json!({ "results": [result] }).to_string())
    });
    let proxy = Setup::default()
        .plugin("docker")
        .section(&by_host("docker", &[("images", &registry.url(), "")]))
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring("token: t")
        .codescoring("work-mode: strict_wait")
        .start();
    let name = format!("{}/acme/fresh:1.0", proxy.address());
    let Some((client, run)) = pull(Tool::Skopeo, test, &name) else {
        return;
    };
    assert!(run.ok && client.lacks(&image).is_empty(), "{}", run.text);
    assert!(asked.load(Ordering::SeqCst) >= 3, "{}", run.text);
}

//! A plugin that means harm costs the request that it harms, and nothing else.

use std::time::{Duration, Instant};

use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::upstream::{Reply, Upstream};
use osa_proxy_tests::wire::{Answer, Ask};

/// Stands in upstream's document; must not be served when the plugin fails.
const UNFILTERED: &str = "unfiltered bytes of the document";

struct Stage {
    registry: Upstream,
    proxy: Proxy,
}

impl Stage {
    async fn new() -> Self {
        Self::with(|setup| setup).await
    }

    async fn with(change: impl FnOnce(Setup) -> Setup) -> Self {
        let registry = Upstream::start().await;
        registry.put("/about", Reply::ok("text/plain", "from upstream"));
        registry.put("/ok", Reply::ok("text/plain", "from upstream"));
        let limits =
            "  limits:\n    memory: 64mb\n    classify-timeout: 1s\n    document-timeout: 3s\n    concurrency: 4\n";
        let setup = Setup::hostile(&registry.url())
            .deny(&[("pkg:hostile/thing", "2.0.0")])
            .plugin_limits(limits);
        let proxy = change(setup).start();
        Self { registry, proxy }
    }

    async fn get(&self, path: &str) -> Answer {
        // A hostile document is there whatever it is called.
        self.registry
            .put(format!("/{path}"), Reply::ok("text/plain", UNFILTERED));
        Ask::get(&format!("{}/hostile/{path}", self.proxy.url())).send().await
    }

    /// The request fails with a clear answer, in time, without a byte that was not checked; and the next one works.
    async fn assert_contained(&self, path: &str, statuses: &[u16]) {
        let start = Instant::now();
        let answer = self.get(path).await;
        assert!(
            statuses.contains(&answer.status),
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
        assert!(!answer.text().contains(UNFILTERED), "{path}: {}", answer.text());
        assert_eq!(answer.header("x-smuggled"), None, "{path}");
        assert_eq!(answer.header("set-cookie"), None, "{path}");
        let may_run = answer.header("content-type").is_none_or(|form| form.contains("html"));
        assert!(
            !may_run || !answer.text().contains("<script>"),
            "{path}: {}",
            answer.text()
        );
        if answer.status == 502 {
            assert_eq!(
                answer.header("x-osa-blame"),
                Some("plugin"),
                "{path}: {}",
                answer.text()
            );
        }
        assert!(
            start.elapsed() < Duration::from_secs(15),
            "{path} took {:?}",
            start.elapsed()
        );
        self.assert_alive(path).await;
    }

    async fn assert_alive(&self, after: &str) {
        let answer = self.get("document/honest").await;
        // Its `plan` replaces the whole document by `#`: one of its two versions is refused.
        assert_eq!((answer.status, answer.text().as_str()), (200, "#"), "after {after}");
        let neighbour = Ask::get(&format!("{}/widget/about", self.proxy.url())).send().await;
        assert_eq!(
            (neighbour.status, neighbour.text().as_str()),
            (200, "widgets"),
            "after {after}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_classify() {
    let stage = Stage::new().await;
    for behaviour in ["loop", "bomb", "panic", "recurse", "huge"] {
        stage.assert_contained(&format!("classify/{behaviour}"), &[502]).await;
    }
    stage.assert_contained("classify/error", &[400]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_flood_of_log_lines() {
    let stage = Stage::new().await;
    for path in ["classify/flood", "document/scan-flood", "document/plan-flood"] {
        let answer = stage.get(path).await;
        assert!([200, 502].contains(&answer.status), "{path}: {}", answer.status);
        stage.assert_alive(path).await;
    }
    let log = stage.proxy.log();
    assert!(log.len() < 4 << 20, "the log grew to {} bytes", log.len());
    assert!(
        !log.lines().any(|line| line.starts_with("ERROR forged")),
        "no forged lines"
    );
    assert!(!log.contains('\u{1b}'), "no terminal control codes");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_targets_it_names() {
    let stage = Stage::new().await;
    let secret = Upstream::start().await;
    let behaviours = [
        "foreign-origin",
        "foreign-host",
        "origin-url",
        "dots",
        "inner-dots",
        "encoded-dots",
        "back-slash",
        "absolute",
        "authority",
        "line-break",
        "null",
    ];
    for behaviour in behaviours {
        stage.registry.forget();
        let answer = stage.get(&format!("target/{behaviour}")).await;
        let received = stage.registry.received();
        assert!(
            answer.status == 502 || answer.status == 404,
            "{behaviour}: {} {} after {received:?}",
            answer.status,
            answer.text()
        );
        assert!(
            received
                .iter()
                .all(|request| request.header("x-smuggled").is_none() && !request.target.contains("..")),
            "{received:?}"
        );
    }
    for behaviour in ["at-sign", "fragment", "blank"] {
        let answer = stage.get(&format!("target/{behaviour}")).await;
        assert!(answer.status >= 400, "{behaviour}: {}", answer.status);
    }
    assert!(secret.received().is_empty());
    stage.assert_alive("targets").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_package_urls_it_names() {
    let stage = Stage::new().await;
    for behaviour in ["foreign-purl", "no-purl", "empty-purl", "line-break", "type-prefix"] {
        stage.assert_contained(&format!("artifact/{behaviour}"), &[502]).await;
    }
    for behaviour in ["panic", "loop", "foreign"] {
        stage.assert_contained(&format!("identify/{behaviour}"), &[502]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_answers_it_makes_up() {
    let stage = Stage::new().await;
    for behaviour in [
        "status-9999",
        "status-0",
        "status-100",
        "status-101",
        "line-break",
        "bad-name",
        "length",
        "chunked",
        "connection",
    ] {
        stage.assert_contained(&format!("respond/{behaviour}"), &[502]).await;
    }
    let answer = stage.get("respond/honest").await;
    assert_eq!(
        (answer.status, answer.text().as_str(), answer.whole),
        (200, "from the plugin", true)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_heads_it_edits() {
    let stage = Stage::new().await;
    for behaviour in ["panic", "loop", "line-break", "bad-name", "length", "chunked"] {
        stage.assert_contained(&format!("head/{behaviour}"), &[502]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_scan() {
    let stage = Stage::new().await;
    for behaviour in [
        "loop",
        "bomb",
        "panic",
        "recurse",
        "foreign",
        "no-prefix",
        "split-type",
        "bad-purl",
        "empty-purl",
        "cut-purl",
        "huge-notes",
        "many",
        "long-purl",
    ] {
        stage
            .assert_contained(&format!("document/scan-{behaviour}"), &[502])
            .await;
    }
    let answer = stage.get("document/scan-error").await;
    assert_eq!(
        (answer.status, answer.header("x-osa-blame")),
        (502, Some("upstream")),
        "malformed is upstream's doing"
    );
    assert_eq!(answer.header("x-smuggled"), None);
    assert!(!answer.text().contains(UNFILTERED));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_plan() {
    let stage = Stage::new().await;
    for behaviour in [
        "loop",
        "bomb",
        "panic",
        "overlap",
        "same",
        "unsorted",
        "inverted",
        "beyond",
        "far-beyond",
        "bad-text",
        "content-type",
        "huge",
    ] {
        stage
            .assert_contained(&format!("document/plan-{behaviour}"), &[502])
            .await;
    }
    stage.assert_contained("document/plan-absent", &[404]).await;
    stage.assert_contained("document/bad-accept", &[502]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once() {
    let stage = Stage::new().await;
    let paths = [
        "classify/loop",
        "document/scan-loop",
        "document/plan-bomb",
        "classify/panic",
        "document/scan-panic",
    ];
    for path in paths {
        stage
            .registry
            .put(format!("/{path}"), Reply::ok("text/plain", UNFILTERED));
    }
    let mut harm = tokio::task::JoinSet::new();
    for number in 0..40 {
        let url = format!("{}/hostile/{}", stage.proxy.url(), paths[number % paths.len()]);
        harm.spawn(async move { Ask::get(&url).send().await });
    }
    while let Some(answer) = harm.join_next().await {
        let answer = answer.unwrap();
        assert!(
            [502, 503].contains(&answer.status),
            "{} {}",
            answer.status,
            answer.text()
        );
        assert!(!answer.text().contains(UNFILTERED));
    }
    stage.assert_alive("forty harmful requests").await;
}

/// Two threads serve all requests here, and a plugin may run on them: one that hangs leaves them to the others at once.
#[tokio::test(flavor = "multi_thread")]
async fn in_classify_beside_other_repositories() {
    let stage = Stage::with(|setup| setup.env("TOKIO_WORKER_THREADS", "2")).await;
    let mut harm = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let url = format!("{}/hostile/classify/loop", stage.proxy.url());
        harm.spawn(async move { Ask::get(&url).send().await });
    }
    let url = format!("{}/widget/about", stage.proxy.url());
    let mut served = 0;
    while harm.len() > 8 {
        let start = Instant::now();
        let neighbour = Ask::get(&url).send().await;
        assert_eq!((neighbour.status, neighbour.text().as_str()), (200, "widgets"));
        assert!(start.elapsed() < Duration::from_secs(1), "after {:?}", start.elapsed());
        served += 1;
        while let Some(answer) = harm.try_join_next() {
            let answer = answer.unwrap();
            assert!([502, 503].contains(&answer.status), "{}", answer.status);
        }
    }
    assert!(served > 8, "only {served} while others hung");
}

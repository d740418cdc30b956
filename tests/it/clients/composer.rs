//! Composer: what its users see.

use std::time::{Duration, Instant};

use osa_proxy_tests::client::{Client, Run};
use osa_proxy_tests::composer::{Package, Packages};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup, denying};
use osa_proxy_tests::wire::Ask;

const RULES: &[(&str, &str)] = &[
    ("pkg:composer/acme/hello", ">=2.1"),
    ("pkg:composer/acme/hello", "=2.0.1"),
    ("pkg:composer/acme/rotten", ""),
];

struct Stage {
    packages: Packages,
    proxy: Proxy,
}

/// 2.0.0 inherits what it requires from 2.0.1.
fn hello() -> Package {
    Package::new("acme/hello")
        .release("dev-main", &[])
        .release("2.1.0", &[])
        .release("v2.0.1", &[("acme/world", "^1.0")])
        .release("v2.0.0", &[("acme/world", "^1.0")])
        .release("1.0.0", &[])
}

impl Stage {
    async fn new() -> Self {
        Self::set(|setup| setup.deny(RULES)).await
    }

    async fn set(change: impl FnOnce(Setup) -> Setup) -> Self {
        let world = Package::new("acme/world").releases(["1.0.0"]);
        let packages = Packages::with(&[hello(), world, Package::new("acme/rotten").releases(["1.0.0"])]).await;
        let proxy = change(Setup::composer(&packages.server.url(), &packages.files.url())).start();
        Self { packages, proxy }
    }

    fn repository(&self) -> String {
        format!("{}/composer", self.proxy.url())
    }

    fn update(&self, client: &Client, name: &str, range: &str) -> Run {
        client.composer_json(&self.repository(), &[(name, range)], &[]);
        client.composer_run("update")
    }

    /// Waits until a changed policy is in force.
    async fn newest_becomes(&self, status: u16) {
        let archive = hello().archive("2.1.0");
        let url = format!("{}/-/osa/acme/hello/2.1.0/-/-/packages/{archive}", self.repository());
        let start = Instant::now();
        while Ask::get(&url).send().await.status != status {
            assert!(start.elapsed() < Duration::from_secs(20), "{}", self.proxy.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn installs_the_newest_that_is_allowed() {
    let Some(client) = Client::composer("clients::composer::installs_the_newest_that_is_allowed") else {
        return;
    };
    let stage = Stage::new().await;
    let run = stage.update(&client, "acme/hello", "^2.0");
    assert!(run.ok, "{}", run.text);
    assert_eq!(
        client.composer_version("acme/hello").as_deref(),
        Some("v2.0.0"),
        "{}",
        run.text
    );
    // What 2.0.0 said only by inheriting it from one that is refused.
    assert_eq!(
        client.composer_version("acme/world").as_deref(),
        Some("1.0.0"),
        "{}",
        run.text
    );
    let lock = client.read("composer.lock").unwrap();
    assert!(
        lock.contains("/-/osa/acme/hello/v2.0.0/-/") && !lock.contains(&stage.packages.files.url()),
        "{lock}"
    );

    client.composer_forget();
    let run = client.composer_run("install");
    assert!(run.ok, "with a lock file: {}", run.text);
    assert_eq!(
        client.composer_version("acme/hello").as_deref(),
        Some("v2.0.0"),
        "{}",
        run.text
    );

    stage.proxy.rewrite_policy("rules: []\n");
    stage.newest_becomes(200).await;
    let run = client.composer_run("update");
    assert!(run.ok, "{}", run.text);
    assert_eq!(
        client.composer_version("acme/hello").as_deref(),
        Some("2.1.0"),
        "{}",
        run.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn does_not_find_a_refused_version() {
    let Some(client) = Client::composer("clients::composer::does_not_find_a_refused_version") else {
        return;
    };
    let stage = Stage::new().await;
    let run = stage.update(&client, "acme/hello", "2.1.0");
    assert!(!run.ok && run.text.contains("acme/hello 2.1.0"), "{}", run.text);
    assert!(run.text.contains("does not match the constraint"), "{}", run.text);
    assert_eq!(client.composer_version("acme/hello"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_why_nothing_is_left() {
    let Some(client) = Client::composer("clients::composer::shows_why_nothing_is_left") else {
        return;
    };
    let stage = Stage::new().await;
    let run = stage.update(&client, "acme/rotten", "*");
    assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_why_a_locked_version_is_refused_and_does_not_clone_it() {
    let Some(client) =
        Client::composer("clients::composer::shows_why_a_locked_version_is_refused_and_does_not_clone_it")
    else {
        return;
    };
    let stage = Stage::set(|setup| setup.policy("rules: []\n")).await;
    let run = stage.update(&client, "acme/hello", "2.1.0");
    assert!(run.ok, "{}", run.text);
    stage.proxy.rewrite_policy(&denying(RULES));
    stage.newest_becomes(403).await;
    client.composer_forget();
    stage.packages.files.forget();
    let run = client.composer_run("install");
    assert!(!run.ok && run.text.contains("it does harm"), "{}", run.text);
    assert_eq!(client.composer_version("acme/hello"), None);
    assert!(!run.text.contains("from source"), "{}", run.text);
    assert!(stage.packages.files.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_versions_where_branches_are_refused() {
    let Some(client) = Client::composer("clients::composer::takes_versions_where_branches_are_refused") else {
        return;
    };
    let stage = Stage::set(|setup| setup.deny(&[("pkg:composer/acme/hello", "=dev-main")])).await;
    let requires = [("acme/hello", "*")];
    client.composer_json(&stage.repository(), &requires, &[("minimum-stability", "dev")]);
    let run = client.composer_run("update");
    assert!(run.ok && run.text.contains("it does harm"), "{}", run.text);
    assert_eq!(
        client.composer_version("acme/hello").as_deref(),
        Some("2.1.0"),
        "{}",
        run.text
    );

    stage.proxy.rewrite_policy("rules: []\n");
    client.composer_json(
        &stage.repository(),
        &[("acme/hello", "dev-main")],
        &[("minimum-stability", "dev")],
    );
    let start = Instant::now();
    while !client.composer_run("update").ok {
        assert!(start.elapsed() < Duration::from_secs(20), "{}", stage.proxy.log());
    }
    assert_eq!(client.composer_version("acme/hello").as_deref(), Some("dev-main"));
}

#[tokio::test(flavor = "multi_thread")]
async fn checksums_of_the_metadata_are_verified() {
    let Some(client) = Client::composer("clients::composer::checksums_of_the_metadata_are_verified") else {
        return;
    };
    let stage = Stage::new().await;
    let mut other = hello();
    for release in &mut other.releases {
        release.shasum = "0f".repeat(20);
    }
    stage.packages.put_metadata(&other);
    let run = stage.update(&client, "acme/hello", "^2.0");
    assert!(!run.ok && run.text.contains("checksum verification"), "{}", run.text);
    assert_eq!(client.composer_version("acme/hello"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_keeps_its_promise() {
    let test = "clients::composer::each_mode_keeps_its_promise";
    if Client::composer(test).is_none() {
        return;
    }
    let judge = Judge::start(|purl| match purl {
        "pkg:composer/acme/hello@2.1.0" => ("blocked_by_policies", false),
        "pkg:composer/acme/world@1.0.0" => ("blocked_not_scanned", false),
        _ => ("not_blocked", false),
    })
    .await;
    for (mode, newest) in [
        ("warmup", Some("2.1.0")),
        ("moderate", Some("v2.0.1")),
        ("strict", None),
    ] {
        let stage = Stage::set(|setup| {
            setup
                .codescoring(&format!("url: {}", judge.url()))
                .codescoring(&format!("token: {TOKEN}"))
                .codescoring(&format!("work-mode: {mode}"))
        })
        .await;
        let client = Client::composer(test).unwrap();
        let run = stage.update(&client, "acme/hello", "^2.0");
        assert_eq!(run.ok, newest.is_some(), "{mode}: {}", run.text);
        match newest {
            Some(_) => assert_eq!(
                client.composer_version("acme/hello").as_deref(),
                newest,
                "{mode}: {}",
                run.text
            ),
            None => assert_eq!(client.composer_version("acme/world"), None, "{mode}: {}", run.text),
        }
    }
}

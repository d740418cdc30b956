//! A thousand clients at once, all for the same thing that nobody asked for before.

use std::time::Duration;

use futures_util::future::join_all;
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::npm::{FULL, Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::upstream::{Fault, Received, Reply};
use osa_proxy_tests::wire::{Answer, Ask};

use super::table::rule;

const CROWD: usize = 1000;

async fn stage() -> (Npm, Judge, Proxy) {
    let versions: Vec<String> = (0..50).map(|n| format!("1.0.{n}")).chain(["2.0.0".into()]).collect();
    let registry = Npm::with(&[Package::new("cog").versions(versions.iter().map(String::as_str))]).await;
    let document = registry.server.url();
    let document = Package::new("cog")
        .versions(versions.iter().map(String::as_str))
        .packument(&document, false);
    registry.server.put("/cog", move |_: &Received| {
        let reply = Reply::ok(FULL, document.clone()).header("cache-control", "max-age=300");
        reply.fault(Fault::SlowHead(Duration::from_millis(500)))
    });
    let judge = Judge::start(rule).await;
    let proxy = Setup::npm(&registry.server.url())
        .section("cache:\n  judge:\n    enabled: true\n")
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring(&format!("token: {TOKEN}"))
        // A thousand calls of an unoptimised sandbox on a loaded machine.
        .plugin_limits("  limits:\n    classify-timeout: 30s\n")
        .start();
    (registry, judge, proxy)
}

async fn crowd(url: &str) -> Vec<Answer> {
    let ask = Ask::get(url);
    join_all((0..CROWD).map(|_| ask.send())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_document_is_fetched_once_and_judged_once() {
    let (registry, judge, proxy) = stage().await;
    let answers = crowd(&format!("{}/npm/cog", proxy.url())).await;
    for answer in &answers {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, answers[0].body);
    }
    let listed = answers[0].json();
    assert_eq!(listed["versions"].as_object().unwrap().len(), 50);
    assert_eq!(registry.server.received_at("/cog").len(), 1);
    let mut asked = judge.asked();
    let all = asked.len();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!((all, asked.len()), (51, 51), "each package URL once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_file_is_judged_once() {
    let (_registry, judge, proxy) = stage().await;
    let file = Package::new("cog").versions(["1.0.7"]).tarball("1.0.7");
    for answer in crowd(&format!("{}/npm/cog/-/cog-1.0.7.tgz", proxy.url())).await {
        assert_eq!((answer.status, answer.body == file), (200, true));
    }
    assert_eq!(judge.asked(), ["pkg:npm/cog@1.0.7"]);
    for answer in crowd(&format!("{}/npm/cog/-/cog-2.0.0.tgz", proxy.url())).await {
        assert_eq!(answer.status, 403);
    }
    assert_eq!(judge.asked().len(), 2);
}

//! Probes.

use std::time::Duration;

use osa_proxy_tests::upstream::{Fault, Reply};
use osa_proxy_tests::wire::{Answer, Ask};
use tokio::io::AsyncReadExt as _;

use super::stage::Stage;

/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";

#[tokio::test(flavor = "multi_thread")]
async fn probes_answer_without_judge_and_redis() {
    let cache = format!("cache:\n  judge:\n    enabled: true\n  redis:\n    address: {NOWHERE}\n");
    let mut stage = Stage::start(|setup| setup.section(&cache)).await;
    stage.judge.close().await;
    let (live, ready) = (stage.get("/healthz").await, stage.get("/readyz").await);
    assert_eq!((live.status, live.text()), (200, "ok\n".to_owned()));
    assert_eq!((ready.status, &ready.json()["status"]), (200, &"ready".into()));
    assert_eq!(ready.header("cache-control"), Some("no-store"));
    assert!(stage.registry.received().is_empty());
    for path in ["/healthz", "/readyz"] {
        assert!(!stage.proxy.log().contains(path), "{}", stage.proxy.log());
    }
}

async fn status(url: &str) -> Option<Answer> {
    Ask::get(url).try_send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_download_ends_probes_tell_that_the_process_stops() {
    let mut stage = Stage::start(|setup| setup.section("admin:\n  address: 127.0.0.1:0\n")).await;
    let mut slow = Reply::ok("application/x-widget", "x".repeat(64));
    slow.fault = Fault::Drip {
        piece: 1,
        pause: Duration::from_millis(50),
    };
    stage.registry.put("/files/cog-1.1.widget", slow);
    let url = stage.proxy.url();
    let mut download = Ask::get(&format!("{url}/widget/files/cog-1.1.widget")).open().await;
    let mut first = [0; 16];
    download.read_exact(&mut first).await.unwrap();
    stage.proxy.terminate();
    assert!(stage.proxy.wait_for_log("stopping", Duration::from_secs(20)));

    let ready = status(&format!("{url}/readyz")).await.unwrap();
    assert_eq!((ready.status, &ready.json()["status"]), (503, &"stopping".into()));
    assert_eq!(status(&format!("{url}/healthz")).await.unwrap().status, 200);
    let other = status(&format!("{url}/widget/cog/index.txt")).await.unwrap();
    assert_eq!((other.status, other.header("connection")), (503, Some("close")));
    assert!(other.header("retry-after").is_some());

    let mut rest = Vec::new();
    download.read_to_end(&mut rest).await.unwrap();
    let whole = Answer::parse(&[&first[..], &rest].concat(), false).unwrap();
    assert_eq!((whole.status, whole.body.len(), whole.whole), (200, 64, true));
    assert!(stage.proxy.wait_for_end(Duration::from_secs(20)).success());
}

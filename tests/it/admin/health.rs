//! Probes.

use std::time::{Duration, Instant};

use osa_proxy_tests::proxy::Setup;
use osa_proxy_tests::redis::Redis;
use osa_proxy_tests::upstream::{Fault, Reply};
use osa_proxy_tests::wire::{Answer, Ask};
use tokio::io::AsyncReadExt as _;

use super::stage::{Stage, cache};

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
    until_degraded(&stage, &["redis"]).await;
    assert!(stage.registry.received().is_empty());
    for path in ["/healthz", "/readyz"] {
        assert!(!stage.proxy.log().contains(path), "{}", stage.proxy.log());
    }
}

/// Waits until `/readyz`, with 200 every time, tells of these parts.
async fn until_degraded(stage: &Stage, parts: &[&str]) {
    let start = Instant::now();
    loop {
        let ready = stage.get("/readyz").await;
        assert_eq!((ready.status, &ready.json()["status"]), (200, &"ready".into()));
        let degraded = ready.json()["degraded"].clone();
        let told: Vec<&str> = degraded
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["part"].as_str().unwrap())
            .collect();
        if told == parts {
            return;
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{degraded} instead of {parts:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Nobody but the probe asks: that alone must find out.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_told_by_a_proxy_that_stays_ready() {
    let Some(mut redis) = Redis::start("admin: degraded") else {
        return;
    };
    let breaker = "resilience: {retry: {max-attempts: 1}, circuit-breaker: {minimum-number-of-calls: 1, \
                   wait-duration-in-open-state: 1s, permitted-number-of-calls-in-half-open-state: 1}}";
    let setup = |setup: Setup| setup.section(&cache(Some(&redis))).codescoring(breaker);
    let mut stage = Stage::start(setup).await;
    until_degraded(&stage, &[]).await;
    redis.kill();
    until_degraded(&stage, &["redis"]).await;
    stage.judge.close().await;
    assert_eq!(
        stage.get("/widget/cog/index.txt").await.status,
        200,
        "errors do not block here"
    );
    until_degraded(&stage, &["redis", "judge"]).await;
    redis.restart();
    until_degraded(&stage, &["judge"]).await;
    stage.judge.reopen();
    let start = Instant::now();
    while stage.judge.received().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(20), "Judge is not tried again");
        stage.get("/widget/cog/index.txt").await;
    }
    until_degraded(&stage, &[]).await;
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

    // What is logged and what probes are told do not change in the same moment.
    let mut ready = status(&format!("{url}/readyz")).await.unwrap();
    for _ in 0..20 {
        if ready.status == 200 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            ready = status(&format!("{url}/readyz")).await.unwrap();
        }
    }
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

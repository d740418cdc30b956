//! How long entries live, and who asks Judge again.

use std::sync::Arc;
use std::time::Duration;

use osa_proxy::judge::{BlockStatus, Question};
use osa_proxy_tests::redis::Redis;

use super::setup::{A, B, LONG, Script, config, instance, of, question, status, until};

/// Milliseconds that the only entry has left.
fn left(redis: &Redis) -> i64 {
    redis.cli(&["PTTL", &entry(redis)]).parse().unwrap()
}

fn entry(redis: &Redis) -> String {
    let keys = redis.cli(&["--scan", "--pattern", "widget:*"]);
    assert_eq!(keys.lines().count(), 1, "{keys}");
    keys
}

#[tokio::test]
async fn a_read_prolongs_life() {
    let Some(redis) = Redis::start("redis: reads prolong") else {
        return;
    };
    let judge = Arc::new(Script::default());
    let verdicts = instance(&judge, &config(redis.address()));
    status(&verdicts, A).await;
    let long = LONG.as_millis() as i64;
    assert!((long - 60_000..=long).contains(&left(&redis)));
    redis.cli(&["PEXPIRE", &entry(&redis), "60000"]);
    status(&verdicts, A).await;
    until(|| left(&redis) > 60_000).await;
    assert_eq!(judge.times(A), 1);
}

#[tokio::test]
async fn what_is_undecided_is_soon_forgotten_however_often_it_is_read() {
    let Some(redis) = Redis::start("redis: undecided") else {
        return;
    };
    let judge = Arc::new(Script::default());
    judge.set(A, of(BlockStatus::BlockedNotScanned));
    let verdicts = instance(&judge, &config(redis.address()));
    for _ in 0..3 {
        assert_eq!(status(&verdicts, A).await, BlockStatus::BlockedNotScanned);
    }
    assert!(left(&redis) <= 3000);
    // As a read in the middle of a refresh may leave it.
    redis.cli(&["PERSIST", &entry(&redis)]);
    judge.set(A, of(BlockStatus::NotBlocked));
    tokio::time::sleep(Duration::from_millis(3100)).await;
    assert_eq!(status(&verdicts, A).await, BlockStatus::NotBlocked);
}

#[tokio::test]
async fn a_stale_verdict_is_refreshed_by_one_instance_and_recorded_once() {
    let Some(redis) = Redis::start("redis: one refresher") else {
        return;
    };
    let judge = Arc::new(Script::default());
    let mut config = config(redis.address());
    config.judge.refresh_after = Duration::from_secs(4);
    let instances: Vec<_> = (0..3).map(|_| instance(&judge, &config)).collect();
    let download = || Question {
        record: true,
        ..question([A])
    };
    status(&instances[0], A).await;
    for _ in 0..5 {
        for instance in &instances {
            instance.verdicts(download()).await;
        }
    }
    until(|| judge.times(A) == 2).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    judge.set(A, of(BlockStatus::BlockedByPolicies));
    for _ in 0..5 {
        for instance in &instances {
            status(instance, A).await;
        }
    }
    until(|| judge.times(A) >= 3).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    for instance in &instances {
        assert_eq!(status(instance, A).await, BlockStatus::BlockedByPolicies);
    }
    let records: Vec<bool> = judge.asked.lock().unwrap().iter().map(|asked| asked.record).collect();
    assert_eq!(records, [false, true, false]);
}

#[tokio::test]
async fn proactive_refreshes_keep_the_life_and_bring_nothing_back() {
    let Some(redis) = Redis::start("redis: proactive") else {
        return;
    };
    let judge = Arc::new(Script::default());
    let mut config = config(redis.address());
    status(&instance(&judge, &config), A).await;
    let key = entry(&redis);
    redis.cli(&["PEXPIRE", &key, "60000"]);
    redis.cli(&["SET", "widget:session", "another program's"]);

    config.judge.refresh_after = Duration::from_millis(50);
    config.judge.proactive_refresh_enabled = true;
    config.judge.proactive_refresh_interval = Duration::from_millis(100);
    judge.set(A, of(BlockStatus::BlockedByPolicies));
    let verdicts = instance(&judge, &config);
    until(|| redis.cli(&["GET", &key]).contains("blocked_by_policies")).await;
    let life: i64 = redis.cli(&["PTTL", &key]).parse().unwrap();
    assert!((1..=60_000).contains(&life), "{life}");

    let asked = judge.requests();
    until(|| judge.requests() > asked).await;
    redis.cli(&["DEL", &key]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(redis.cli(&["EXISTS", &key]), "0");

    // It ends with the instance.
    drop(verdicts);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let asked = judge.requests();
    redis.cli(&["SET", &key, "1{\"s\":\"not_blocked\",\"t\":1}"]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(judge.requests(), asked);
}

#[tokio::test]
async fn memory_is_refreshed_proactively_too() {
    let judge = Arc::new(Script::default());
    let mut config = config(String::new());
    config.redis = None;
    config.judge.refresh_after = Duration::from_millis(50);
    config.judge.proactive_refresh_enabled = true;
    config.judge.proactive_refresh_interval = Duration::from_millis(100);
    config.judge.ttl = Duration::from_millis(1500);
    let verdicts = instance(&judge, &config);
    verdicts.verdicts(question([A, B])).await;
    until(|| judge.times(A) > 2 && judge.times(B) > 2).await;
    // What nobody reads dies nevertheless.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let asked = judge.times(A);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(judge.times(A), asked);
    verdicts.verdicts(question([A, B])).await;
    assert_eq!(verdicts.forget_purls(&[A.into()]).await, Ok(1));
}

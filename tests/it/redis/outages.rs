//! Redis slow or gone: requests go on without it, nobody waits for it twice, and it is used again when it is back.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use osa_proxy::judge::BlockStatus;
use osa_proxy::verdicts::{CacheError, Verdicts};
use osa_proxy_tests::redis::Redis;
use tokio::net::TcpListener;

use super::setup::{A, Script, config, instance, question, status};

/// What is logged on this thread, which is the only one of a test's runtime.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn times(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).matches(text).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The time of a hundred requests, each of which Judge is asked for.
async fn hundred(verdicts: &Verdicts, judge: &Script, name: &str) -> Duration {
    let before = judge.requests();
    let start = Instant::now();
    let purls: Vec<String> = (0..100).map(|n| format!("pkg:widget/{name}@{n}")).collect();
    let all = purls.iter().map(|purl| verdicts.verdicts(question([purl.as_str()])));
    let all = futures_util::future::join_all(all).await;
    assert!(all.iter().all(|answers| answers[0].is_ok()));
    assert_eq!(judge.requests(), before + 100);
    start.elapsed()
}

/// The cache holds again what it is given.
pub(super) async fn works_again(verdicts: &Verdicts, judge: &Script) {
    let start = Instant::now();
    for n in 0.. {
        let purl = format!("pkg:widget/back@{n}");
        status(verdicts, &purl).await;
        status(verdicts, &purl).await;
        if judge.times(&purl) == 1 {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "Redis is not used again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn killed_and_started_again() {
    let Some(mut redis) = Redis::start("redis: killed") else {
        return;
    };
    let (log, _guard) = Log::start();
    let judge = Arc::new(Script::default());
    let verdicts = instance(&judge, &config(redis.address()));
    status(&verdicts, A).await;
    redis.kill();
    assert_eq!(status(&verdicts, A).await, BlockStatus::NotBlocked);
    let took = hundred(&verdicts, &judge, "gone").await;
    assert!(took < Duration::from_millis(900), "{took:?}");
    assert_eq!(verdicts.forget_purls(&[A.into()]).await, Err(CacheError::Unavailable));
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!((log.times("does not answer"), log.times("answers again")), (1, 0));
    redis.restart();
    works_again(&verdicts, &judge).await;
    assert_eq!((log.times("does not answer"), log.times("answers again")), (1, 1));
    assert_eq!(judge.times(A), 2);
}

#[tokio::test]
async fn frozen_in_the_middle_of_its_work() {
    let Some(redis) = Redis::start("redis: frozen") else {
        return;
    };
    let (log, _guard) = Log::start();
    let judge = Arc::new(Script::default());
    let verdicts = instance(&judge, &config(redis.address()));
    status(&verdicts, A).await;
    redis.freeze();
    let start = Instant::now();
    assert_eq!(status(&verdicts, A).await, BlockStatus::NotBlocked);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let took = hundred(&verdicts, &judge, "frozen").await;
    assert!(took < Duration::from_millis(900), "{took:?}");
    redis.thaw();
    works_again(&verdicts, &judge).await;
    assert_eq!((log.times("does not answer"), log.times("answers again")), (1, 1));
}

#[tokio::test]
async fn there_from_the_start_but_mute() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mute.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok(connection) = mute.accept().await {
            open.push(connection);
        }
    });
    let (log, _guard) = Log::start();
    let judge = Arc::new(Script::default());
    let verdicts = instance(&judge, &config(address));
    let start = Instant::now();
    assert_eq!(status(&verdicts, A).await, BlockStatus::NotBlocked);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    let took = hundred(&verdicts, &judge, "mute").await;
    assert!(took < Duration::from_millis(900), "{took:?}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(log.times("does not answer"), 1);
}

#[tokio::test]
async fn not_started_yet_or_full() {
    let Some(mut redis) = Redis::start_with("redis: full", &["--maxmemory", "1"], None) else {
        return;
    };
    redis.kill();
    let (log, _guard) = Log::start();
    let judge = Arc::new(Script::default());
    let verdicts = instance(&judge, &config(redis.address()));
    for _ in 0..3 {
        assert_eq!(status(&verdicts, A).await, BlockStatus::NotBlocked);
    }
    redis.restart();
    let start = Instant::now();
    while log.times("refuses") == 0 {
        assert!(start.elapsed() < Duration::from_secs(20));
        assert_eq!(status(&verdicts, A).await, BlockStatus::NotBlocked);
    }
    for _ in 0..3 {
        assert_eq!(status(&verdicts, A).await, BlockStatus::NotBlocked);
    }
    assert_eq!((log.times("refuses"), log.times("does not answer")), (1, 1));
    redis.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    works_again(&verdicts, &judge).await;
}

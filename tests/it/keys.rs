//! Keys of `codescoring` and `cache` whose effect only Judge or a registry sees.

use std::time::{Duration, Instant};

use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::upstream::{Fault, Reply, Resource, Upstream};
use osa_proxy_tests::wire::Ask;

const VERDICTS: &str = "/api/judge/v2/verdicts";
const FILE: &str = "/files/cog-1.0.widget";

async fn registry() -> Upstream {
    let registry = Upstream::start().await;
    registry.put(FILE, Resource::new("application/x-widget", "bytes"));
    registry
}

/// Blocks what cannot be judged.
fn asking(registry: &Upstream, judge: &str) -> Setup {
    Setup::widget(&registry.url())
        .codescoring(&format!("url: {judge}"))
        .codescoring(&format!("token: {TOKEN}"))
        .codescoring("block-on-codescoring-errors: true")
}

async fn status(proxy: &Proxy) -> u16 {
    Ask::get(&format!("{}/widget{FILE}", proxy.url())).send().await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_judge_speaks_the_old_form() {
    let (registry, judge) = (registry().await, Upstream::start().await);
    let answer = r#"{"pkg:widget/cog@1.0": {"blocked": true, "scanned": true, "reason": "No cogs"}}"#;
    judge.put("/api/judge/check", Reply::ok("application/json", answer));
    let proxy = asking(&registry, &judge.url())
        .codescoring("legacy-judge: true")
        .start();
    let answer = Ask::get(&format!("{}/widget{FILE}", proxy.url())).send().await;
    assert_eq!((answer.status, answer.header("x-osa-policy")), (403, Some("No cogs")));
    assert!(judge.received_at(VERDICTS).is_empty());
}

/// 2,000 versions are three questions, which take at least as many turns as fit beside each other. A client may open more
/// connections than it needs, never fewer.
#[tokio::test(flavor = "multi_thread")]
async fn judge_concurrency_bounds_the_questions_at_once() {
    const SLOW: Duration = Duration::from_millis(700);
    let versions: Vec<String> = (0..2000).map(|n| format!("1.0.{n}")).collect();
    let cog = Package::new("cog").versions(versions.iter().map(String::as_str));
    let npm = Npm::with(&[cog]).await;
    for (concurrency, most) in [(1_u32, 1), (2, 2), (10, 3)] {
        let judge = Upstream::start().await;
        let slow = Reply::ok("application/json", r#"{"results": []}"#).fault(Fault::SlowHead(SLOW));
        judge.put(VERDICTS, slow);
        let proxy = Setup::npm(&npm.server.url())
            .codescoring(&format!("url: {}", judge.url()))
            .codescoring("token: t")
            .codescoring(&format!("judge-concurrency: {concurrency}"))
            .start();
        let begun = Instant::now();
        assert_eq!(Ask::get(&format!("{}/npm/cog", proxy.url())).send().await.status, 200);
        assert_eq!(judge.received().len(), 3, "{concurrency}");
        assert!(begun.elapsed() >= SLOW * 3_u32.div_ceil(concurrency), "{concurrency}");
        assert!(judge.connections() >= most, "{concurrency}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_says_how_often_and_how_late_judge_is_asked_again() {
    let registry = registry().await;
    for (retry, times, at_least) in [
        ("{wait-duration: 1ms}", 3, 0),
        ("{wait-duration: 1ms, max-attempts: 1}", 1, 0),
        ("{wait-duration: 1ms, max-attempts: 5}", 5, 0),
        ("{wait-duration: 1200ms, max-attempts: 2}", 2, 1200),
        (
            "{wait-duration: 50ms, max-attempts: 3, exponential-backoff-multiplier: 30}",
            3,
            1500,
        ),
    ] {
        let judge = Upstream::start().await;
        judge.put(VERDICTS, Reply::new(503));
        let proxy = asking(&registry, &judge.url())
            .codescoring(&format!("resilience: {{retry: {retry}}}"))
            .start();
        let start = Instant::now();
        assert_eq!(status(&proxy).await, 403, "{retry}");
        assert_eq!(judge.received().len(), times, "{retry}");
        assert!(
            start.elapsed() >= Duration::from_millis(at_least),
            "{retry}: {:?}",
            start.elapsed()
        );
    }
}

/// `f`: Judge fails; `o`: it answers; `-`: it is not asked; `w`: a wait of 600 ms, no request.
#[tokio::test(flavor = "multi_thread")]
async fn each_key_of_the_circuit_breaker_moves_it() {
    let registry = registry().await;
    for (breaker, course) in [
        // Two of two failed: open from then on.
        ("minimum-number-of-calls: 2", "ff--"),
        ("minimum-number-of-calls: 4", "ffff--"),
        // Half of the calls failed.
        ("minimum-number-of-calls: 2", "of-"),
        ("minimum-number-of-calls: 2, failure-rate-threshold: 51", "ofof"),
        // Four of six failed; two of the last two.
        ("minimum-number-of-calls: 2, failure-rate-threshold: 70", "ooffff"),
        (
            "minimum-number-of-calls: 2, failure-rate-threshold: 70, sliding-window-size: 2",
            "ooff-",
        ),
        ("minimum-number-of-calls: 2, wait-duration-in-open-state: 1h", "ffw-"),
        ("minimum-number-of-calls: 2, wait-duration-in-open-state: 500ms", "ffwo"),
        // One trial decides, or three do.
        (
            "minimum-number-of-calls: 2, wait-duration-in-open-state: 500ms, permitted-number-of-calls-in-half-open-state: 1",
            "ffwf-",
        ),
        (
            "minimum-number-of-calls: 2, wait-duration-in-open-state: 500ms, permitted-number-of-calls-in-half-open-state: 3",
            "ffwfff-",
        ),
    ] {
        let judge = Upstream::start().await;
        let proxy = asking(&registry, &judge.url())
            .codescoring(&format!(
                "resilience: {{retry: {{max-attempts: 1}}, circuit-breaker: {{{breaker}}}}}"
            ))
            .start();
        for (at, step) in course.char_indices() {
            let results =
                r#"{"results": [{"purl": "pkg:widget/cog@1.0", "block_status": "not_blocked", "policies": []}]}"#;
            match step {
                'w' => {
                    tokio::time::sleep(Duration::from_millis(600)).await;
                    continue;
                }
                'o' => judge.put(VERDICTS, Reply::ok("application/json", results)),
                _ => judge.put(VERDICTS, Reply::new(500)),
            }
            judge.forget();
            // Who asks while an answer is being handed out gets that one.
            tokio::time::sleep(Duration::from_millis(30)).await;
            let expected = if step == 'o' { 200 } else { 403 };
            assert_eq!(status(&proxy).await, expected, "{breaker}: {course}, {at}");
            assert_eq!(
                judge.received().len(),
                usize::from(step != '-'),
                "{breaker}: {course}, {at}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_verdict_lives_as_its_keys_say() {
    let registry = registry().await;
    // How often Judge was asked about three requests, 1.2 s between the second and the third.
    for (cache, times) in [
        ("{enabled: false}", 3),
        ("{enabled: true}", 1),
        ("{enabled: true, ttl: 1s}", 2),
        ("{enabled: true, refresh-after: 1s}", 2),
        (
            "{enabled: true, refresh-after: 300ms, proactive-refresh-enabled: true, proactive-refresh-interval: 400ms}",
            3,
        ),
    ] {
        let judge = Judge::start(|_| ("not_blocked", false)).await;
        let proxy = asking(&registry, &judge.url())
            .section(&format!("cache: {{judge: {cache}}}\n"))
            .start();
        for wait in [0, 0, 1200] {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            assert_eq!(status(&proxy).await, 200);
        }
        // A refresh is under way while the answer goes out.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let asked = judge.asked().len();
        if cache.contains("proactive") {
            assert!(asked >= times, "{cache}: {asked}");
        } else {
            assert_eq!(asked, times, "{cache}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_kept_as_far_as_their_size_goes() {
    let registry = registry().await;
    let index = format!("cog 1.0 {}{FILE}\n", registry.url());
    for (size, times) in [("256mb", 1), ("0", 2)] {
        let document = Resource::new("text/plain", index.clone()).header("cache-control", "max-age=600");
        registry.put("/cog/index.txt", document);
        let proxy = Setup::widget(&registry.url())
            .section(&format!("cache: {{documents: {{size: {size}}}}}\n"))
            .start();
        registry.forget();
        for _ in 0..2 {
            let answer = Ask::get(&format!("{}/widget/cog/index.txt", proxy.url())).send().await;
            assert_eq!(answer.status, 200);
        }
        assert_eq!(registry.received().len(), times, "{size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scan_wait_timeout_ends_the_wait() {
    let registry = registry().await;
    let judge = Judge::start(|_| ("blocked_not_scanned", false)).await;
    let proxy = asking(&registry, &judge.url())
        .codescoring("scan-wait-timeout: 1s")
        .start();
    let start = Instant::now();
    assert_eq!(status(&proxy).await, 403);
    assert!((1..15).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

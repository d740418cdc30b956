//! `/metrics`: the numbers that known requests give.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use osa_proxy_tests::metrics::Metrics;
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::redis::Redis;
use osa_proxy_tests::skip::skip;
use osa_proxy_tests::upstream::{Fault, Received, Reply, Resource, Upstream};
use osa_proxy_tests::wire::Ask;
use serde_json::{Value, json};

const REQUESTS: &str = "gateway_route_widget_requests_seconds_count";
const VERDICTS: &str = "/api/judge/v2/verdicts";

async fn registry() -> Upstream {
    let registry = Upstream::start().await;
    let url = registry.url();
    let lines = ["1.0", "1.1", "1.2"].map(|version| format!("cog {version} {url}/files/cog-{version}.widget\n"));
    registry.put("/cog/index.txt", Resource::new("text/plain", lines.concat()));
    for version in ["1.0", "1.1", "1.2"] {
        let file = Resource::new("application/x-widget", "the widget itself");
        registry.put(format!("/files/cog-{version}.widget"), file);
    }
    registry
}

/// Blocks versions 1.1 and 1.2 of everything, and fails when it is asked about `fail`.
async fn judge() -> Upstream {
    let judge = Upstream::start().await;
    judge.put(VERDICTS, |request: &Received| {
        let question: Value = serde_json::from_slice(&request.body).unwrap();
        let purls = question["purls"].as_array().unwrap();
        if purls.iter().any(|purl| purl.as_str().unwrap().contains("fail")) {
            return Reply::new(500);
        }
        let results: Vec<Value> = purls
            .iter()
            .map(|purl| {
                let name = purl.as_str().unwrap();
                let status = match name {
                    _ if name.contains("slow") => "blocked_not_scanned",
                    _ if name.ends_with("@1.0") => "not_blocked",
                    _ => "blocked_by_policies",
                };
                json!({ "purl": purl, "block_status": status, "scan_status": "scanned", "policies": [{ "name": "No cogs" }] })
            })
            .collect();
        Reply::ok("application/json", json!({ "results": results }).to_string())
    });
    judge
}

async fn status(proxy: &Proxy, method: &str, path: &str) -> u16 {
    Ask::new(method, &format!("{}{path}", proxy.url())).send().await.status
}

async fn get(proxy: &Proxy, path: &str) -> u16 {
    status(proxy, "GET", path).await
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_told_apart_by_what_became_of_them() {
    let registry = registry().await;
    let proxy = Setup::widget(&registry.url())
        .deny(&[("pkg:widget/cog", ">=1.1")])
        .start();
    assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 200);
    assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 200);
    assert_eq!(get(&proxy, "/widget/files/cog-1.1.widget").await, 403);
    assert_eq!(status(&proxy, "HEAD", "/widget/files/cog-1.1.widget").await, 403);
    assert_eq!(get(&proxy, "/widget/cog/index.txt").await, 200);
    assert_eq!(get(&proxy, "/widget/absent/index.txt").await, 404);
    assert_eq!(get(&proxy, "/widget/about").await, 200);
    assert_eq!(get(&proxy, "/widget/nothing/of/the/kind").await, 404);
    assert_eq!(get(&proxy, "/elsewhere/x").await, 404);
    let metrics = Metrics::of(&proxy).await;
    for (labels, expected) in [
        ("", 8),
        ("operation=scan_package,method=GET,status=200,outcome=success", 2),
        (
            "operation=scan_package,method=GET,status=403,outcome=blocked_by_policies",
            1,
        ),
        (
            "operation=scan_package,method=HEAD,status=403,outcome=blocked_by_policies",
            1,
        ),
        ("operation=scan_manifest,method=GET,status=200,outcome=success", 1),
        ("operation=scan_manifest,method=GET,status=404,outcome=error", 1),
        ("operation=other,method=GET,status=200,outcome=success", 1),
        ("operation=other,method=GET,status=404,outcome=error", 1),
        ("repository=widget", 8),
    ] {
        assert_eq!(metrics.count(REQUESTS, labels), expected, "{labels}\n{}", metrics.text);
    }
    assert_eq!(metrics.count("osa_proxy_unrouted_requests_total", "status=404"), 1);
    let blocked = "outcome=blocked_by_policies,method=GET";
    let bucket = |le: &str| {
        metrics.count(
            "gateway_route_widget_requests_seconds_bucket",
            &format!("{blocked},le={le}"),
        )
    };
    assert_eq!(bucket("+Inf"), 1);
    let bounds = ["0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2", "5"];
    let counts: Vec<u64> = bounds.iter().map(|bound| bucket(bound)).collect();
    assert!(
        counts.is_sorted() && counts.iter().all(|count| *count <= 1),
        "{counts:?}"
    );
    let sum = metrics.sum("gateway_route_widget_requests_seconds_sum", blocked);
    let max = metrics.sum("gateway_route_widget_requests_seconds_max", blocked);
    assert!(sum > 0.0 && (sum - max).abs() < 1e-5, "one request: {sum} and {max}");

    assert_eq!(
        metrics.count("osa_proxy_documents_edited_total", "repository=widget"),
        1
    );
    assert_eq!(
        metrics.count("osa_proxy_versions_removed_total", "repository=widget"),
        2
    );
    assert_eq!(
        metrics.count("osa_proxy_upstream_head_seconds_count", "repository=widget"),
        4
    );
    assert_eq!(metrics.count("osa_proxy_upstream_errors_total", ""), 0);
    assert_eq!(
        metrics.count("osa_proxy_plugin_call_seconds_count", "plugin=widget,function=classify"),
        8
    );
    assert_eq!(
        metrics.count("osa_proxy_plugin_call_seconds_count", "plugin=widget,function=scan"),
        1
    );
    assert_eq!(
        metrics.count("osa_proxy_plugin_call_seconds_count", "plugin=widget,function=plan"),
        1
    );
    assert!(metrics.sum("osa_proxy_plugin_peak_memory_bytes", "function=scan") >= 65536.0);
    assert!(metrics.sum("process_start_time_seconds", "") > 1.7e9);
    assert_eq!(metrics.count("osa_proxy_build_info", ""), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_address_gives_the_same_page() {
    let registry = registry().await;
    let proxy = Setup::widget(&registry.url()).start();
    let ask = async |path: &str| Ask::get(&format!("{}{path}", proxy.url())).send().await;
    let (one, other) = (ask("/metrics").await, ask("/actuator/prometheus").await);
    assert_eq!(
        one.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_eq!((one.status, one.body), (200, other.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_counted_by_where_they_come_from_and_each_time_they_are_edited() {
    let registry = registry().await;
    let proxy = Setup::widget(&registry.url())
        .deny(&[("pkg:widget/cog", ">=1.1")])
        .start();
    for _ in 0..2 {
        assert_eq!(get(&proxy, "/widget/cog/index.txt").await, 200);
    }
    let fresh =
        Resource::new("text/plain", "gear 1.0 https://elsewhere.example/x\n").header("cache-control", "max-age=300");
    registry.put("/gear/index.txt", fresh);
    for _ in 0..3 {
        assert_eq!(get(&proxy, "/widget/gear/index.txt").await, 200);
    }
    let metrics = Metrics::of(&proxy).await;
    for (result, expected) in [("miss", 2), ("revalidated", 1), ("hit", 2)] {
        let labels = format!("repository=widget,result={result}");
        assert_eq!(
            metrics.count("osa_proxy_document_cache_lookups_total", &labels),
            expected,
            "{result}"
        );
    }
    assert_eq!(metrics.count("osa_proxy_documents_edited_total", ""), 2);
    assert_eq!(metrics.count("osa_proxy_versions_removed_total", ""), 4);
    let held = metrics.count("osa_proxy_document_memory_bytes", "");
    assert!(
        held > 0 && held < metrics.count("osa_proxy_document_memory_limit_bytes", ""),
        "{held}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn upstreams_faults_are_counted() {
    let registry = registry().await;
    let proxy = Setup::widget(&registry.url()).client("response-timeout: 1s").start();
    registry.put("/files/cog-1.0.widget", Reply::new(503));
    assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 503);
    registry.put(
        "/files/cog-1.0.widget",
        Reply::new(200).fault(Fault::Garbage("hello\r\n".into())),
    );
    assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 502);
    registry.put(
        "/files/cog-1.0.widget",
        Reply::ok("text/plain", "x").fault(Fault::Announce(1000)),
    );
    let cut = Ask::get(&format!("{}/widget/files/cog-1.0.widget", proxy.url()))
        .send()
        .await;
    assert!(!cut.whole);
    registry.put(
        "/files/cog-1.0.widget",
        Reply::new(200).fault(Fault::SlowHead(Duration::from_secs(5))),
    );
    assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 504);
    let metrics = Metrics::of(&proxy).await;
    for reason in ["status", "failed", "cut", "timeout"] {
        let labels = format!("repository=widget,reason={reason}");
        assert_eq!(metrics.count("osa_proxy_upstream_errors_total", &labels), 1, "{reason}");
    }
    assert_eq!(metrics.count(REQUESTS, "status=504,outcome=error"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugins_failures_are_counted_by_function() {
    let registry = registry().await;
    let limits = "  limits:\n    memory: 64mb\n    classify-timeout: 1s\n    document-timeout: 2s\n";
    let proxy = Setup::hostile(&registry.url()).plugin_limits(limits).start();
    for (path, answer) in [
        ("classify/panic", 502),
        ("classify/loop", 502),
        ("classify/bomb", 502),
        ("artifact/foreign-purl", 502),
        ("document/plan-panic", 502),
    ] {
        registry.put(format!("/{path}"), Reply::ok("text/plain", "unfiltered"));
        assert_eq!(get(&proxy, &format!("/hostile/{path}")).await, answer, "{path}");
    }
    let metrics = Metrics::of(&proxy).await;
    for (labels, expected) in [
        ("function=classify,reason=trap", 1),
        ("function=classify,reason=timeout", 1),
        ("function=classify,reason=memory", 1),
        ("function=classify,reason=bad_answer", 1),
        ("function=plan,reason=trap", 1),
        ("", 5),
    ] {
        let labels = format!("plugin=hostile,{labels}");
        assert_eq!(
            metrics.count("osa_proxy_plugin_failures_total", &labels),
            expected,
            "{labels}"
        );
    }
    assert_eq!(metrics.count("osa_proxy_plugin_failures_total", "plugin=widget"), 0);
    assert!(metrics.sum("osa_proxy_plugin_peak_memory_bytes", "plugin=hostile,function=classify") > 1e6);
    let served = "gateway_route_hostile_requests_seconds_count";
    assert_eq!(metrics.count(served, "status=502,outcome=error"), 5);
}

fn asking(registry: &Upstream, judge: &Upstream, more: &str) -> Setup {
    Setup::widget(&registry.url())
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring("token: hush-hush")
        .codescoring("scan-wait-timeout: 1s")
        .codescoring("resilience: {retry: {max-attempts: 2, wait-duration: 10ms}, circuit-breaker: {minimum-number-of-calls: 6, sliding-window-size: 6}}")
        .section(more)
}

#[tokio::test(flavor = "multi_thread")]
async fn judge_the_cache_and_the_breaker_are_counted() {
    let (registry, judge) = (registry().await, judge().await);
    let proxy = asking(&registry, &judge, "cache: {judge: {enabled: true}}\n").start();
    assert_eq!(get(&proxy, "/widget/cog/index.txt").await, 200);
    assert_eq!(get(&proxy, "/widget/cog/index.txt").await, 200);
    let metrics = Metrics::of(&proxy).await;
    let lookups = |metrics: &Metrics, result: &str| {
        metrics.count(
            "osa_proxy_verdict_cache_lookups_total",
            &format!("cache=memory,result={result}"),
        )
    };
    assert_eq!(
        [
            lookups(&metrics, "miss"),
            lookups(&metrics, "hit"),
            lookups(&metrics, "stale")
        ],
        [3, 3, 0]
    );
    assert_eq!(metrics.count("osa_proxy_judge_chunks_total", ""), 1);
    assert_eq!(metrics.count("osa_proxy_judge_purls_total", ""), 3);
    assert_eq!(
        metrics.count("codescoring_api_requests_seconds_count", "status=200,outcome=success"),
        1
    );
    assert_eq!(metrics.count("osa_proxy_judge_breaker_state", "state=closed"), 1);

    // Not recorded as a download yet: given out, and told to Judge in the background.
    assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 200);
    let refreshed = |metrics: &Metrics| metrics.count("osa_proxy_verdict_cache_refreshes_total", "cache=memory") == 1;
    let mut metrics = Metrics::of(&proxy).await;
    for _ in 0..100 {
        if refreshed(&metrics) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        metrics = Metrics::of(&proxy).await;
    }
    assert!(refreshed(&metrics), "{}", metrics.text);
    assert_eq!(lookups(&metrics, "stale"), 1);

    assert_eq!(get(&proxy, "/widget/files/slow-1.0.widget").await, 403);
    let metrics = Metrics::of(&proxy).await;
    assert_eq!(metrics.count("osa_proxy_scan_waits_total", ""), 1);
    assert_eq!(metrics.count("osa_proxy_scan_wait_timeouts_total", ""), 1);
    assert_eq!(metrics.count("osa_proxy_scan_waiting", ""), 0);

    let before = metrics.count("osa_proxy_judge_retries_total", "");
    for _ in 0..6 {
        get(&proxy, "/widget/files/fail-1.0.widget").await;
    }
    let metrics = Metrics::of(&proxy).await;
    assert!(metrics.count("osa_proxy_judge_retries_total", "") > before);
    assert_eq!(metrics.count("osa_proxy_judge_breaker_state", "state=open"), 1);
    assert_eq!(metrics.count("osa_proxy_judge_breaker_state", "state=closed"), 0);
    assert_eq!(metrics.count("osa_proxy_judge_breaker_opened_total", ""), 1);
    assert!(
        metrics.count("osa_proxy_judge_breaker_rejected_total", "") > 0,
        "{}",
        metrics.text
    );
    let failed = metrics.count("codescoring_api_requests_seconds_count", "status=500,outcome=error");
    assert!((3..=6).contains(&failed), "{failed}");
    assert!(!metrics.text.contains("hush-hush"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_redis_is_counted() {
    let Some(mut redis) = Redis::start("an_outage_of_redis_is_counted") else {
        return;
    };
    let (registry, judge) = (registry().await, judge().await);
    let cache = format!(
        "cache:\n  judge: {{enabled: true}}\n  redis: {{address: \"{}\"}}\n",
        redis.address()
    );
    let proxy = asking(&registry, &judge, &cache).start();
    assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 200);
    let metrics = Metrics::of(&proxy).await;
    assert_eq!(metrics.count("osa_proxy_redis_up", ""), 1);
    assert_eq!(
        metrics.count("osa_proxy_verdict_cache_lookups_total", "cache=redis,result=miss"),
        1
    );
    assert_eq!(metrics.count("osa_proxy_verdict_cache_errors_total", ""), 0);
    redis.kill();
    assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 200);
    assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 200);
    let metrics = Metrics::of(&proxy).await;
    assert_eq!(metrics.count("osa_proxy_redis_up", ""), 0);
    assert_eq!(metrics.count("osa_proxy_redis_outages_total", ""), 1);
    assert!(metrics.count("osa_proxy_verdict_cache_errors_total", "cache=redis") > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_cannot_make_series() {
    let registry = registry().await;
    let proxy = Setup::widget(&registry.url()).start();
    let series = async || Metrics::of(&proxy).await.samples().count();
    let ask = async |round: usize| {
        for method in ["BREW", "PROPFIND", "M-SEARCH"] {
            status(&proxy, &format!("{method}{round}"), "/widget/docs/start").await;
            status(&proxy, &format!("{method}{round}"), "/widget/cog/index.txt").await;
        }
        get(&proxy, &format!("/widget/docs/{round}?token=hush-{round}")).await;
        get(&proxy, &format!("/elsewhere-{round}/x")).await;
        get(&proxy, &format!("/widget/files/cog-9.{round}.widget")).await;
    };
    ask(0).await;
    let before = series().await;
    for round in 1..20 {
        ask(round).await;
    }
    assert_eq!(series().await, before);
    let metrics = Metrics::of(&proxy).await;
    assert_eq!(metrics.count(REQUESTS, "method=OTHER"), 120);
    assert!(!metrics.text.contains("hush-") && !metrics.text.contains("BREW") && !metrics.text.contains("elsewhere-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_stand_in_no_label() {
    let registry = registry().await;
    let url = registry.url().replace("http://", "http://bob:hush-hush@");
    let proxy = Setup::default()
        .plugin("widget")
        .section(&repository("widget", "w", &url, ""))
        .start();
    assert_eq!(get(&proxy, "/w/files/cog-1.0.widget").await, 200);
    let metrics = Metrics::of(&proxy).await;
    assert_eq!(metrics.count(REQUESTS, "repository=w,outcome=success"), 1);
    assert!(
        !metrics.text.contains("hush-hush") && !metrics.text.contains("bob"),
        "{}",
        metrics.text
    );
}

/// The tables of docs/metrics.md: family, type and labels.
fn documented() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let text = std::fs::read_to_string(osa_proxy_tests::root().join("docs/metrics.md")).unwrap();
    let mut families: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    let mut last = BTreeSet::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let words =
            |cell: &str| -> BTreeSet<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
        if cells[3] != "the same" {
            last = words(cells[3]);
        }
        let name = cells[1].trim_matches('`').replace("SECTION", "widget");
        let before = families.insert(name, (cells[2].to_owned(), last.clone()));
        assert!(before.is_none(), "twice: {line}");
    }
    families
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_lists_every_family_and_no_other() {
    let test = "the_documentation_lists_every_family_and_no_other";
    let Some(redis) = Redis::start(test) else { return };
    let (registry, judge) = (registry().await, judge().await);
    let mut found = BTreeMap::new();
    let redis = format!("  redis: {{address: \"{}\"}}\n", redis.address());
    for redis in ["", redis.as_str()] {
        let cache = format!("cache:\n  judge: {{enabled: true}}\n{redis}");
        let proxy = asking(&registry, &judge, &cache).start();
        for path in ["/widget/cog/index.txt", "/widget/files/cog-1.1.widget", "/x"] {
            get(&proxy, path).await;
        }
        found.extend(Metrics::of(&proxy).await.families());
    }
    assert_eq!(found, documented());
}

#[tokio::test(flavor = "multi_thread")]
async fn promtool_finds_nothing_wrong() {
    let test = "promtool_finds_nothing_wrong";
    if Command::new("promtool").arg("--version").output().is_err() {
        return skip(test, "promtool is not installed");
    }
    let Some(redis) = Redis::start(test) else { return };
    let (registry, judge) = (registry().await, judge().await);
    let cache = format!(
        "cache:\n  judge: {{enabled: true}}\n  redis: {{address: \"{}\"}}\n",
        redis.address()
    );
    let proxy = asking(&registry, &judge, &cache).start();
    for path in [
        "/widget/cog/index.txt",
        "/widget/files/cog-1.1.widget",
        "/widget/files/fail-1.0.widget",
        "/x",
    ] {
        get(&proxy, path).await;
    }
    let page = Metrics::of(&proxy).await.text;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    let text = [said.stdout, said.stderr].concat();
    assert!(said.status.success(), "{}\n{page}", String::from_utf8_lossy(&text));
    assert!(text.is_empty(), "{}", String::from_utf8_lossy(&text));
}

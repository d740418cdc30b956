//! Work modes against each status that a Judge over HTTP may give: the table of the Judge contract.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup, denying, repository};
use osa_proxy_tests::upstream::{Fault, Received, Reply, Upstream};
use osa_proxy_tests::wire::Ask;
use serde_json::{Value, json};

const VERDICTS: &str = "/api/judge/v2/verdicts";
const MODES: [&str; 5] = ["warmup", "spectator", "moderate", "strict", "strict_wait"];
const STATUSES: [&str; 11] = [
    "not-blocked",
    "blocked-by-policies",
    "delayed-block",
    "blocked-not-scanned",
    "blocked-scan-wait-timeout",
    "blocked-scan-failed",
    "blocked-registry-not-configured",
    // Not statuses, but other ways to give no verdict.
    "a-status-from-the-future",
    "left-out",
    "contradicted",
    "judge-fails",
];

/// What a mode does with a status, apart from errors.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Serve,
    Block,
    /// No verdict: as `block-on-codescoring-errors` says, where the mode blocks at all.
    Error,
}

#[expect(clippy::match_same_arms, reason = "row by row, as the contract's table has it")]
fn expected(mode: &str, status: &str) -> Expected {
    match (mode, status) {
        (_, "not-blocked" | "delayed-block") | ("warmup" | "spectator", _) => Expected::Serve,
        (_, "blocked-by-policies") => Expected::Block,
        ("moderate", "blocked-not-scanned" | "blocked-scan-wait-timeout") => Expected::Serve,
        (_, "blocked-not-scanned" | "blocked-scan-wait-timeout") => Expected::Block,
        _ => Expected::Error,
    }
}

/// A Judge that gives each package the status that it is named after; its version 1.0.0 is never blocked in documents.
async fn judge() -> Upstream {
    let judge = Upstream::start().await;
    judge.put(VERDICTS, answer_by_name);
    judge
}

fn answer_by_name(request: &Received) -> Reply {
    let question: Value = serde_json::from_slice(&request.body).unwrap();
    let purls: Vec<&str> = question["purls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|purl| purl.as_str().unwrap())
        .collect();
    if purls.iter().any(|purl| purl.contains("judge-fails")) {
        return Reply::new(500);
    }
    let result = |purl: &str, status: &str| {
        json!({ "purl": purl, "block_status": status, "scan_status": "scanned", "component_url": "https://platform.example/c",
            "policies": [{ "name": "No harm", "url": "https://platform.example/policies/7" }] })
    };
    let results: Vec<Value> = purls
        .iter()
        .flat_map(|purl| {
            let name = purl.strip_prefix("pkg:npm/").unwrap().split('@').next().unwrap();
            match name {
                _ if purl.ends_with("@1.0.0") => vec![result(purl, "not_blocked")],
                "left-out" => vec![],
                "contradicted" => vec![result(purl, "not_blocked"), result(purl, "blocked_by_policies")],
                _ => vec![result(purl, &name.replace('-', "_"))],
            }
        })
        .collect();
    Reply::ok("application/json", json!({ "results": results }).to_string())
}

fn asking(registry: &Npm, judge: &Upstream) -> Setup {
    asking_patiently(registry, judge, "1s")
}

fn asking_patiently(registry: &Npm, judge: &Upstream, scan_wait_timeout: &str) -> Setup {
    Setup::npm(&registry.server.url())
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring("token: hush-hush")
        .codescoring(&format!("scan-wait-timeout: {scan_wait_timeout}"))
        .codescoring("resilience: {retry: {max-attempts: 1}, circuit-breaker: {minimum-number-of-calls: 1000, sliding-window-size: 1000}}")
}

async fn registry() -> Npm {
    let packages: Vec<Package> = STATUSES
        .iter()
        .map(|name| Package::new(name).versions(["1.0.0", "2.0.0"]))
        .collect();
    Npm::with(&packages).await
}

async fn status_of_file(proxy: &Proxy, name: &str) -> u16 {
    Ask::get(&format!("{}/npm/{name}/-/{name}-2.0.0.tgz", proxy.url()))
        .send()
        .await
        .status
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_does_with_each_status_what_the_table_says() {
    let (registry, judge) = (registry().await, judge().await);
    for mode in MODES {
        for block_on_errors in [false, true] {
            let setup = asking(&registry, &judge).codescoring(&format!("work-mode: {mode}"));
            let proxy = setup
                .codescoring(&format!("block-on-codescoring-errors: {block_on_errors}"))
                .start();
            for status in STATUSES {
                let case = format!("{mode}, {status}, block on errors: {block_on_errors}");
                let blocked = match expected(mode, status) {
                    Expected::Serve => false,
                    Expected::Block => true,
                    Expected::Error => block_on_errors,
                };
                let file = status_of_file(&proxy, status).await;
                assert_eq!(file, if blocked { 403 } else { 200 }, "file: {case}");

                let document = Ask::get(&format!("{}/npm/{status}", proxy.url())).send().await;
                let filters = !matches!(mode, "warmup" | "spectator");
                if filters && expected(mode, status) == Expected::Error && block_on_errors {
                    assert_eq!(document.status, 503, "document: {case}");
                    assert!(document.header("retry-after").is_some(), "document: {case}");
                    continue;
                }
                assert_eq!(document.status, 200, "document: {case}: {}", document.text());
                let removed = filters && status == "blocked-by-policies";
                assert_eq!(
                    document.json()["versions"].get("2.0.0").is_none(),
                    removed,
                    "document: {case}"
                );
                assert!(
                    !document.text().contains(&registry.server.url()),
                    "links are rewritten: {case}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_may_have_a_mode_of_its_own() {
    let (registry, judge) = (registry().await, judge().await);
    let lenient = "    - name: lenient\n".to_owned()
        + &format!(
            "      registry: {}\n      scan-manifest: true\n      scan-package: true\n      work-mode: warmup\n",
            registry.server.url()
        );
    let proxy = asking(&registry, &judge)
        .codescoring("work-mode: strict")
        .section(&lenient)
        .start();
    assert_eq!(status_of_file(&proxy, "blocked-by-policies").await, 403);
    let file = "lenient/blocked-by-policies/-/blocked-by-policies-2.0.0.tgz";
    assert_eq!(Ask::get(&format!("{}/{file}", proxy.url())).send().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_judge_is_asked_as_the_contract_says() {
    let (registry, judge) = (registry().await, judge().await);
    let proxy = asking(&registry, &judge)
        .codescoring("work-mode: strict")
        .codescoring("stage: proxy")
        .start();
    assert_eq!(status_of_file(&proxy, "not-blocked").await, 200);
    let asked = judge.received_at(VERDICTS).remove(0);
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.header("authorization"), Some("Token hush-hush"));
    assert!(asked.header("x-request-id").is_some());
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(body["purls"], json!(["pkg:npm/not-blocked@2.0.0"]));
    assert_eq!(
        (&body["work_mode"], &body["package_type"], &body["stage"]),
        (&json!("strict"), &json!("npm"), &json!("proxy"))
    );
    assert_eq!(body["record_request"], true);
    judge.forget();
    Ask::get(&format!("{}/npm/not-blocked", proxy.url())).send().await;
    let body: Value = serde_json::from_slice(&judge.received_at(VERDICTS)[0].body).unwrap();
    assert_eq!(body["record_request"], false, "a look at a list is no download");
    assert!(!proxy.log().contains("hush-hush"), "{}", proxy.log());
}

/// A repository for each mode.
fn in_every_mode(registry: &Npm) -> String {
    let url = registry.server.url();
    let repository = |mode: &str| {
        let name = mode.replace('_', "-");
        format!(
            "    - name: {name}\n      registry: {url}\n      scan-manifest: true\n      scan-package: true\n      work-mode: {mode}\n"
        )
    };
    MODES.map(repository).concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_are_recorded_in_spectator_mode_and_above() {
    let (registry, judge) = (registry().await, judge().await);
    let proxy = asking(&registry, &judge).section(&in_every_mode(&registry)).start();
    for mode in MODES {
        let repository = format!("{}/{}", proxy.url(), mode.replace('_', "-"));
        let file = format!("{repository}/not-blocked/-/not-blocked-2.0.0.tgz");
        let recorded = mode != "warmup";
        for (ask, record) in [
            (Ask::get(&file), recorded),
            (Ask::head(&file), false),
            (Ask::get(&format!("{repository}/not-blocked")), false),
        ] {
            judge.forget();
            assert_eq!(ask.send().await.status, 200);
            let body: Value = serde_json::from_slice(&judge.received_at(VERDICTS)[0].body).unwrap();
            assert_eq!(
                (&body["work_mode"], &body["record_request"]),
                (&json!(mode), &json!(record)),
                "{ask:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_platform_is_asked_in_the_legacy_form() {
    let (registry, judge) = (registry().await, Upstream::start().await);
    judge.put("/api/judge/check", |request: &Received| {
        let question: Value = serde_json::from_slice(&request.body).unwrap();
        let answer = |purl: &Value| {
            let purl = purl.as_str().unwrap();
            let blocked = purl.ends_with("@2.0.0");
            (
                purl.to_owned(),
                json!({ "blocked": blocked, "scanned": true, "reason": "No harm" }),
            )
        };
        let all: serde_json::Map<_, _> = question["purls"].as_array().unwrap().iter().map(answer).collect();
        Reply::ok("application/json", Value::from(all).to_string())
    });
    let proxy = asking(&registry, &judge).codescoring("legacy-judge: true").start();
    let refused = Ask::get(&format!("{}/npm/not-blocked/-/not-blocked-2.0.0.tgz", proxy.url()));
    let refused = refused.send().await;
    assert_eq!((refused.status, refused.header("x-osa-policy")), (403, Some("No harm")));
    let document = Ask::get(&format!("{}/npm/not-blocked", proxy.url()))
        .send()
        .await
        .json();
    let listed: Vec<&String> = document["versions"].as_object().unwrap().keys().collect();
    assert_eq!(listed, ["1.0.0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_of_a_client_that_leaves_is_given_up() {
    let (registry, judge) = (registry().await, judge().await);
    let proxy = asking_patiently(&registry, &judge, "60s").start();
    let file = "blocked-not-scanned/-/blocked-not-scanned-2.0.0.tgz";
    let client = Ask::get(&format!("{}/npm/{file}", proxy.url())).open().await;
    let start = Instant::now();
    while judge.received_at(VERDICTS).len() < 2 {
        assert!(start.elapsed() < Duration::from_secs(20), "Judge is not asked again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(client);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = judge.received_at(VERDICTS).len();
    // The next two questions would be a second and three seconds after the last.
    tokio::time::sleep(Duration::from_millis(3500)).await;
    assert_eq!(judge.received_at(VERDICTS).len(), asked, "nobody waits any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_wait_waits_until_it_is_scanned() {
    let (registry, judge) = (registry().await, Upstream::start().await);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    judge.put(VERDICTS, move |request: &Received| {
        let question: Value = serde_json::from_slice(&request.body).unwrap();
        let scanned = count.fetch_add(1, Ordering::SeqCst) >= 2;
        let status = if scanned { "not_blocked" } else { "blocked_not_scanned" };
        let result =
            json!({ "purl": question["purls"][0], "block_status": status, "scan_status": "scanned", "policies": [] });
        Reply::ok("application/json", json!({ "results": [result] }).to_string())
    });
    let setup = Setup::npm(&registry.server.url())
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring("token: t");
    let proxy = setup.codescoring("work-mode: strict_wait").start();
    let start = Instant::now();
    assert_eq!(status_of_file(&proxy, "not-blocked").await, 200);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_misbehaves_is_an_error_and_never_an_answer() {
    let registry = registry().await;
    let judge = judge().await;
    let setup = asking(&registry, &judge)
        .codescoring("work-mode: strict")
        .codescoring("block-on-codescoring-errors: true");
    let proxy = setup.start();
    let cases = [
        ("not JSON", Reply::ok("text/html", "<html>")),
        (
            "another shape",
            Reply::ok(
                "application/json",
                r#"{"results": {"pkg:npm/not-blocked@2.0.0": "not_blocked"}}"#,
            ),
        ),
        (
            "truncated",
            Reply::ok(
                "application/json",
                r#"{"results": [{"purl": "pkg:npm/not-blocked@2.0.0", "block_status": "not_blocked"#,
            ),
        ),
        ("wrong token", Reply::new(401)),
        ("forbidden", Reply::new(403)),
        ("too many", Reply::new(429)),
        ("unavailable", Reply::new(503)),
        ("redirect", Reply::redirect(302, "/login")),
        ("no HTTP", Reply::new(200).fault(Fault::Garbage("hello\r\n".into()))),
        (
            "cut off",
            Reply::ok("application/json", r#"{"results": []}"#).fault(Fault::Announce(1000)),
        ),
        (
            "another component",
            Reply::ok(
                "application/json",
                r#"{"results": [{"purl": "pkg:npm/else@1.0.0", "block_status": "not_blocked", "policies": []}]}"#,
            ),
        ),
    ];
    for (case, reply) in cases {
        judge.put(VERDICTS, reply);
        assert_eq!(status_of_file(&proxy, "not-blocked").await, 403, "{case}");
    }
    judge.put(VERDICTS, answer_by_name);
    assert_eq!(
        status_of_file(&proxy, "not-blocked").await,
        200,
        "errors are not remembered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn osa_proxy_judge_answers_over_http_as_the_policy_file_does_within() {
    let registry = Npm::with(&[Package::new("cog").versions(["1.0.0", "2.0.0"])]).await;
    let rules = denying(&[("pkg:npm/cog", ">=2.0.0")]);
    let judge = Setup::npm(&registry.server.url())
        .policy(&rules)
        .codescoring("token: hush-hush")
        .start_judge();
    let url = format!("{}{VERDICTS}", judge.url());
    let question = json!({ "work_mode": "strict", "record_request": false, "package_type": "npm", "purls": ["pkg:npm/cog@2.0.0", "pkg:npm/cog@1.0.0"] });
    let ask = Ask::new("POST", &url)
        .header("content-type", "application/json")
        .body(question.to_string());
    assert_eq!(ask.clone().send().await.status, 401, "without the token");
    let answer = ask.header("authorization", "Token hush-hush").send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let results = answer.json()["results"].as_array().unwrap().clone();
    let status = |purl: &str| results.iter().find(|result| result["purl"] == purl).unwrap()["block_status"].clone();
    assert_eq!(status("pkg:npm/cog@2.0.0"), "blocked_by_policies");
    assert_eq!(status("pkg:npm/cog@1.0.0"), "not_blocked");

    let platform = Setup::default()
        .plugin("npm")
        .section(&repository("npm", "npm", &registry.server.url(), ""))
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring("token: hush-hush")
        .start();
    let refused = Ask::get(&format!("{}/npm/cog/-/cog-2.0.0.tgz", platform.url()))
        .send()
        .await;
    assert_eq!(
        (refused.status, refused.header("x-osa-policy")),
        (403, Some("Nothing harmful"))
    );
    assert_eq!(
        Ask::get(&format!("{}/npm/cog/-/cog-1.0.0.tgz", platform.url()))
            .send()
            .await
            .status,
        200
    );
    for wrong in ["{", "[]", r#"{"purls": 7}"#, r#"{"purls": ["nonsense"]}"#] {
        let ask = Ask::new("POST", &url)
            .header("authorization", "Token hush-hush")
            .header("content-type", "application/json");
        let answer = ask.body(wrong).send().await;
        assert!(answer.status < 500, "{wrong}: {}", answer.status);
    }
}

//! What stands in the log: the real binary's standard error.

use std::time::Duration;

use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::upstream::{Received, Reply, Resource, Upstream};
use osa_proxy_tests::wire::Ask;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);
const VERDICTS: &str = "/api/judge/v2/verdicts";

/// Documents and files of widgets, all linked to the registry itself.
async fn registry(versions: usize) -> Upstream {
    let registry = Upstream::start().await;
    let url = registry.url();
    let lines: Vec<String> = (0..versions)
        .map(|version| format!("cog {version}.0 {url}/files/cog-{version}.0.widget\n"))
        .collect();
    registry.put("/cog/index.txt", Resource::new("text/plain", lines.concat()));
    for version in 0..2 {
        let file = Resource::new("application/x-widget", "the widget itself");
        registry.put(format!("/files/cog-{version}.0.widget"), file);
    }
    registry
}

async fn get(proxy: &Proxy, path: &str) -> u16 {
    Ask::get(&format!("{}{path}", proxy.url())).send().await.status
}

/// The events of a log in JSON; whatever else is printed does not begin with a brace.
fn events(proxy: &Proxy) -> Vec<Value> {
    let log = proxy.log();
    let lines = log.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The decisions, once there are so many.
fn decisions(proxy: &Proxy, expected: usize) -> Vec<Value> {
    let start = std::time::Instant::now();
    loop {
        let found: Vec<Value> = events(proxy)
            .into_iter()
            .filter(|event| event.get("decision").is_some())
            .collect();
        if found.len() >= expected || start.elapsed() > PATIENCE {
            assert_eq!(found.len(), expected, "{found:#?}");
            return found;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_say_what_is_logged() {
    let registry = registry(2).await;
    let has = async |level: &str| {
        let proxy = Setup::widget(&registry.url())
            .deny(&[("pkg:widget/cog", ">=1.0")])
            .logging(&[level])
            .start();
        assert_eq!(get(&proxy, "/widget/files/cog-1.0.widget").await, 403);
        // Upstream's failure is a warning; whatever was to be logged before it has been by then.
        registry.put(
            "/files/cog-0.0.widget",
            Reply::new(200).fault(osa_proxy_tests::upstream::Fault::Garbage("x\r\n".into())),
        );
        assert_eq!(get(&proxy, "/widget/files/cog-0.0.widget").await, 502);
        if !level.ends_with("error") {
            assert!(proxy.wait_for_log("did not answer in proper HTTP", PATIENCE), "{level}");
        }
        let log = proxy.log();
        ["DEBUG", " INFO", " WARN", "not a log level"].map(|word| log.contains(word))
    };
    assert_eq!(has("level: debug").await, [true, true, true, false]);
    assert_eq!(has("level: info").await, [false, true, true, false]);
    assert_eq!(has("level: warn").await, [false, false, true, false]);
    assert_eq!(has("level: warning").await, [false, false, true, false]);
    assert_eq!(has("level: error").await, [false, false, false, false]);
    assert_eq!(has("level: chatty").await, [false, true, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_json_is_an_object_and_every_decision_has_one() {
    let registry = registry(3).await;
    let section = repository("widget", "w", &registry.url(), "      url-encoded-config: true\n");
    let proxy = Setup::default()
        .plugin("widget")
        .section(&section)
        .section("cache: {judge: {enabled: true}}\n")
        .codescoring("work-mode: strict")
        .deny(&[("pkg:widget/cog", ">=1.0")])
        .logging(&["level: debug", "format: json"])
        .start();
    let refused = Ask::get(&format!("{}/w/files/cog-1.0.widget", proxy.url()))
        .send()
        .await;
    assert_eq!(refused.status, 403);
    assert_eq!(get(&proxy, "/w/files/cog-0.0.widget").await, 200);
    assert_eq!(get(&proxy, "/w/files/cog-0.0.widget").await, 200);
    assert_eq!(get(&proxy, "/w/cog/index.txt").await, 200);
    let decisions = decisions(&proxy, 4);
    let first = &decisions[0];
    for (key, value) in [
        ("level", json!("INFO")),
        ("request_id", json!(refused.header("x-osa-request-id").unwrap())),
        ("purl", json!("pkg:widget/cog@1.0")),
        ("policies", json!("Nothing harmful")),
        ("mode", json!("strict")),
        ("repository", json!("w")),
        ("source", json!("embedded")),
        ("decision", json!("blocked")),
    ] {
        assert_eq!(first[key], value, "{key}: {first}");
    }
    assert_eq!(
        (&decisions[1]["decision"], &decisions[1]["source"]),
        (&json!("served"), &json!("embedded"))
    );
    assert_eq!(decisions[2]["source"], "cache");
    let document = &decisions[3];
    assert_eq!(document["decision"], "edited");
    assert_eq!(document["source"], "cache and embedded");
    assert_eq!(
        (&document["components"], &document["refused"], &document["more"]),
        (&json!(3), &json!(2), &json!(0))
    );
    assert_eq!(
        document["removed"],
        "pkg:widget/cog@1.0 (Nothing harmful); pkg:widget/cog@2.0 (Nothing harmful)"
    );
    assert!(events(&proxy).len() > 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_of_a_request_is_told() {
    use base64::Engine as _;
    let registry = registry(2).await;
    let section = repository("widget", "w", &registry.url(), "      url-encoded-config: true\n");
    let proxy = Setup::default()
        .plugin("widget")
        .section(&section)
        .logging(&["format: json"])
        .start();
    let context = r#"{"repoManagerHost":"https://manager.example","repoName":"widgets-remote"}"#;
    let segment = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(context);
    assert_eq!(get(&proxy, &format!("/w/{segment}/files/cog-1.0.widget")).await, 200);
    assert_eq!(
        decisions(&proxy, 1)[0]["context"],
        "https://manager.example/widgets-remote"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_with_thousands_of_refusals_is_one_line() {
    let registry = registry(5000).await;
    let proxy = Setup::widget(&registry.url())
        .deny(&[("pkg:widget/cog", ">=1.0")])
        .logging(&["level: debug", "format: json"])
        .start();
    assert_eq!(get(&proxy, "/widget/cog/index.txt").await, 200);
    let document = &decisions(&proxy, 1)[0];
    assert_eq!((&document["refused"], &document["more"]), (&json!(4999), &json!(4979)));
    let removed = document["removed"].as_str().unwrap();
    assert_eq!(removed.split("; ").count(), 20);
    assert!(
        removed.starts_with("pkg:widget/cog@1.0 (Nothing harmful); "),
        "{removed}"
    );
    assert!(proxy.log().len() < 20_000, "{}", proxy.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_lead_around_the_proxy_are_told_once() {
    let registry = registry(2).await;
    let elsewhere =
        "cog 1.0 https://bob:hush-hush@files.example/cog-1.0.bin\ncog 1.1 https://files.example/cog-1.1.widget\n";
    let relative = "cog 1.0 ../files/cog-1.0.widget\n";
    let about = "cog 1.0 https://cogs.example/about\n";
    for (name, body) in [("elsewhere", elsewhere), ("relative", relative), ("about", about)] {
        registry.put(format!("/{name}/index.txt"), Resource::new("text/plain", body));
    }
    let proxy = Setup::widget(&registry.url()).logging(&["level: info"]).start();
    for name in ["cog", "relative", "about"] {
        assert_eq!(get(&proxy, &format!("/widget/{name}/index.txt")).await, 200);
    }
    assert!(!proxy.log().contains("around this proxy"), "{}", proxy.log());
    for _ in 0..2 {
        assert_eq!(get(&proxy, "/widget/elsewhere/index.txt").await, 200);
    }
    registry.put("/again/index.txt", Resource::new("text/plain", elsewhere));
    assert_eq!(get(&proxy, "/widget/again/index.txt").await, 200);
    assert!(proxy.wait_for_log("around this proxy", PATIENCE), "{}", proxy.log());
    let log = proxy.log();
    assert_eq!(log.matches("around this proxy").count(), 1, "{log}");
    let line = log.lines().find(|line| line.contains("around this proxy")).unwrap();
    assert!(
        line.contains("WARN") && line.contains("files.example") && !line.contains("hush"),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_registry_of_a_real_ecosystem_is_told() {
    let npm = Npm::with(&[Package::new("cog").versions(["1.0.0"])]).await;
    let mirror = Upstream::start().await;
    let document = Ask::get(&format!("{}/cog", npm.server.url())).send().await;
    mirror.put("/cog", Resource::new("application/json", document.body));
    let proxy = Setup::npm(&mirror.url()).logging(&["level: info"]).start();
    assert_eq!(get(&proxy, "/npm/cog").await, 200);
    assert!(proxy.wait_for_log("around this proxy", PATIENCE), "{}", proxy.log());
    let right = Setup::npm(&npm.server.url()).logging(&["level: info"]).start();
    assert_eq!(get(&right, "/npm/cog").await, 200);
    assert!(right.wait_for_log("document served", PATIENCE));
    assert!(!right.log().contains("around this proxy"), "{}", right.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn control_characters_stay_out_of_the_log() {
    let (registry, judge) = (registry(2).await, Upstream::start().await);
    judge.put(VERDICTS, |request: &Received| {
        let question: Value = serde_json::from_slice(&request.body).unwrap();
        let name = "No\u{1b}[31m\r\nERROR forged\u{9b}2J\u{7f}";
        let result = |purl: &Value| json!({ "purl": purl, "block_status": "blocked_by_policies", "scan_status": "scanned", "policies": [{ "name": name }] });
        let results: Vec<Value> = question["purls"].as_array().unwrap().iter().map(result).collect();
        Reply::ok("application/json", json!({ "results": results }).to_string())
    });
    for format in ["text", "json"] {
        let proxy = Setup::widget(&registry.url())
            .codescoring(&format!("url: {}", judge.url()))
            .codescoring("token: hush-hush")
            .logging(&["level: debug", &format!("format: {format}")])
            .start();
        assert_eq!(
            get(&proxy, "/widget/files/cog-1.0.widget?a=%0aERROR%20forged%1b").await,
            403
        );
        assert_eq!(get(&proxy, "/widget/cog/index.txt").await, 403);
        assert_eq!(get(&proxy, "/wid%1bget%0aERROR/x").await, 400);
        assert!(proxy.wait_for_log("blocked", PATIENCE));
        let log = proxy.log();
        assert!(!log.lines().any(|line| line.starts_with("ERROR")), "{log}");
        let raw = |c: char| c.is_control() && c != '\n';
        assert!(
            !log.contains(raw),
            "{format}: {:?}",
            log.lines().find(|line| line.contains(raw))
        );
        assert!(!log.contains("hush-hush"));
        if format == "json" {
            assert!(!events(&proxy).is_empty());
        }
    }
}

//! What people and programs are told when something is refused.

use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::Setup;
use osa_proxy_tests::pypi::{Project, Pypi};
use osa_proxy_tests::wire::{Answer, Ask};

const RULE: [(&str, &str); 1] = [("pkg:npm/cog", "2.0.0")];

fn cog() -> Package {
    Package::new("cog").versions(["1.0.0", "2.0.0"])
}

fn assert_tells_why(answer: &Answer) {
    assert_eq!(answer.header("x-osa-decision"), Some("blocked"));
    assert_eq!(answer.header("x-osa-policy"), Some("Nothing harmful"));
    assert!(
        answer.header("x-osa-reason").unwrap().contains("it does harm"),
        "{:?}",
        answer.headers
    );
    assert!(answer.header("x-osa-request-id").is_some_and(|id| id.len() > 8));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for name in ["etag", "last-modified", "location"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_file_tells_policy_reason_and_link() {
    let registry = Npm::with(&[cog()]).await;
    let proxy = Setup::npm(&registry.server.url())
        .deny(&RULE)
        .codescoring("enable-status-line: true")
        .start();
    let url = format!("{}/npm/cog/-/cog-2.0.0.tgz", proxy.url());
    let get = Ask::get(&url).send().await;
    assert_eq!(get.status, 403);
    assert_tells_why(&get);
    assert!(get.reason.contains("Nothing harmful"), "{:?}", get.reason);
    for text in [
        "pkg:npm/cog@2.0.0",
        "Nothing harmful",
        "it does harm",
        "https://policies.example/7",
    ] {
        assert!(get.text().contains(text), "{text} in {}", get.text());
    }
    let head = Ask::head(&url).send().await;
    assert_eq!((head.status, head.body.len()), (403, 0));
    assert_tells_why(&head);
    let log = proxy.log();
    assert!(log.contains("pkg:npm/cog@2.0.0") && log.contains("blocked"), "{log}");
    assert!(
        log.contains(get.header("x-osa-request-id").unwrap()),
        "the id leads to the log line"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_line_is_plain_unless_it_is_enabled() {
    let registry = Npm::with(&[cog()]).await;
    let proxy = Setup::npm(&registry.server.url()).deny(&RULE).start();
    let answer = Ask::get(&format!("{}/npm/cog/-/cog-2.0.0.tgz", proxy.url()))
        .send()
        .await;
    assert_eq!(answer.reason, "Forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_is_in_the_form_that_was_asked_for() {
    let registry = Npm::with(&[cog()]).await;
    let proxy = Setup::npm(&registry.server.url()).deny(&RULE).start();
    let ask = |accept: &'static str| {
        let url = format!("{}/npm/cog/-/cog-2.0.0.tgz", proxy.url());
        async move { Ask::get(&url).header("accept", accept).send().await }
    };
    let json = ask("application/json").await;
    assert!(json.header("content-type").unwrap().contains("json"));
    assert!(json.json().to_string().contains("Nothing harmful"));
    // There is no page for browsers: the words are plain in each form, and no form is one that a browser would run.
    let browser = ask("text/html,application/xhtml+xml;q=0.9").await;
    assert!(
        browser.header("content-type").unwrap().contains("json"),
        "{:?}",
        browser.headers
    );
    assert_eq!(browser.header("x-content-type-options"), Some("nosniff"));
    let plain = ask("text/plain").await;
    assert!(
        plain.header("content-type").unwrap().starts_with("text/plain"),
        "{:?}",
        plain.headers
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_says_cannot_break_out_of_the_answer() {
    let registry = Npm::with(&[cog()]).await;
    let policy = "rules:\n  - deny: pkg:npm/cog\n    policy: \"<script>alert(1)</script>\\r\\nx-forged: 1\"\n    reason: \"\\\"quoted\\\" \\u0416 \\u0007\"\n";
    let proxy = Setup::npm(&registry.server.url())
        .policy(policy)
        .codescoring("enable-status-line: true")
        .start();
    let url = format!("{}/npm/cog/-/cog-1.0.0.tgz", proxy.url());
    for accept in ["application/json", "text/html", "text/plain"] {
        let answer = Ask::get(&url).header("accept", accept).send().await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.header("x-forged"), None);
        assert!(!answer.header("content-type").unwrap().contains("html"));
        if accept == "application/json" {
            answer.json();
        }
    }
    assert!(
        !proxy.log().lines().any(|line| line.starts_with("x-forged")),
        "no forged log lines"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_refusals_can_be_chosen() {
    let registry = Npm::with(&[cog()]).await;
    let proxy = Setup::npm(&registry.server.url())
        .deny(&[("pkg:npm/cog", "")])
        .codescoring("block-status-code: 451")
        .start();
    for path in ["cog/-/cog-2.0.0.tgz", "cog", "cog/2.0.0"] {
        let answer = Ask::get(&format!("{}/npm/{path}", proxy.url())).send().await;
        assert_eq!(answer.status, 451, "{path}");
        assert!(answer.text().contains("2.0.0"), "{path}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_version_is_refused_the_document_is_refused_with_the_list() {
    let registry = Npm::with(&[cog()]).await;
    let index = Pypi::with(&[Project::new("demo").wheel("1.0").wheel("2.0")]).await;
    let npm = Setup::npm(&registry.server.url()).deny(&[("pkg:npm/cog", "")]).start();
    let pypi = Setup::pypi(&index.index.url(), &index.files.url())
        .deny(&[("pkg:pypi/demo", "")])
        .start();
    for url in [
        format!("{}/npm/cog", npm.url()),
        format!("{}/pypi/simple/demo/", pypi.url()),
    ] {
        let answer = Ask::get(&url).send().await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert_tells_why(&answer);
        assert!(answer.text().contains("Nothing harmful"), "{}", answer.text());
        let head = Ask::head(&url).send().await;
        assert_eq!((head.status, head.body.len()), (403, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_repository_is_told_so() {
    let registry = Npm::start().await;
    let proxy = Setup::npm(&registry.server.url()).start();
    for path in ["/", "/maven/x", "/NPM/cog", "/npmx/cog"] {
        let answer = Ask::get(&format!("{}{path}", proxy.url())).send().await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.header("x-osa-request-id").is_some());
    }
    assert_eq!(Ask::get(&format!("{}/healthz", proxy.url())).send().await.status, 200);
    assert!(registry.server.received().is_empty());
}

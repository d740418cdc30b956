//! Who may remove verdicts, and where that can be asked for.

use osa_proxy_tests::proxy::Proxy;
use osa_proxy_tests::wire::{Answer, Ask, exchange};

use super::stage::{Stage, cache, deleted, error};

const CALL: &str = "/api/cache/packages/widget";
const OPEN: [&str; 6] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/actuator/prometheus",
    "/api/openapi.json",
    "/api/swagger/",
];

/// The address of the administrators' listener, from what is printed at start.
fn admin_url(proxy: &Proxy) -> String {
    let log = proxy.log();
    let (_, rest) = log
        .split_once("admin calls and metrics: ")
        .unwrap_or_else(|| panic!("{log}"));
    let (url, _) = rest.split_once("/api/swagger/").unwrap();
    url.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_wanted_for_what_changes_something_and_for_nothing_else() {
    let sections = format!("{}admin:\n  token: ${{ADMIN_TOKEN}}\n", cache(None));
    let stage = Stage::start(|setup| setup.section(&sections).env("ADMIN_TOKEN", "s3cret-t0ken")).await;
    stage.versions("cog").await;
    for given in [
        None,
        Some("s3cret-t0ken"),
        Some("Basic s3cret-t0ken"),
        Some("Bearer"),
        Some("Bearer s3cret"),
        Some("Bearer "),
    ] {
        for path in [CALL, "/api/cache/purls", "/api/cache/packages/gizmo"] {
            let ask = stage.delete(path);
            let ask = given.map_or(ask.clone(), |given| ask.header("authorization", given));
            let answer = ask.send().await;
            assert_eq!(answer.status, 401, "{given:?} {path}");
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer realm="));
            assert!(error(&answer).contains("admin.token"));
        }
    }
    stage.questions();
    stage.versions("cog").await;
    assert_eq!(stage.questions(), 0, "nothing was removed");
    for scheme in ["Bearer", "bearer"] {
        stage.versions("cog").await;
        let authorization = format!("{scheme} s3cret-t0ken");
        let answer = stage.delete(CALL).header("authorization", &authorization).send().await;
        assert_eq!(deleted(&answer), 2);
    }
    for path in OPEN {
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
    assert!(!stage.proxy.log().contains("s3cret"), "{}", stage.proxy.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_only_this_machine_may() {
    let stage = Stage::start(|setup| setup.section(&cache(None))).await;
    stage.versions("cog").await;
    let address = stage.proxy.address();
    for lines in [
        format!("host: {address}\r\nx-forwarded-for: 192.0.2.7"),
        format!("host: {address}\r\nvia: 1.1 entrance"),
        "host: proxy.example".to_owned(),
    ] {
        let request = format!("DELETE {CALL} HTTP/1.1\r\n{lines}\r\nconnection: close\r\n\r\n");
        let (bytes, _) = exchange(address, request.as_bytes()).await;
        let answer = Answer::parse(&bytes, false).unwrap();
        assert_eq!(answer.status, 403, "{lines}");
        let message = error(&answer);
        assert!(
            message.contains("admin.token") && message.contains("admin.address"),
            "{message}"
        );
    }
    assert_eq!(deleted(&stage.delete(CALL).send().await), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_address_of_their_own_admin_calls_are_gone_from_the_main_one() {
    let sections = format!("{}admin:\n  address: 127.0.0.1:0\n", cache(None));
    let stage = Stage::start(|setup| setup.section(&sections)).await;
    let admin = admin_url(&stage.proxy);
    stage.versions("cog").await;
    for path in [
        "/api",
        "/api/",
        "/api/swagger/",
        "/api/openapi.json",
        "/metrics",
        "/actuator/prometheus",
    ] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(error(&answer).contains("admin.address"), "{}", answer.text());
    }
    assert_eq!(stage.delete(CALL).send().await.status, 404);
    for path in OPEN {
        assert_eq!(Ask::get(&format!("{admin}{path}")).send().await.status, 200, "{path}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
    let repository = Ask::get(&format!("{admin}/widget/cog/index.txt")).send().await;
    assert_eq!(repository.status, 404, "repositories are not served there");
    // Who reaches it is an administrator, by whatever name.
    let call = Ask::new("DELETE", &format!("{admin}{CALL}")).header("x-forwarded-for", "192.0.2.7");
    assert_eq!(deleted(&call.send().await), 2);
}

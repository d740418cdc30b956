//! Where challenges and links lead.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use osa_plugin_docker::Docker;
use osa_plugin_sdk::conformance::get;
use osa_plugin_sdk::{GuestRepository as _, Head};

const BASE: &str = "https://osa.example";

fn edited(settings: &str, name: &str, value: &str) -> String {
    let head = Head {
        status: 401,
        headers: vec![("content-type".into(), "x".into()), (name.into(), value.into())],
    };
    let edited = Docker::new(settings)
        .unwrap()
        .edit_head(get("v2/"), head, BASE.into())
        .unwrap();
    assert_eq!(edited.len(), 1);
    assert_eq!(edited[0].0, name);
    edited[0].1.clone()
}

#[track_caller]
fn realm(settings: &str, upstream: &str, expected: &str) {
    let value = |realm: &str| format!("Bearer realm=\"{realm}\",service=\"s\",scope=\"repository:a/b:pull\"");
    assert_eq!(edited(settings, "www-authenticate", &value(upstream)), value(expected));
}

#[test]
fn a_challenge_leads_to_the_token_service_here() {
    let hub = r#"{"registry": "https://registry-1.docker.io", "auth-token-url": "https://auth.docker.io"}"#;
    realm(hub, "https://auth.docker.io/token", "https://osa.example/token");
    realm(hub, "https://auth.docker.io", "https://osa.example/token");
    realm(
        hub,
        "https://auth.docker.io/service/token?x=y",
        "https://osa.example/token/service/token?x=y",
    );
    realm(hub, "https://auth.docker.io/what/ever", "https://osa.example/token");
    assert_eq!(
        edited(hub, "www-authenticate", "Basic realm=\"Registry\""),
        "Basic realm=\"Registry\""
    );

    let exact = r#"{"registry": "https://r.example", "auth-token-url": "https://r.example/my/tokens"}"#;
    realm(exact, "https://r.example/my/tokens", "https://osa.example/token");
}

#[test]
fn without_a_service_configured_the_registrys_own_is_relayed() {
    let plain = r#"{"registry": "https://r.example:5000"}"#;
    realm(
        plain,
        "https://r.example:5000/v2/token",
        "https://osa.example/token/v2/token",
    );
    realm(plain, "https://R.example:5000/token", "https://osa.example/token");
    realm(plain, "/service/token", "https://osa.example/token/service/token");
    let jfrog = "artifactory/api/docker/hub/v2/token";
    realm(
        plain,
        &format!("https://r.example:5000/{jfrog}"),
        &format!("https://osa.example/token/{jfrog}"),
    );
    // Not ours to relay: clients go there themselves.
    for elsewhere in [
        "https://auth.example/token",
        "https://r.example/token",
        "https://r.example:5000/v2/a/manifests/token",
        "https://r.example:5000/any/thing",
        "mailto:x",
    ] {
        realm(plain, elsewhere, elsewhere);
    }
    let nexus = r#"{"registry": "https://nexus.example/repository/hub"}"#;
    realm(
        nexus,
        "https://nexus.example/repository/hub/v2/token",
        "https://osa.example/token/v2/token",
    );
    realm(
        nexus,
        "https://nexus.example/v2/token",
        "https://nexus.example/v2/token",
    );
}

#[test]
fn pages_follow_here() {
    let plain = r#"{"registry": "https://r.example"}"#;
    let below = r#"{"registry": "https://r.example/base/"}"#;
    for (settings, value, expected) in [
        (
            plain,
            "</v2/_catalog?last=b&n=2>; rel=\"next\"",
            "</v2/_catalog?last=b&n=2>; rel=\"next\"",
        ),
        (plain, "<list?last=b>; rel=next", "<list?last=b>; rel=next"),
        (
            plain,
            "<https://r.example/v2/a/tags/list?last=b%2Fc>; rel=\"next\"",
            "<https://osa.example/v2/a/tags/list?last=b%2Fc>; rel=\"next\"",
        ),
        (
            below,
            "</base/v2/_catalog?last=b>; rel=\"next\", <http://r.example/base/v2/x>; title=\"<no>\"",
            "<https://osa.example/v2/_catalog?last=b>; rel=\"next\", <https://osa.example/v2/x>; title=\"<no>\"",
        ),
        (below, "</v2/_catalog>; rel=\"next\"", "</v2/_catalog>; rel=\"next\""),
        (
            plain,
            "<https://other.example/v2/x>; rel=\"next\"",
            "<https://other.example/v2/x>; rel=\"next\"",
        ),
        (plain, "<https://r.example/v2/x", "<https://r.example/v2/x"),
        (plain, "\u{e4}<", "\u{e4}<"),
        (plain, "", ""),
    ] {
        assert_eq!(edited(settings, "link", value), expected);
    }
}

//! What each path means, and what is asked of upstream.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use osa_plugin_docker::Docker;
use osa_plugin_sdk::conformance::get;
use osa_plugin_sdk::{GuestRepository as _, Request, Route};
use proptest::prelude::*;

const PLAIN: &str = r#"{"name": "d", "registry": "https://registry.example"}"#;
const HUB: &str = r#"{"registry": "https://registry-1.docker.io", "auth-token-url": "https://auth.docker.io"}"#;
const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn told(settings: &str, request: Request) -> String {
    match Docker::new(settings).unwrap().classify(request).unwrap() {
        Route::Passthrough(at) => format!("pass {} {}", at.origin, at.path),
        Route::Component(document) => {
            assert_eq!((document.at.origin.as_str(), document.accept), ("registry", None));
            format!(
                "component {}{}",
                document.at.path,
                if document.pinned { " pinned" } else { "" }
            )
        }
        Route::Respond(answer) => {
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            format!("{} {}", answer.status, body["errors"][0]["code"].as_str().unwrap())
        }
        Route::NotFound => "not found".into(),
        other => panic!("{other:?}"),
    }
}

fn asked(settings: &str, target: &str) -> String {
    let mut request = get(target.split('?').next().unwrap());
    request.query = target.split_once('?').map(|(_, query)| query.to_owned());
    told(settings, request)
}

#[track_caller]
fn all(settings: &str, cases: &[(&str, &str)]) {
    for (target, expected) in cases {
        assert_eq!(asked(settings, target), *expected, "{target}");
    }
}

#[test]
fn the_api_of_a_registry() {
    let manifest = format!("v2/a/b/manifests/{DIGEST}");
    let encoded = manifest.replace(':', "%3A");
    let blob = format!("v2/a/b/blobs/{DIGEST}");
    let referrers = format!("v2/a/b/referrers/{DIGEST}?artifactType=x%2Fy");
    all(
        PLAIN,
        &[
            ("v2/", "pass registry v2/"),
            ("v2", "pass registry v2/"),
            ("v2/_catalog?n=2&last=b", "pass registry v2/_catalog?n=2&last=b"),
            ("v2/alpine/manifests/3.20", "component v2/alpine/manifests/3.20"),
            ("v2/a/b/c/d/manifests/latest", "component v2/a/b/c/d/manifests/latest"),
            (
                "v2/a/manifests/manifests/latest",
                "component v2/a/manifests/manifests/latest",
            ),
            ("v2/tags/list/manifests/v1", "component v2/tags/list/manifests/v1"),
            ("v2/a/b/tags/list?n=1", "pass registry v2/a/b/tags/list?n=1"),
            (&manifest, &format!("component {manifest} pinned")),
            (&encoded, &format!("component {manifest} pinned")),
            (&format!("{manifest}?x=y"), &format!("component {manifest} pinned")),
            (&blob, &format!("pass registry {blob}")),
            (&referrers, &format!("pass registry {referrers}")),
        ],
    );
}

#[test]
fn names_of_one_part_are_the_hubs_library() {
    let blob = format!("v2/library/alpine/blobs/{DIGEST}");
    all(
        HUB,
        &[
            ("v2/alpine/manifests/3.20", "component v2/library/alpine/manifests/3.20"),
            (
                "v2/library/alpine/manifests/3.20",
                "component v2/library/alpine/manifests/3.20",
            ),
            ("v2/acme/alpine/tags/list", "pass registry v2/acme/alpine/tags/list"),
            (
                "v2/alpine/tags/list?n=5",
                "pass registry v2/library/alpine/tags/list?n=5",
            ),
            (&blob.replace("library/", ""), &format!("pass registry {blob}")),
        ],
    );
    let other = r#"{"registry": "https://nexus.example/repository/hub", "library-prefix": true}"#;
    all(
        other,
        &[("v2/alpine/manifests/3.20", "component v2/library/alpine/manifests/3.20")],
    );
    let off = r#"{"registry": "https://registry-1.docker.io", "library-prefix": false}"#;
    all(
        off,
        &[("v2/alpine/manifests/3.20", "component v2/alpine/manifests/3.20")],
    );
}

#[test]
fn what_is_no_path_of_it() {
    all(
        PLAIN,
        &[
            ("", "not found"),
            ("typo/a", "not found"),
            ("v1/_ping", "not found"),
            ("v20/", "not found"),
            ("V2/", "not found"),
            ("tokens", "not found"),
            ("v2/alpine", "404 UNSUPPORTED"),
            ("v2/alpine/latest", "404 UNSUPPORTED"),
            ("v2/alpine/tags", "404 UNSUPPORTED"),
            ("v2/alpine/manifests", "404 UNSUPPORTED"),
            ("v2/alpine/tags/other", "404 UNSUPPORTED"),
            ("v2/a/blobs/uploads/", "404 UNSUPPORTED"),
            ("v2/Alpine/manifests/latest", "400 NAME_INVALID"),
            (
                "v2/manifests/manifests/latest",
                "component v2/manifests/manifests/latest",
            ),
            ("v2/a%2F..%2Fb/manifests/latest", "400 NAME_INVALID"),
            ("v2/a%2Fb/manifests/latest", "component v2/a/b/manifests/latest"),
            ("v2/a%252Fb/manifests/latest", "400 NAME_INVALID"),
            ("v2/a%00/manifests/latest", "400 NAME_INVALID"),
            ("v2/a/manifests/.hidden", "400 TAG_INVALID"),
            ("v2/a/manifests/sha256:abc", "400 TAG_INVALID"),
            ("v2/a/manifests/md5:d41d8cd98f00b204e9800998ecf8427e", "400 TAG_INVALID"),
            ("v2/a/blobs/latest", "400 DIGEST_INVALID"),
            ("v2/a/referrers/latest", "400 DIGEST_INVALID"),
        ],
    );
}

#[test]
fn nothing_is_uploaded() {
    for (method, path) in [
        ("POST", "v2/a/blobs/uploads/"),
        ("PATCH", "v2/a/blobs/uploads/1"),
        ("PUT", "v2/a/manifests/latest"),
        ("DELETE", "v2/a/manifests/latest"),
        ("POST", "v2/"),
        ("OPTIONS", "v2/_catalog"),
    ] {
        let request = Request {
            method: method.into(),
            ..get(path)
        };
        assert_eq!(told(PLAIN, request), "405 UNSUPPORTED", "{method} {path}");
    }
}

#[test]
fn a_mirror_serves_its_own_namespaces_alone() {
    all(
        HUB,
        &[
            (
                "v2/alpine/manifests/1?ns=docker.io",
                "component v2/library/alpine/manifests/1",
            ),
            (
                "v2/alpine/tags/list?ns=Docker.IO&n=1",
                "pass registry v2/library/alpine/tags/list?n=1",
            ),
            (
                "v2/alpine/manifests/1?ns=registry-1.docker.io",
                "component v2/library/alpine/manifests/1",
            ),
            ("v2/?ns=docker.io", "pass registry v2/"),
            ("v2/alpine/manifests/1?ns=ghcr.example", "403 DENIED"),
            ("v2/alpine/manifests/1?n%73=ghcr.example", "403 DENIED"),
            ("v2/alpine/manifests/1?ns=docker.io&ns=ghcr.example", "403 DENIED"),
            ("v2/alpine/manifests/1?ns=", "403 DENIED"),
            ("v2/alpine/manifests/1?ns=docker.io.evil.example", "403 DENIED"),
            ("v2/alpine/manifests/1?ns=docker.io%00", "403 DENIED"),
            ("v2/alpine/manifests/1?ns", "403 DENIED"),
            (&format!("v2/alpine/blobs/{DIGEST}?ns=x.example"), "403 DENIED"),
            (&format!("v2/alpine/referrers/{DIGEST}?ns=x.example"), "403 DENIED"),
        ],
    );
    all(
        PLAIN,
        &[
            ("v2/a/manifests/1?ns=registry.example", "component v2/a/manifests/1"),
            ("v2/a/manifests/1?ns=docker.io", "403 DENIED"),
        ],
    );
    let manager = r#"{"registry": "https://nexus.example:5000", "mirror-of": "hub.example, b.example"}"#;
    all(
        manager,
        &[
            ("v2/a/manifests/1?ns=b.example", "component v2/a/manifests/1"),
            ("v2/a/manifests/1?ns=nexus.example:5000", "component v2/a/manifests/1"),
            ("v2/a/manifests/1?ns=nexus.example", "403 DENIED"),
        ],
    );
}

#[test]
fn tokens_come_from_their_service() {
    all(
        HUB,
        &[
            ("token", "pass auth-token-url token"),
            (
                "token?service=registry&scope=repository%3Aalpine%3Apull",
                "pass auth-token-url token?service=registry&scope=repository:library/alpine:pull",
            ),
            (
                "token?scope=repository:alpine:pull+repository:a/b:pull,push&scope=registry:catalog:*",
                "pass auth-token-url token?scope=repository:library/alpine:pull%20repository:a/b:pull,push&scope=registry:catalog:*",
            ),
            (
                "token?scope=repository(plugin):rex:pull&account=%22x",
                "pass auth-token-url token?scope=repository%28plugin%29:library/rex:pull&account=%22x",
            ),
            (
                "token?scope=repository:a/b:pull&s%63ope=odd",
                "pass auth-token-url token?scope=repository:a/b:pull&s%63ope=odd",
            ),
            ("token/service/token", "pass auth-token-url service/token"),
            ("token/v2/library/alpine/manifests/latest", "404 UNSUPPORTED"),
            ("token/v2/library/alpine/manifests/token", "404 UNSUPPORTED"),
            ("token/", "pass auth-token-url token"),
        ],
    );
    let exact = r#"{"registry": "https://r.example", "auth-token-url": "https://r.example/my/tokens"}"#;
    all(
        exact,
        &[
            ("token?service=s", "pass auth-token-url ?service=s"),
            ("token", "pass auth-token-url "),
            ("token/auth", "404 UNSUPPORTED"),
        ],
    );
    let manager = r#"{"registry": "https://jfrog.example"}"#;
    all(
        manager,
        &[
            ("token?x=y", "pass registry token?x=y"),
            (
                "token/artifactory/api/docker/hub/v2/token",
                "pass registry artifactory/api/docker/hub/v2/token",
            ),
            ("token/artifactory/api/docker/hub/x/v2/token", "404 UNSUPPORTED"),
            ("token/artifactory/files/v2/token", "404 UNSUPPORTED"),
        ],
    );
    let post = Request {
        method: "POST".into(),
        ..get("token")
    };
    assert_eq!(told(HUB, post), "pass auth-token-url token");
    let put = Request {
        method: "PUT".into(),
        ..get("token")
    };
    assert_eq!(told(HUB, put), "405 UNSUPPORTED");
}

proptest! {
    #[test]
    fn whatever_the_path_upstream_is_asked_for_one_of_its_own(
        path in "(v2/|token/)?([a-zA-Z0-9._:%/-]|%2[eEfF]|manifests/|blobs/|tags/list|sha256:|\\.\\./){0,12}",
    ) {
        for settings in [PLAIN, HUB] {
            let route = Docker::new(settings).unwrap().classify(get(&path)).unwrap();
            let at = match route {
                Route::Component(document) => document.at.path,
                Route::Passthrough(at) => at.path,
                _ => continue,
            };
            prop_assert!(!at.contains("..") && !at.contains('%') && !at.contains("//"), "{}", at);
            prop_assert!(at.starts_with("v2/") || path.starts_with("token"), "{}", at);
        }
    }
}

//! What each path means, and what does not slip by under another name.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use osa_plugin_npm::Npm;
use osa_plugin_sdk::{GuestRepository, Request, Route, conformance::get};

fn classify(request: Request) -> Route {
    let npm = Npm::new(r#"{"registry": "https://registry.example"}"#).unwrap();
    npm.classify(request).unwrap()
}

/// `kind path [accept or purl]`, as one line.
fn told(route: Route) -> String {
    match route {
        Route::Passthrough(at) => format!("pass {}", at.path),
        Route::Artifact(artifact) => format!("artifact {} {}", artifact.at.path, artifact.purl.unwrap()),
        Route::Document(document) => {
            let abbreviated = document
                .accept
                .unwrap()
                .starts_with("application/vnd.npm.install-v1+json;");
            format!(
                "{} {}",
                if abbreviated { "abbreviated" } else { "document" },
                document.at.path
            )
        }
        Route::Respond(answer) => format!("{} {}", answer.status, answer.headers[0].1),
        Route::NotFound => "not found".into(),
        Route::ChecksumOf(_) | Route::Component(_) => unreachable!("npm has neither"),
    }
}

fn path(path: &str) -> String {
    told(classify(get(path)))
}

#[test]
fn documents() {
    assert_eq!(path("lodash"), "document lodash");
    assert_eq!(path("JSONStream"), "document JSONStream");
    assert_eq!(path("lodash/"), "document lodash");
    for scoped in [
        "@acme/widget",
        "@acme%2fwidget",
        "@acme%2Fwidget",
        "%40acme%2fwidget",
        "%40acme/widget",
    ] {
        assert_eq!(path(scoped), "document @acme%2fwidget", "{scoped}");
    }
    assert_eq!(path("lodash/4.17.21"), "document lodash/4.17.21");
    assert_eq!(path("lodash/v04.17.21"), "document lodash/4.17.21");
    assert_eq!(path("@acme%2fwidget/1.0.0-rc.1"), "document @acme%2fwidget/1.0.0-rc.1");
    // The packument, of which one version is left.
    assert_eq!(path("lodash/latest"), "document lodash");
    assert_eq!(path("@acme/widget/next"), "document @acme%2fwidget");
    assert_eq!(path("-/package/lodash/dist-tags"), "document lodash");
    assert_eq!(path("-/package/@acme%2fwidget/dist-tags"), "document @acme%2fwidget");
}

#[test]
fn the_abbreviated_form_is_asked_for_when_it_is_preferred() {
    let accept = |accept: &str, path: &str| {
        told(classify(Request {
            headers: vec![("accept".into(), accept.into())],
            query: Some("write=true".into()),
            ..get(path)
        }))
    };
    let corgi = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*";
    assert_eq!(accept(corgi, "lodash"), "abbreviated lodash");
    assert_eq!(
        accept("application/vnd.npm.install-v1+json", "lodash"),
        "abbreviated lodash"
    );
    assert_eq!(
        accept("application/json, application/vnd.npm.install-v1+json;q=0.5", "lodash"),
        "document lodash"
    );
    assert_eq!(accept("*/*", "lodash"), "document lodash");
    assert_eq!(accept("text/html", "lodash"), "document lodash");
    assert_eq!(accept(corgi, "lodash/latest"), "document lodash");
    assert_eq!(accept(corgi, "lodash/4.17.21"), "document lodash/4.17.21");
}

#[test]
fn tarballs() {
    let table = [
        (
            "lodash/-/lodash-4.17.21.tgz",
            "lodash/-/lodash-4.17.21.tgz pkg:npm/lodash@4.17.21",
        ),
        (
            "lodash/-/lodash-4.17.%32%31.tgz",
            "lodash/-/lodash-4.17.21.tgz pkg:npm/lodash@4.17.21",
        ),
        (
            "JSONStream/-/JSONStream-1.3.5.tgz",
            "JSONStream/-/JSONStream-1.3.5.tgz pkg:npm/jsonstream@1.3.5",
        ),
        (
            "a/-/a-1.0.0-rc.1-x.tgz",
            "a/-/a-1.0.0-rc.1-x.tgz pkg:npm/a@1.0.0-rc.1-x",
        ),
        ("a/-/a-1.0.0+b.tgz", "a/-/a-1.0.0%2Bb.tgz pkg:npm/a@1.0.0%2Bb"),
        ("a/-/a-1.0.2beta.tgz", "a/-/a-1.0.2beta.tgz pkg:npm/a@1.0.2-beta"),
        ("a/-/a-04.17.20.tgz", "a/-/a-04.17.20.tgz pkg:npm/a@4.17.20"),
        (
            "a-1.0.0/-/a-1.0.0-2.0.0.tgz",
            "a-1.0.0/-/a-1.0.0-2.0.0.tgz pkg:npm/a-1.0.0@2.0.0",
        ),
        ("@s/p/-/p-1.0.0.tgz", "@s/p/-/p-1.0.0.tgz pkg:npm/%40s/p@1.0.0"),
        ("@s%2fp/-/p-1.0.0.tgz", "@s/p/-/p-1.0.0.tgz pkg:npm/%40s/p@1.0.0"),
        ("@s/p/-/@s/p-1.0.0.tgz", "@s/p/-/@s/p-1.0.0.tgz pkg:npm/%40s/p@1.0.0"),
        ("@s/p/-/@s%2fp-1.0.0.tgz", "@s/p/-/@s/p-1.0.0.tgz pkg:npm/%40s/p@1.0.0"),
        ("@s/p/-/s-p-1.0.0.tgz", "@s/p/-/s-p-1.0.0.tgz pkg:npm/%40s/p@1.0.0"),
        ("@p/p/-/p-p-1.0.0.tgz", "@p/p/-/p-p-1.0.0.tgz pkg:npm/%40p/p@1.0.0"),
    ];
    for (tarball, told) in table {
        assert_eq!(path(tarball), format!("artifact {told}"), "{tarball}");
    }
    let query = Request {
        query: Some("version=4.17.20".into()),
        ..get("lodash/-/lodash-4.17.21.tgz")
    };
    assert_eq!(
        told(classify(query)),
        "artifact lodash/-/lodash-4.17.21.tgz pkg:npm/lodash@4.17.21"
    );
}

#[test]
fn other_files_are_of_no_package() {
    for (file, at) in [
        ("lodash/-/lodash-4.17.20.license", "lodash/-/lodash-4.17.20.license"),
        ("lodash/-/lodash-4.17.20.tgz.asc", "lodash/-/lodash-4.17.20.tgz.asc"),
        ("@s%2fp/-/p-1.0.0%2Eexe", "@s/p/-/p-1.0.0.exe"),
    ] {
        let Route::Artifact(artifact) = classify(get(file)) else {
            panic!("{file}");
        };
        assert_eq!(
            (artifact.at.path.as_str(), artifact.purl, artifact.scannable),
            (at, None, false)
        );
        assert_eq!(artifact.file_name, at.rsplit('/').next().unwrap());
    }
}

#[test]
fn what_is_no_tarball_of_the_package_is_not_found() {
    for odd in [
        "lodash/-/LODASH-4.17.20.tgz",
        "lodash/-/lodash-4.17.20.TGZ",
        "lodash/-/lodash-v4.17.20.tgz",
        "lodash/-/lodash-=4.17.20.tgz",
        "lodash/-/lodash-4.17.20",
        "lodash/-/lodash-4.17.20-rc.beta",
        "lodash/-/lodash-4.17.20.tar.gz",
        "lodash/-/lodash-4.17.20.tgz.",
        "lodash/-/lodash-4.17.20.tgz%20",
        "lodash/-/x/lodash-4.17.20.license",
        "lodash/-/lodash-4.17.tgz",
        "lodash/-/lodash-latest.tgz",
        "lodash/-/lodash-4.17.20.tgz.tgz",
        "lodash/-/x/lodash-4.17.20.tgz",
        "lodash/-/x%2flodash-4.17.20.tgz",
        "lodash/-/lodash-4.17.2%2530.tgz",
        "lodash/-/lodash-4.17.20.tgz%3fx",
        "lodash/-/lodash-4.17.20.tgz%23",
        "lodash/-/lodash-4.17.20%00.tgz",
        "lodash/-/lodash-4.17.20.tgz%5c",
        "lodash/-/..%2flodash-4.17.20.tgz",
        "lodash/%2d/x-4.17.20.tgz",
        "other/-/lodash-4.17.20.tgz",
        "lod/-/lod-ash-4.17.20.tgz",
        "a/-/a-1-4.17.20.tgz",
        "@s/p/-/@t/p-1.0.0.tgz",
        "@s/p/-/t-p-1.0.0.tgz",
        "@s/-/s-1.0.0.tgz",
        "lodash/-/%ff-1.0.0.tgz",
        "lodash/4.17.20/x",
        "lodash/-rev/3-abc",
        "_all_docs",
        ".hidden",
        "a b",
        "-",
        "-/all",
        "-/osa/lodash/4.17.21",
    ] {
        assert_eq!(path(odd), "not found", "{odd}");
    }
}

#[test]
fn bound_links_pass_only_what_vouches_for_itself() {
    let hash = "0123456789abcdef";
    let bound = |package: &str, version: &str, original: &str| path(&format!("-/osa/{package}/{version}/{original}"));
    assert_eq!(
        bound("@acme/widget", "1.0.0", &format!("download/@acme/widget/1.0.0/{hash}")),
        format!("artifact download/@acme/widget/1.0.0/{hash} pkg:npm/%40acme/widget@1.0.0")
    );
    assert_eq!(
        bound("widget", "1.0.0", "files/widget/-/1.0.0/widget-1.0.0.tgz"),
        "artifact files/widget/-/1.0.0/widget-1.0.0.tgz pkg:npm/widget@1.0.0"
    );
    let signed = Request {
        query: Some("token=1".into()),
        ..get("-/osa/widget/1.0.0/download/widget/1.0.0/x")
    };
    assert_eq!(
        told(classify(signed)),
        "artifact download/widget/1.0.0/x?token=1 pkg:npm/widget@1.0.0"
    );
    for forged in [
        "widget/-/widget-0.9.0.tgz",
        "widget/-/widget-01.0.1.tgz",
        "gadget/-/gadget-1.0.0.tgz",
        "download/widget/0.9.0/x",
        "download/widget/1.0.0/0.9.0",
        "download/widget/1.0.0/WIDGET-0.9.0.TGZ",
        "download/widget/1.0.0/widget-0.9.0",
        "download/widget/1.0.0/widget-1.0.01.tgz",
        "download/widget/1.0.0/widget%2d0.9.0.tgz",
        "download/widget/1.0.0/widget-1.0.0-rc.1.tgz",
        "download/widget/1.0.0-rc.1/1.0.0",
        "gadget/-/gadget-0.9.0.tgz;/widget/1.0.0",
        "download/gadget/1.0.0/x",
        "1.0.0/widget",
        "widget",
        "blob/abcdef",
        "-/osa/widget/1.0.0/download/widget/1.0.0/x",
        "download/widget/1.0.0/%2e%2e/0.9.0",
    ] {
        assert_eq!(bound("widget", "1.0.0", forged), "not found", "{forged}");
    }
    assert_eq!(bound("widget", "latest", "download/widget/latest/x"), "not found");
}

#[test]
fn services_pass_through_and_nothing_is_published() {
    let send = |method: &str, path: &str| {
        told(classify(Request {
            method: method.into(),
            query: Some("text=a".into()),
            ..get(path)
        }))
    };
    assert_eq!(path(""), "pass ");
    assert_eq!(send("GET", "-/v1/search"), "pass -/v1/search?text=a");
    for read in [
        "ping",
        "whoami",
        "npm/v1/keys",
        "npm/v1/attestations/@acme%2fwidget@1.0.0",
        "user/org.couchdb.user:me",
    ] {
        assert!(send("GET", &format!("-/{read}")).starts_with("pass -/"), "{read}");
    }
    assert_eq!(
        path("-/npm/v1/attestations/@a%2fb@1.0.0"),
        "pass -/npm/v1/attestations/@a%2fb@1.0.0"
    );
    for audit in ["advisories/bulk", "audits", "audits/quick"] {
        let audit = format!("-/npm/v1/security/{audit}");
        assert_eq!(send("POST", &audit), format!("pass {audit}?text=a"));
        assert_eq!(send("GET", &audit), "405 POST");
    }
    assert_eq!(
        send("PUT", "-/user/org.couchdb.user:me"),
        "pass -/user/org.couchdb.user:me?text=a"
    );
    assert_eq!(send("POST", "-/ping"), "405 GET, HEAD");
    for (method, path) in [
        ("PUT", "lodash"),
        ("DELETE", "lodash/-rev/3"),
        ("PUT", "-/package/lodash/dist-tags/latest"),
        ("POST", "lodash/-/lodash-1.0.0.tgz"),
        ("PATCH", "-/whatever"),
    ] {
        assert_eq!(send(method, path), "405 GET, HEAD", "{method} {path}");
    }
}

//! What each path means.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use osa_plugin_alpine::Alpine;
use osa_plugin_sdk::{
    GuestRepository as _, Request, Route, Style,
    conformance::{get, ok},
};
use proptest::prelude::*;

fn mirror(more: &str) -> Alpine {
    Alpine::new(&format!(r#"{{"registry": "https://registry.example/alpine"{more}}}"#)).unwrap()
}

/// The route in one line.
fn told(mirror: &Alpine, request: Request) -> String {
    match mirror.classify(request).unwrap() {
        Route::Passthrough(at) => format!("pass {}", at.path),
        Route::Artifact(artifact) => format!(
            "{} {} {}",
            if artifact.scannable { "judge" } else { "relay" },
            artifact.purl.as_deref().unwrap_or("-"),
            artifact.file_name,
        ),
        Route::Respond(answer) => format!("{}", answer.status),
        Route::NotFound => "not found".into(),
        other => panic!("{other:?}"),
    }
}

fn path(path: &str) -> String {
    told(&mirror(""), get(path))
}

#[test]
fn packages_are_judged() {
    for (file, expected) in [
        (
            "v3.20/main/x86_64/curl-8.9.0-r0.apk",
            "judge pkg:apk/alpine/curl@8.9.0-r0?arch=x86_64&distro=v3.20 curl-8.9.0-r0.apk",
        ),
        (
            "edge/testing/aarch64/gtk%2B3.0-3.24_git1-r0.apk",
            "judge pkg:apk/alpine/gtk%2B3.0@3.24_git1-r0?arch=aarch64&distro=edge gtk+3.0-3.24_git1-r0.apk",
        ),
        (
            "alpine/latest-stable/community/noarch/R-4.4.0-r0.apk",
            "judge pkg:apk/alpine/r@4.4.0-r0?arch=noarch&distro=latest-stable R-4.4.0-r0.apk",
        ),
        // No branch, no architecture, other layouts.
        (
            "os/x86_64/a-1-r0.apk",
            "judge pkg:apk/alpine/a@1-r0?arch=x86_64 a-1-r0.apk",
        ),
        (
            "releases/24.10/packages/aarch64_cortex-a53/base/a-1-r0.apk",
            "judge pkg:apk/alpine/a@1-r0?arch=aarch64_cortex-a53 a-1-r0.apk",
        ),
        ("a-1-r0.apk", "judge pkg:apk/alpine/a@1-r0 a-1-r0.apk"),
        ("x86_64/a.apk", "judge pkg:apk/alpine/a?arch=x86_64 a.apk"),
        (
            "v3.20/main/x86_64/a-1-r0.apk.sha512",
            "relay pkg:apk/alpine/a@1-r0?arch=x86_64&distro=v3.20 a-1-r0.apk.sha512",
        ),
        (
            "v3.20/releases/x86_64/rootfs-3.20.0-x86_64.tar.gz",
            "relay - rootfs-3.20.0-x86_64.tar.gz",
        ),
    ] {
        assert_eq!(path(file), expected, "{file}");
    }
}

#[test]
fn the_vendor_and_the_branch_may_be_configured() {
    let file = "v3.20/main/x86_64/a-1-r0.apk";
    for (settings, expected) in [
        (
            r#", "distro": "v3.19""#,
            "pkg:apk/alpine/a@1-r0?arch=x86_64&distro=v3.19",
        ),
        (
            r#", "namespace": "wolfi""#,
            "pkg:apk/wolfi/a@1-r0?arch=x86_64&distro=v3.20",
        ),
    ] {
        assert!(
            told(&mirror(settings), get(file)).contains(&format!(" {expected} ")),
            "{settings}"
        );
    }
    let branch = Alpine::new(r#"{"registry": "https://registry.example/alpine/v3.18"}"#).unwrap();
    let told = told(&branch, get("main/x86_64/a-1-r0.apk"));
    assert!(
        told.contains("pkg:apk/alpine/a@1-r0?arch=x86_64&distro=v3.18"),
        "{told}"
    );
}

#[test]
fn indexes_and_keys_pass_as_they_are() {
    for index in [
        "v3.20/main/x86_64/APKINDEX.tar.gz",
        "x86_64/APKINDEX.tar.gz",
        "v3.20/main/x86_64/Packages.adb",
        "keys/alpine-devel%40lists.example-1.rsa.pub",
        "v3.20/releases/x86_64/latest-releases.yaml",
        "v3.20/main/",
        "last-updated",
        "MIRRORS.txt",
        "",
    ] {
        assert_eq!(path(index), format!("pass {index}"), "{index}");
    }
    let asked = Request {
        query: Some("a=b".into()),
        ..get("x86_64/APKINDEX.tar.gz")
    };
    assert_eq!(told(&mirror(""), asked), "pass x86_64/APKINDEX.tar.gz?a=b");
}

#[test]
fn a_package_is_one_however_it_is_asked_for() {
    for way in [
        "x86_64/a-1-r0%2eapk",
        "x86_64/a-1-r0.apk/",
        "x86_64/a-1-r0.apk!/.PKGINFO",
        "x86_64/a-1-r0.APK",
        "x86_64/a-1-r0.apk/APKINDEX.tar.gz",
    ] {
        assert!(
            path(way).starts_with("judge pkg:apk/alpine/a@1-r0?arch=x86_64 "),
            "{way}: {}",
            path(way)
        );
    }
    for odd in [
        "x86_64/..%2fa-1-r0.apk",
        "x86_64%2fa-1-r0.apk",
        "x86_64/a-1-r0%252eapk",
        "x86_64/a-1-r0.apk;x=y",
        "x86_64/a-1-r0.apk%3fx",
        "x86_64/a-1-r0.apk%00",
        "x86_64/.a-1-r0.apk",
        "x86_64/..-1-r0.apk",
        "x86_64/-1.apk",
        "x86_64/allowed-1-r0.apk!/refused-1-r0.apk",
        "x86_64/%ff.apk",
    ] {
        assert_eq!(path(odd), "not found", "{odd}");
    }
    let upload = Request {
        method: "POST".into(),
        ..get("x86_64/a-1-r0.apk")
    };
    assert_eq!(told(&mirror(""), upload), "405");
}

#[test]
fn nothing_is_ever_edited() {
    let scanned = mirror("").scan(get("x86_64/APKINDEX.tar.gz"), ok("application/gzip"), vec![0x1f, 0x8b]);
    assert!(scanned.is_err());
    assert!(
        mirror("")
            .plan(Vec::new(), Vec::new(), Style::Remove, String::new())
            .is_err()
    );
}

proptest! {
    #[test]
    fn names_are_read_back(
        name in "[a-z0-9][a-z0-9+._]{0,8}(-[a-z][a-z0-9]{0,4}){0,2}",
        version in "[0-9]{1,3}(\\.[0-9]{1,2}){0,2}[a-z]?(_(rc|git|p)[0-9]{0,2})?(~[0-9a-f]{1,4})?-r[0-9]{1,2}",
    ) {
        let told = path(&format!("v3.20/main/x86_64/{name}-{version}.apk"));
        let expected = format!("pkg:apk/alpine/{}@{version}?arch=x86_64&distro=v3.20", name.replace('+', "%2B"));
        prop_assert_eq!(told.split(' ').nth(1), Some(expected.as_str()));
    }

    /// What ends like a package is judged or not found, never passed on.
    #[test]
    fn no_package_passes_unjudged(path_of in "[a-z_.%0-9/!;+-]{0,30}", end in "(\\.|%2e)(apk|aPK|%61pk)[/!]{0,2}") {
        let told = path(&format!("{path_of}{end}"));
        let stem_is_empty = path_of.is_empty() || path_of.ends_with('/');
        prop_assert!(told.starts_with("judge ") || told == "not found" || stem_is_empty, "{}", told);
    }
}

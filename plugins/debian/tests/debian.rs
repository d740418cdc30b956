//! What each path means.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use osa_plugin_debian::Debian;
use osa_plugin_sdk::{
    GuestRepository as _, Request, Route, Style,
    conformance::{get, ok},
};
use proptest::prelude::*;

fn archive(more: &str) -> Debian {
    Debian::new(&format!(r#"{{"registry": "https://registry.example/debian"{more}}}"#)).unwrap()
}

fn bookworm() -> Debian {
    archive(r#", "distro": "bookworm""#)
}

/// The route in one line.
fn told(archive: &Debian, request: Request) -> String {
    match archive.classify(request).unwrap() {
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
    told(&bookworm(), get(path))
}

#[track_caller]
fn purl(path_of: &str, expected: &str) {
    let told = path(path_of);
    let purl = told.split(' ').nth(1).unwrap_or_default();
    assert_eq!(purl, expected, "{path_of}: {told}");
}

#[test]
fn packages_are_judged() {
    purl(
        "pool/main/h/hello/hello_2.10-3_amd64.deb",
        "pkg:deb/debian/hello@2.10-3?arch=amd64&distro=bookworm",
    );
    purl(
        "pool/updates/main/o/openssl/libssl3_3.0.15-1~deb12u1_amd64.deb",
        "pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=bookworm",
    );
    purl(
        "pool/main/d/di/di-utils_1.144_all.udeb",
        "pkg:deb/debian/di-utils@1.144?arch=all&distro=bookworm",
    );
    // As apt writes them: https://bugs.launchpad.net/bugs/1003633
    purl(
        "pool/main/g/gcc-12/g%2b%2b-12_12.2.0-14%2bdeb12u1%7ebpo1_amd64.deb",
        "pkg:deb/debian/g%2B%2B-12@12.2.0-14%2Bdeb12u1~bpo1?arch=amd64&distro=bookworm",
    );
    for epoch in ["5:24.0", "5%3a24.0", "5%3A24.0", "5%253a24.0", "5%253A24.0"] {
        purl(
            &format!("pool/d/docker-ce_{epoch}-1_amd64.deb"),
            "pkg:deb/debian/docker-ce@5:24.0-1?arch=amd64&distro=bookworm",
        );
    }
    // Flat archives, archives of people, and files where none belong.
    for folder in [
        "",
        "./",
        "amd64/",
        "user/ppa/ubuntu/pool/main/h/hello/",
        "dists/bookworm/main/",
        "by-hash/SHA256/",
    ] {
        purl(
            &format!("{folder}hello-2.10-amd64.deb").replace("./", ""),
            "pkg:deb/debian/hello@2.10?arch=amd64&distro=bookworm",
        );
    }
    purl(
        "Tool_1.0_amd64.DEB",
        "pkg:deb/debian/tool@1.0?arch=amd64&distro=bookworm",
    );
    purl("packages-prod.deb", "pkg:deb/debian/packages-prod?distro=bookworm");
}

#[test]
fn the_vendor_and_the_release_are_configured() {
    let file = "pool/main/h/hello/hello_2.10-3build1_amd64.deb";
    for (settings, expected) in [
        ("", "pkg:deb/debian/hello@2.10-3build1?arch=amd64"),
        (
            r#", "distro": "noble""#,
            "pkg:deb/ubuntu/hello@2.10-3build1?arch=amd64&distro=noble",
        ),
        (
            r#", "distro": "1.7_x86-64", "namespace": "astra""#,
            "pkg:deb/astra/hello@2.10-3build1?arch=amd64&distro=1.7_x86-64",
        ),
    ] {
        assert!(
            told(&archive(settings), get(file)).contains(&format!(" {expected} ")),
            "{settings}"
        );
    }
    assert_eq!(
        told(&archive(""), get("packages-prod.deb")),
        "judge pkg:deb/debian/packages-prod packages-prod.deb"
    );
}

#[test]
fn indexes_and_signatures_pass_as_they_are() {
    for index in [
        "dists/bookworm/InRelease",
        "dists/bookworm/Release",
        "dists/bookworm/Release.gpg",
        "dists/bookworm-updates/InRelease",
        "dists/bookworm-security/updates/main/binary-amd64/Packages.xz",
        "dists/bookworm/main/binary-amd64/Packages",
        "dists/bookworm/main/binary-amd64/Packages.gz",
        "dists/bookworm/main/binary-amd64/by-hash/SHA256/0123456789abcdefABCDEF",
        "dists/bookworm/main/binary-amd64/Packages.diff/Index",
        "dists/bookworm/main/binary-amd64/Packages.diff/T-2024-01-01-0200.00-F-2023-12-31-2000.00.gz",
        "dists/bookworm/main/source/Sources.xz",
        "dists/bookworm/main/Contents-amd64.gz",
        "dists/bookworm/main/i18n/Translation-en.bz2",
        "dists/bookworm/main/dep11/Components-amd64.yml.gz",
        "dists/bookworm/main/dep11/icons-48x48.tar.gz",
        "dists/noble/main/cnf/Commands-amd64.xz",
        "dists/bookworm/",
        "dists/bookworm",
        "pool/main/h/hello/",
        "",
        "InRelease",
        "Packages.zst",
        "Sources",
        "flat/Release.gpg",
        "flat/Packages.diff/2024-01-01-0200.00.gz",
        "archive-key.gpg",
        "Release.key",
        "ls-lR.gz",
    ] {
        assert_eq!(path(index), format!("pass {index}"), "{index}");
    }
    let asked = Request {
        query: Some("token=a".into()),
        ..get("dists/bookworm/InRelease")
    };
    assert_eq!(told(&bookworm(), asked), "pass dists/bookworm/InRelease?token=a");
}

#[test]
fn other_files_are_relayed_as_the_filter_allows() {
    purl(
        "pool/main/h/hello/hello_2.10-3.dsc",
        "pkg:deb/debian/hello@2.10-3?arch=source&distro=bookworm",
    );
    purl(
        "pool/main/h/hello/hello_2.10.orig-docs.tar.xz",
        "pkg:deb/debian/hello@2.10?arch=source&distro=bookworm",
    );
    for other in [
        "pool/main/h/hello/hello_2.10-3.dsc",
        "pool/main/h/hello/hello_2.10.orig.tar.gz",
        "pool/main/h/hello/hello_2.10.orig.tar.gz.asc",
        "pool/main/h/hello/hello_2.10-3.debian.tar.xz",
        "pool/main/h/hello/hello_2.10-3.diff.gz",
        "pool/main/h/hello/hello_2.10-3_amd64.deb.asc",
        "pool/main/h/hello/hello.exe",
        "dists/bookworm/main/installer-amd64/current/images/netboot/mini.iso",
        "project/trace/master",
    ] {
        assert!(path(other).starts_with("relay "), "{other}: {}", path(other));
    }
}

#[test]
fn what_could_be_read_in_two_ways_leads_nowhere() {
    for odd in [
        "pool/..%2fhello_1_amd64.deb",
        "pool%2fhello_1_amd64.deb",
        "pool/a%5chello_1_amd64.deb",
        "pool/a%255chello_1_amd64.deb",
        "pool/a%252fhello_1_amd64.deb",
        "pool/%252e%252e/hello_1_amd64.deb",
        "pool/hello_1_amd64.deb;x=y",
        "pool/hello_1_amd64.deb%3fx",
        "pool/hello_1_amd64.deb%23",
        "pool/hello_1_amd64%25252edeb",
        "pool/hello_1_amd64.deb%00",
        "pool/hello_1_amd64.deb%0a",
        "pool/%ff.deb",
        "pool/.._1.0_amd64.deb",
        "pool/.hidden_1.0_amd64.deb",
        "pool/%2e_1.0_amd64.deb",
        "pool/-x_1.0_amd64.deb",
        "pool/allowed_1.0_amd64.deb/refused_1.0_amd64.deb",
    ] {
        assert_eq!(path(odd), "not found", "{odd}");
    }
    let upload = Request {
        method: "PUT".into(),
        ..get("pool/hello_1_amd64.deb")
    };
    assert_eq!(told(&bookworm(), upload), "405");
}

#[test]
fn a_package_is_one_however_it_is_asked_for() {
    for way in [
        "pool/hello_1_amd64%2edeb",
        "pool/hello_1_amd64%252edeb",
        "pool/hello_1_amd64.deb/",
        "pool/hello_1_amd64.deb!/control.tar.xz",
        "pool/hello_1_amd64.deb/control.tar.xz",
        "dists/x/by-hash/SHA256/hello_1_amd64.deb",
        "Packages.diff/hello_1_amd64.deb",
        "pool/HELLO_1_amd64.dEb",
    ] {
        purl(way, "pkg:deb/debian/hello@1?arch=amd64&distro=bookworm");
        assert!(path(way).starts_with("judge "), "{way}");
    }
}

#[test]
fn nothing_is_ever_edited() {
    let scanned = bookworm().scan(
        get("dists/bookworm/InRelease"),
        ok("text/plain"),
        b"Origin: Debian\n".to_vec(),
    );
    assert!(scanned.is_err());
    assert!(
        bookworm()
            .plan(Vec::new(), Vec::new(), Style::Remove, String::new())
            .is_err()
    );
}

proptest! {
    /// Whatever dpkg may write is read back, however it is encoded.
    #[test]
    fn names_are_read_back(
        name in "[a-z0-9][a-z0-9+.-]{1,12}",
        epoch in proptest::option::of(0_u8..20),
        version in "[0-9][a-z0-9.+~]{0,8}(-[a-z0-9.+~]{1,5})?",
        arch in proptest::sample::select(vec!["amd64", "all", "kfreebsd-amd64", "arm64"]),
        encode in any::<bool>(),
    ) {
        let version = epoch.map_or(version.clone(), |epoch| format!("{epoch}:{version}"));
        let mut file = format!("pool/{name}_{version}_{arch}.deb");
        if encode {
            file = file.replace('+', "%2b").replace('~', "%7e").replace(':', "%253a");
        }
        let plus = |text: &str| text.replace('+', "%2B");
        let expected = format!("pkg:deb/debian/{}@{}?arch={arch}&distro=bookworm", plus(&name), plus(&version));
        let told = path(&file);
        prop_assert_eq!(told.split(' ').nth(1), Some(expected.as_str()));
    }

    /// What ends like a package is judged or not found, never passed on.
    #[test]
    fn no_package_passes_unjudged(path_of in "[a-z_.%0-9/!;+-]{0,30}", end in "(\\.|%2e|%252E)(deb|uDEB|d%64eb|DDEB)[/!]{0,2}") {
        let told = path(&format!("{path_of}{end}"));
        let stem_is_empty = path_of.is_empty() || path_of.ends_with('/');
        prop_assert!(told.starts_with("judge ") || told == "not found" || stem_is_empty, "{}", told);
    }
}

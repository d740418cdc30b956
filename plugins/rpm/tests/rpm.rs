//! The plugin as the host uses it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use osa_plugin_rpm::{Plugin, Rpm};
use osa_plugin_sdk::conformance::{self, Case, LINK_BASE, get, ok, serve};
use osa_plugin_sdk::{Error, Guest as _, GuestRepository, Outcome, Request, Route, Style};
use proptest::prelude::*;

const TREE: &str = r#"{"name": "r", "registry": "https://dl.example/pub/fedora/linux"}"#;

fn rpm(settings: &str) -> Rpm {
    Rpm::new(settings).unwrap()
}

fn told(rpm: &Rpm, request: Request) -> String {
    match rpm.classify(request).unwrap() {
        Route::Passthrough(at) => format!("pass {} {}", at.origin, at.path),
        Route::Document(document) => format!("document {} {}", document.at.origin, document.at.path),
        Route::Artifact(artifact) => format!(
            "{} {} {} {}",
            if artifact.scannable { "package" } else { "file" },
            artifact.at.path,
            artifact.purl.unwrap_or_else(|| "-".into()),
            artifact.file_name
        ),
        Route::Respond(answer) => answer.status.to_string(),
        Route::NotFound => "not found".into(),
        Route::ChecksumOf(_) | Route::Component(_) => "neither is of RPM".into(),
    }
}

fn path(path: &str) -> String {
    told(&rpm(TREE), get(path))
}

fn asking(path: &str, query: &str) -> Request {
    Request {
        query: Some(query.into()),
        ..get(path)
    }
}

fn query(path: &str, query: &str) -> String {
    told(&rpm(TREE), asking(path, query))
}

#[test]
fn packages_are_judged_wherever_they_lie() {
    assert_eq!(
        path("releases/42/Everything/x86_64/os/Packages/b/bash-5.2.37-1.fc42.x86_64.rpm"),
        "package releases/42/Everything/x86_64/os/Packages/b/bash-5.2.37-1.fc42.x86_64.rpm \
         pkg:rpm/fedora/bash@5.2.37-1.fc42?arch=x86_64&distro=fedora-42 bash-5.2.37-1.fc42.x86_64.rpm"
    );
    // Decoded to be judged, asked for as it came.
    assert_eq!(
        path("updates/42/libstdc%2B%2b-1~rc1%5e2-1.src.RPM"),
        "package updates/42/libstdc%2B%2b-1~rc1%5e2-1.src.RPM \
         pkg:rpm/fedora/libstdc%2B%2B@1~rc1%5E2-1?arch=src&distro=fedora-42 libstdc++-1~rc1^2-1.src.RPM"
    );
    assert_eq!(
        path("updates/42/drpms/foo-1.0-1.fc42_1.1-1.fc42.noarch.drpm"),
        "package updates/42/drpms/foo-1.0-1.fc42_1.1-1.fc42.noarch.drpm \
         pkg:rpm/fedora/foo@1.1-1.fc42?arch=noarch&distro=fedora-42 foo-1.0-1.fc42_1.1-1.fc42.noarch.drpm"
    );
    // What lies among descriptions is one only if it is no package.
    for folder in ["repodata", "a%2frepodata", "mirrorlist", "metalink"] {
        let file = format!("{folder}/a-1-1.noarch.rpm");
        assert_eq!(
            path(&file),
            format!("package {file} pkg:rpm/fedora/a@1-1?arch=noarch a-1-1.noarch.rpm")
        );
    }
    assert!(path("x%2fa-1-1.noarch.rpm").contains(" pkg:rpm/fedora/a@1-1?arch=noarch "));
    // Repository managers read these as folders with properties.
    assert!(path("fedora;y/42;z/a-1-1.noarch.rpm").contains(" pkg:rpm/fedora/a@1-1?arch=noarch&distro=fedora-42 "));
    assert!(query("a-1-1.noarch.rpm", "token=x").starts_with("package a-1-1.noarch.rpm?token=x pkg:"));
}

#[test]
fn repository_managers_have_the_same_paths_under_a_prefix() {
    for registry in [
        "https://nexus.example/repository/acme-yum",
        "https://art.example:8443/artifactory/acme-yum/",
        "http://mirror.example",
    ] {
        let rpm = rpm(&format!(r#"{{"registry": "{registry}"}}"#));
        let file = "9/Packages/a-1-1.noarch.rpm";
        assert_eq!(
            told(&rpm, get(file)),
            format!("package {file} pkg:rpm/a@1-1?arch=noarch a-1-1.noarch.rpm")
        );
    }
}

#[test]
fn a_setting_names_vendor_and_distribution() {
    let rpm = rpm(r#"{"registry": "https://dl.example/pub/fedora", "namespace": "RedOS", "distro": "redos-8"}"#);
    assert_eq!(
        told(&rpm, get("a-1-1.noarch.rpm")),
        "package a-1-1.noarch.rpm pkg:rpm/redos/a@1-1?arch=noarch&distro=redos-8 a-1-1.noarch.rpm"
    );
}

#[test]
fn what_describes_packages_passes() {
    for name in [
        "repodata/repomd.xml",
        "repodata/repomd.xml.asc",
        "repodata/repomd.xml.key",
        "repodata/0a1b-primary.xml.gz",
        "repodata/0a1b-primary.xml.zst",
        "repodata/0a1b-primary.xml.zck",
        "repodata/0a1b-filelists.sqlite.bz2",
        "repodata/0a1b-other.xml.xz",
        "repodata/updateinfo.xml.gz",
        "repodata/0a1b-comps-BaseOS.x86_64.xml",
        "repodata/0a1b-modules.yaml.gz",
        "media.1/media",
        "media.1/products",
        ".treeinfo",
        "RPM-GPG-KEY-acme",
        "repomd.xml.asc",
        "Packages/",
        "Packages/b/",
        "",
    ] {
        for prefix in ["", "9/BaseOS/x86_64/os/"] {
            assert_eq!(
                path(&format!("{prefix}{name}")),
                format!("pass registry {prefix}{name}")
            );
        }
    }
    assert_eq!(
        query("repodata/repomd.xml", "token=x"),
        "pass registry repodata/repomd.xml?token=x"
    );
}

#[test]
fn other_files_are_the_filters_affair() {
    for name in [
        "images/boot.iso",
        "EFI/BOOT/grub.cfg",
        "Packages/readme",
        "x/install.exe",
    ] {
        let file = name.rsplit('/').next().unwrap();
        assert_eq!(path(name), format!("file {name} - {file}"));
    }
    // A signature goes the way of its package.
    assert_eq!(
        path("a-1-1.noarch.rpm.asc"),
        "file a-1-1.noarch.rpm.asc pkg:rpm/fedora/a@1-1?arch=noarch a-1-1.noarch.rpm.asc"
    );
}

#[test]
fn a_package_that_nobody_can_name_is_refused() {
    for name in [
        "latest.rpm",
        "acme_current_x86_64.rpm",
        ".rpm",
        "a-1-1.rpm",
        "a-1-1.noarch.rpm.zsync",
        "a-1-1.noarch.rpm~",
        "a-1-1.noarch.patch.rpm",
        "repodata/latest.rpm",
        "foo-1.0-1_1_2-1.noarch.drpm",
        "foo-1.0-1.noarch.drpm",
        "latest.rpm.asc",
        // To some servers the semicolon is a part of the name, to others it ends it.
        "a-1-1.noarch.rpm;x=y",
        "a;b-1-1.noarch.rpm",
        "a-1-1.noarch.rpm;b-1-1.noarch.rpm",
    ] {
        assert_eq!(path(name), "403", "{name}");
    }
}

#[test]
fn other_paths_lead_nowhere() {
    for name in [
        "a-1-1.noarch.rpm/",
        "a-1-1.noarch.rpm/x",
        "a-1-1.noarch.rpm.",
        "a-1-1.noarch.rpm%20",
        "%252e%252e/a-1-1.noarch.rpm",
        "..%2fa-1-1.noarch.rpm",
        "a/%2e%2e/b-1-1.noarch.rpm",
        "a%5c..%5cb-1-1.noarch.rpm",
        "a-1-1.noarch%2500.rpm",
        "a-1-1.noarch.rpm%3fx",
        "a-1-1.noarch.rpm%23x",
        "a//repodata/repomd.xml",
        "a-1-1.noarch.rpm;x/b",
        "repomd.xml%2emetalink",
        "%ff.rpm",
    ] {
        assert_eq!(path(name), "not found", "{name}");
    }
    let upload = Request {
        method: "PUT".into(),
        ..get("a-1-1.noarch.rpm")
    };
    assert_eq!(told(&rpm(TREE), upload), "405");
}

#[test]
fn lists_of_mirrors_are_documents() {
    assert_eq!(
        query("metalink", "repo=fedora-42&arch=x86_64"),
        "document registry metalink?repo=fedora-42&arch=x86_64"
    );
    assert_eq!(path("mirrorlist/9/baseos"), "document registry mirrorlist/9/baseos");
    assert_eq!(
        path("9/BaseOS/os/mirrorlist"),
        "document registry 9/BaseOS/os/mirrorlist"
    );
    assert_eq!(
        query("", "release=9&arch=x86_64&repo=os"),
        "document registry ?release=9&arch=x86_64&repo=os"
    );
    assert_eq!(
        path("9/repodata/repomd.xml.metalink"),
        "document registry 9/repodata/repomd.xml.metalink"
    );
    assert_eq!(
        query("a-1-1.noarch.rpm", "meta4"),
        "document registry a-1-1.noarch.rpm?meta4"
    );
    let elsewhere = rpm(r#"{"registry": "https://dl.example/pub", "mirrorlist-registry": "https://mirrors.example"}"#);
    assert_eq!(
        told(&elsewhere, asking("metalink", "repo=x")),
        "document mirrorlist-registry metalink?repo=x"
    );
    assert_eq!(
        told(&elsewhere, get("a-1-1.noarch.rpm.meta4")),
        "document registry a-1-1.noarch.rpm.meta4"
    );
}

fn answered(rpm: &Rpm, path: &str, body: &str) -> Result<Result<String, Outcome>, Error> {
    let (request, head) = (get(path), ok("text/plain"));
    let case = Case {
        request: &request,
        head: &head,
        body: body.as_bytes(),
    };
    let answer = serve(rpm, case, &[], Style::Remove)?;
    Ok(answer.map(|bytes| String::from_utf8(bytes).unwrap()))
}

fn list(path: &str, body: &str) -> String {
    match answered(&rpm(TREE), path, body).unwrap() {
        Ok(text) => text,
        Err(Outcome::Absent(why)) => why,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_list_becomes_the_repository_itself() {
    let body = "# repo = fedora-42\r\n\r\nhttp://m.example/fedora/linux/releases/42/x86_64/os/\r\n\
                rsync://m.example/fedora/\nhttps://n.example/pub/fedora/linux/releases/42/x86_64/os\n";
    assert_eq!(
        list("mirrorlist", body),
        format!("{LINK_BASE}/releases/42/x86_64/os/\n")
    );
    let own = "https://dl.example/pub/fedora/linux/updates/$releasever/$basearch";
    assert_eq!(
        list("mirrorlist", own),
        format!("{LINK_BASE}/updates/$releasever/$basearch/\n")
    );
    let whole = rpm(r#"{"registry": "https://dl.example/10-stream/AppStream/x86_64/os"}"#);
    let body = "https://m.example/centos/10-stream/AppStream/x86_64/os/\n";
    assert_eq!(
        answered(&whole, "mirrorlist", body).unwrap().unwrap(),
        format!("{LINK_BASE}/\n")
    );
}

#[test]
fn a_list_of_no_use_says_so() {
    assert!(list("mirrorlist", "# bad request, no such repository\n").contains("names none: bad request, no such"));
    assert!(list("mirrorlist", "").contains("names none"));
    assert!(list("mirrorlist", "https://m.example/other/9/\n").contains("baseurl"));
    assert!(list("metalink", "<metalink/>").contains("names none"));
    for bad in [
        "<!DOCTYPE html><html></html>",
        "<html></html>",
        "{\"mirrors\": []}",
        "/srv/mirror",
        "<metalink",
        "<metalink><files></metalink>",
        "<metalink><file><resources><url>x<b/></url></resources></file></metalink>",
        "<metalink><resources><url>x</url></resources></metalink>",
        "<metalink><file><file/></file></metalink>",
        "<!DOCTYPE a [<!ENTITY b \"c\"><!ENTITY d \"&b;&b;\">]><metalink>&d;</metalink>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><metalink/>",
        "<metalink>&xxe;</metalink>",
    ] {
        assert!(answered(&rpm(TREE), "metalink", bad).is_err(), "{bad}");
    }
    let deep = "<metalink>".to_owned() + &"<a>".repeat(100_000);
    assert!(answered(&rpm(TREE), "metalink", &deep).is_err());
    let scan = |path: &str, body: &[u8]| rpm(TREE).scan(get(path), ok(""), body.to_vec());
    assert!(scan("mirrorlist", b"\xff\xfe").is_err());
    assert!(scan("repodata/repomd.xml", b"<repomd/>").is_err());
}

const METALINK: &str = include_str!("fixtures/metalink.xml");

#[test]
fn a_metalink_keeps_its_checksums_and_names_one_mirror() {
    let served = list("metalink", METALINK);
    let one = format!(
        "<url protocol=\"http\" type=\"http\" preference=\"100\">{LINK_BASE}/releases/42/Everything/x86_64/os/repodata/repomd.xml</url>"
    );
    assert_eq!(served.matches("<url").count(), 1);
    assert!(served.contains(&one), "{served}");
    assert!(!served.contains("m1.example") && !served.contains("rsync:"), "{served}");
    let without_urls = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| !line.contains("<url") && !line.trim().is_empty());
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_urls(&served), without_urls(METALINK));
}

#[test]
fn a_metalink_of_a_file_leads_to_that_file() {
    let around = |urls: &str| {
        format!(
            "<?xml version=\"1.0\"?><m:metalink xmlns:m=\"urn:ietf:params:xml:ns:metalink\"><m:file name=\"a\">\
             <m:size>1</m:size>{urls}</m:file></m:metalink>"
        )
    };
    let body = around(
        "<m:metaurl>http://m.example/a.torrent</m:metaurl><m:url location=\"de\">http://m.example/x&amp;y</m:url>\
         <m:url><![CDATA[http://n.example/x]]></m:url>",
    );
    let one = around(&format!("<m:url priority=\"1\">{LINK_BASE}/9/a-1-1.noarch.rpm</m:url>"));
    assert_eq!(list("9/a-1-1.noarch.rpm.meta4", &body), one);
    let served = list("9/repodata/repomd.xml.metalink", METALINK);
    assert_eq!(
        served.matches(&format!("{LINK_BASE}/9/repodata/repomd.xml<")).count(),
        1
    );
}

#[test]
fn links_are_escaped() {
    let body = "<metalink><file><url>https://dl.example/pub/fedora/linux/a&amp;b'c</url></file></metalink>";
    let served = list("metalink", body);
    assert!(served.contains("/a&amp;b&apos;c</url>"), "{served}");
}

#[test]
fn the_promises_of_every_plugin_are_kept() {
    for (path, body) in [
        ("metalink", METALINK),
        ("mirrorlist", "# a\nhttp://m.example/fedora/linux/9/\n"),
    ] {
        let (request, head) = (get(path), ok("text/plain"));
        let case = Case {
            request: &request,
            head: &head,
            body: body.as_bytes(),
        };
        conformance::edits(&rpm(TREE), case, 10).unwrap();
        conformance::truncation(&rpm(TREE), case, 200).unwrap();
    }
}

#[test]
fn versions_are_ranked_as_rpm_does() {
    let versions = ["2.0-1", "1:0.1-1", "2.0~rc1-1", "no version", "2.0-1"].map(str::to_owned);
    let expected = [Some(1), Some(2), Some(0), None, Some(1)];
    assert_eq!(Plugin::rank_versions(versions.to_vec()), expected);
}

proptest! {
    /// Whatever the parts are, the name made of them is read back.
    #[test]
    fn names_are_read_as_they_are_made(
        name in "[A-Za-z0-9_+][A-Za-z0-9._+-]{0,12}",
        version in "[0-9A-Za-z._+~^]{1,8}",
        release in "[0-9A-Za-z._+~^]{1,8}",
        arch in "(x86_64|noarch|src|nosrc|i686)",
    ) {
        let file = format!("{name}-{version}-{release}.{arch}.rpm");
        let encoded = file.replace('+', "%2B").replace('^', "%5E");
        let in_purl = |part: &str| part.replace('+', "%2B").replace('^', "%5E");
        prop_assert_eq!(
            told(&rpm(r#"{"registry": "https://a.example"}"#), get(&encoded)),
            format!(
                "package {encoded} pkg:rpm/{}@{}-{}?arch={arch} {file}",
                in_purl(&name),
                in_purl(&version),
                in_purl(&release)
            )
        );
    }

    /// No mirror's address is ever left, whatever else stands in the list.
    #[test]
    fn only_the_proxy_is_named(
        parts in proptest::collection::vec(
            "(https?://m\\.example/(linux/)?[a-z]{0,3}/|# [a-z]{0,5}|<url>|</url>|<file>|</file>|<resources>|</resources>|<metalink>|</metalink>|\n| )",
            0..20,
        ),
        wrapped in any::<bool>(),
    ) {
        let mut body = parts.concat();
        if wrapped {
            body = format!("<metalink><file><resources><url>{body}</url></resources></file></metalink>");
        }
        if let Ok(Ok(text)) = answered(&rpm(TREE), "metalink", &body) {
            for (at, _) in text.match_indices("<url") {
                let url = text[at..].split_once('>').unwrap().1;
                prop_assert!(url.starts_with(LINK_BASE), "{}", text);
            }
            if !text.contains('<') {
                prop_assert!(text.starts_with(LINK_BASE) && text.lines().count() == 1, "{}", text);
            }
        }
    }

    #[test]
    fn anything_else_is_an_answer_or_an_error(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        path in "[a-z0-9.%/;~^-]{0,40}(\\.d?rpm)?",
    ) {
        let _ = rpm(TREE).classify(get(&path));
        let _ = rpm(TREE).scan(get("metalink"), ok("text/plain"), body);
    }
}

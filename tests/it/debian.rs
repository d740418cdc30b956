//! What apt sees of an archive: indexes as upstream has them, packages as policy says.

use osa_proxy_tests::debian::{Archive, BINARY};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup, file_repository, repository};
use osa_proxy_tests::upstream::Reply;
use osa_proxy_tests::wire::{Answer, Ask};

const HELLO: &str = "pool/main/h/hello/hello_2.10-3_amd64.deb";
/// An earlier one, by Debian's order.
const BACKPORT: &str = "pool/main/h/hello/hello_2.10-3%7edeb12u1_amd64.deb";
const INDEXES: [&str; 6] = [
    "dists/bookworm/InRelease",
    "dists/bookworm/Release",
    "dists/bookworm/Release.gpg",
    "dists/bookworm/main/binary-amd64/Packages",
    "dists/bookworm/main/Contents-amd64.gz",
    "dists/bookworm/main/i18n/Translation-en",
];

struct Stage {
    archive: Archive,
    proxy: Proxy,
}

impl Stage {
    async fn new(more: &str, change: impl FnOnce(Setup) -> Setup) -> Self {
        Self::over(Archive::empty().await, more, change)
    }

    fn over(archive: Archive, more: &str, change: impl FnOnce(Setup) -> Setup) -> Self {
        archive.publish("Package: hello\nVersion: 2.10-3\n");
        archive.put("dists/bookworm/main/Contents-amd64.gz", [0x1f, 0x8b, 8, 0, 255, 10, 13]);
        archive.put("dists/bookworm/main/i18n/Translation-en", "Package: hello\n");
        for package in [HELLO, BACKPORT] {
            archive.put(package, format!("!<arch>\n{package}"));
        }
        let proxy = change(Setup::debian(&archive.url(), more)).start();
        Self { archive, proxy }
    }

    async fn denying(versions: &str) -> Self {
        Self::new("", |setup| setup.deny(&[("pkg:deb/debian/hello", versions)])).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/debian/{path}", self.proxy.url())
    }

    async fn get(&self, path: &str) -> Answer {
        Ask::get(&self.url(path)).send().await
    }

    async fn direct(&self, path: &str) -> Answer {
        Ask::get(&format!("{}/{path}", self.archive.url())).send().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_package_is_refused_in_every_way() {
    let stage = Stage::new("", |setup| {
        setup
            .deny(&[("pkg:deb/debian/hello", ">=2.10-3")])
            .codescoring("enable-status-line: true")
    })
    .await;
    stage.archive.server.forget();
    let url = stage.url(HELLO);
    for ask in [
        Ask::get(&url),
        Ask::head(&url),
        Ask::get(&url).header("range", "bytes=5-"),
        Ask::get(&url).header("if-modified-since", "Mon, 01 Jan 2024 00:00:00 GMT"),
        Ask::get(&url.replace("_amd64.deb", "%5famd64%2edeb")),
        Ask::get(&url.replace(".deb", "%252edeb")),
        Ask::get(&format!("{url}/")),
        Ask::get(&url.replace("/pool/", "//pool//")),
    ] {
        let answer = ask.send().await;
        assert_eq!(
            (answer.status, answer.header("x-osa-decision")),
            (403, Some("blocked")),
            "{ask:?}"
        );
        // apt shows nothing else.
        assert!(answer.reason.contains("Nothing harmful"), "{}", answer.reason);
    }
    assert!(stage.archive.server.received().is_empty(), "nothing was fetched");
    let allowed = stage.get(BACKPORT).await;
    assert_eq!((allowed.status, allowed.body), (200, stage.direct(BACKPORT).await.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_are_what_upstream_has_to_the_byte() {
    let stage = Stage::denying("").await;
    for path in INDEXES {
        let (ours, theirs) = (stage.get(path).await, stage.direct(path).await);
        assert_eq!((ours.status, &ours.body), (200, &theirs.body), "{path}");
        for header in [
            "etag",
            "last-modified",
            "content-type",
            "content-length",
            "accept-ranges",
        ] {
            assert_eq!(ours.header(header), theirs.header(header), "{path}: {header}");
        }
        let head = Ask::head(&stage.url(path)).send().await;
        assert_eq!(head.header("content-length"), theirs.header("content-length"), "{path}");
        for (condition, validator) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
            let ask = Ask::get(&stage.url(path)).header(condition, theirs.header(validator).unwrap());
            assert_eq!(ask.send().await.status, 304, "{path}: {condition}");
        }
        let part = Ask::get(&stage.url(path)).header("range", "bytes=2-4").send().await;
        assert_eq!((part.status, part.body.as_slice()), (206, &theirs.body[2..5]), "{path}");
    }
    assert_eq!(stage.get("dists/trixie/InRelease").await.status, 404);
}

/// apt says "Hash Sum mismatch" where a signed index and what it lists are of different moments.
#[tokio::test(flavor = "multi_thread")]
async fn moments_are_not_mixed() {
    let stage = Stage::denying("").await;
    let before = stage.get(INDEXES[3]).await;
    let hash = |release: &Answer| {
        let text = release.text();
        let line = text.lines().find(|line| line.ends_with("/Packages")).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    let first = hash(&stage.get(INDEXES[0]).await);
    for moment in ["Package: hello\nVersion: 2.10-4\n", "Package: hello\nVersion: 2.10-5\n"] {
        stage.archive.publish(moment);
        assert_eq!(stage.get(INDEXES[3]).await.text(), moment);
        for release in [INDEXES[0], INDEXES[1]] {
            let by_hash = format!("{BINARY}/by-hash/SHA256/{}", hash(&stage.get(release).await));
            assert_eq!(stage.get(&by_hash).await.text(), moment, "{release}");
        }
    }
    // Who has an older InRelease still gets what it lists.
    let old = stage.get(&format!("{BINARY}/by-hash/SHA256/{first}")).await;
    assert_eq!(old.body, before.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_download_is_resumed() {
    let stage = Stage::denying(">=9").await;
    let whole = stage.direct(HELLO).await;
    let rest = |validator: &str| {
        Ask::get(&stage.url(HELLO))
            .header("range", "bytes=10-")
            .header("if-range", validator)
    };
    let resumed = rest(whole.header("last-modified").unwrap()).send().await;
    assert_eq!((resumed.status, resumed.body.as_slice()), (206, &whole.body[10..]));
    assert_eq!(
        resumed.header("content-range").unwrap(),
        format!("bytes 10-{}/{}", whole.body.len() - 1, whole.body.len())
    );
    let changed = rest("Sun, 31 Dec 2023 00:00:00 GMT").send().await;
    assert_eq!((changed.status, &changed.body), (200, &whole.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn judge_is_asked_for_what_the_name_tells() {
    let judge = Judge::start(|purl| {
        let status = match purl {
            purl if purl.contains("/evil@") => "blocked_by_policies",
            purl if purl.contains("/fresh@") => "blocked_not_scanned",
            _ => "not_blocked",
        };
        (status, false)
    })
    .await;
    let files = [
        (
            "pool/evil_1%253a2.0-1_amd64.deb",
            "pkg:deb/debian/evil@1:2.0-1?arch=amd64&distro=bookworm",
        ),
        (
            "pool/fresh_1_all.udeb",
            "pkg:deb/debian/fresh@1?arch=all&distro=bookworm",
        ),
        (
            "flat/g%2b%2b-12_12.2%7ebpo_amd64.deb",
            "pkg:deb/debian/g%2B%2B-12@12.2~bpo?arch=amd64&distro=bookworm",
        ),
    ];
    for (mode, expected) in [
        ("warmup", [200, 200, 200]),
        ("spectator", [200, 200, 200]),
        ("moderate", [403, 200, 200]),
        ("strict", [403, 403, 200]),
        ("strict_wait", [403, 403, 200]),
    ] {
        let stage = Stage::new("", |setup| {
            setup
                .codescoring(&format!("url: {}", judge.url()))
                .codescoring(&format!("token: {TOKEN}"))
                .codescoring("scan-wait-timeout: 1s")
                .codescoring(&format!("work-mode: {mode}"))
        })
        .await;
        judge.forget();
        for ((path, purl), status) in files.into_iter().zip(expected) {
            stage.archive.put(path, path);
            assert_eq!(stage.get(path).await.status, status, "{mode}: {path}");
            assert!(judge.times(purl) > 0, "{mode}: {:?}", judge.asked());
        }
        assert_eq!(stage.get(INDEXES[0]).await.status, 200, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_manager_and_a_context_change_nothing() {
    for base in ["/repository/apt-proxy", "/artifactory/debian-remote"] {
        let rules: &[(&str, &str)] = &[("pkg:deb/debian/hello", ">=2.10-3")];
        let context = "      url-encoded-config: true\n";
        let stage = Stage::over(Archive::below(base).await, context, |setup| setup.deny(rules));
        // {"repoManagerHost":"https://nexus.example","repoName":"apt"}, as documentation shows it: with padding.
        let context = "eyJyZXBvTWFuYWdlckhvc3QiOiJodHRwczovL25leHVzLmV4YW1wbGUiLCJyZXBvTmFtZSI6ImFwdCJ9Cg==/";
        for context in ["", context] {
            let status = async |path: &str| stage.get(&format!("{context}{path}")).await.status;
            assert_eq!(status(INDEXES[0]).await, 200, "{base} {context}");
            assert_eq!(status(BACKPORT).await, 200, "{base} {context}");
            assert_eq!(status(HELLO).await, 403, "{base} {context}");
        }
    }
}

const SOURCES: [&str; 5] = [
    "hello_2.10-3.dsc",
    "hello_2.10.orig.tar.gz",
    "hello_2.10.orig-docs.tar.bz2",
    "hello_2.10-3.debian.tar.xz",
    "hello_2.10.orig.tar.gz.asc",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_file_type_filter_knows_indexes_packages_and_sources() {
    let filter = "      file-type-filter:\n        additional-allowed-extensions: []\n";
    let stage = Stage::new(filter, |setup| setup.deny(&[("pkg:deb/debian/hello", "")])).await;
    for path in INDEXES {
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
    for source in SOURCES {
        let path = format!("pool/main/h/hello/{source}");
        stage.archive.put(&path, source);
        assert_eq!(stage.get(&path).await.status, 200, "{path}");
    }
    stage.archive.server.forget();
    for path in [
        "pool/hello.exe",
        "pool/hello.exe.sha256",
        "pool/hello_2.10.tar.gz",
        HELLO,
    ] {
        assert_eq!(stage.get(path).await.status, 403, "{path}");
    }
    assert!(stage.archive.server.received().is_empty(), "nothing was fetched");
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_are_judged_when_they_are_listed() {
    let filter = "      file-type-filter:\n        scanned-extensions: [.dsc, .orig.tar.gz, .debian.tar.xz]\n";
    for (more, expected) in [("", [200; 5]), (filter, [403, 403, 200, 403, 200])] {
        let stage = Stage::new(more, |setup| setup.deny(&[("pkg:deb/debian/hello", "")])).await;
        for (source, status) in SOURCES.into_iter().zip(expected) {
            let path = format!("pool/main/h/hello/{source}");
            stage.archive.put(&path, source);
            assert_eq!(stage.get(&path).await.status, status, "{more}{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_out_of_the_archive_leads_nowhere() {
    let stage = Stage::denying("").await;
    stage.archive.server.forget();
    for (path, status) in [
        ("pool/../../secret_1_all.deb", 400),
        ("pool/..%2f..%2fsecret_1_all.deb", 400),
        ("pool/%252e%252e/secret_1_all.deb", 400),
        ("pool/a%2fsecret_1_all.deb", 404),
        ("pool/.secret_1_all.deb", 404),
        ("pool/secret_1_all.deb;/x", 404),
        ("pool/secret_1_all.deb%3f", 404),
    ] {
        assert_eq!(stage.get(path).await.status, status, "{path}");
    }
    assert_eq!(Ask::new("PUT", &stage.url(HELLO)).body("x").send().await.status, 405);
    assert!(stage.archive.server.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_elsewhere_is_followed() {
    let stage = Stage::denying(">=9").await;
    let mirror = Archive::empty().await;
    for path in [HELLO, INDEXES[0]] {
        mirror.put(path, format!("mirrored {path}"));
        let redirect = Reply::redirect(302, &format!("{}/{path}", mirror.url()));
        stage.archive.server.put(format!("/{path}"), redirect);
        assert_eq!(stage.get(path).await.text(), format!("mirrored {path}"));
    }
}

fn refused(setup: &Setup) -> String {
    let output = setup.refused();
    assert_eq!(output.status.code(), Some(64));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn settings_that_cannot_be_right_are_told() {
    let told = |section: &str| refused(&Setup::default().plugin("debian").section(section));
    let registry = "https://registry.example";
    let text = told(&file_repository("debian", "debian", registry, "      distro: orel\n"));
    assert!(text.contains("`orel`") && text.contains("`namespace: astra`"), "{text}");
    let text = told(&repository("debian", "debian", registry, ""));
    assert!(
        text.contains("scan-manifest") && text.contains("remove this key"),
        "{text}"
    );
}

#[test]
fn without_its_plugin_the_section_is_a_configuration_error() {
    let section = file_repository("debian", "debian", "https://registry.example", "");
    let text = refused(&Setup::default().plugin("npm").section(&section));
    assert!(text.contains("debian") && text.contains("plugin"), "{text}");
}

//! What apk sees of a mirror: indexes as upstream has them, packages as policy says.

use osa_proxy_tests::alpine::{Apk, Mirror};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup, file_repository};
use osa_proxy_tests::wire::{Answer, Ask};

const FOLDER: &str = "/v3.20/main/x86_64";
const PACKAGES: [Apk<'static>; 3] = [
    Apk {
        name: "hello",
        version: "1.2-r0",
    },
    Apk {
        name: "hello",
        version: "1.2_rc1-r3",
    },
    Apk {
        name: "gtk+3.0-doc",
        version: "3.24.42-r1",
    },
];

struct Stage {
    mirror: Mirror,
    proxy: Proxy,
}

impl Stage {
    async fn new(more: &str, change: impl FnOnce(Setup) -> Setup) -> Self {
        Self::below("", more, change).await
    }

    async fn below(base: &str, more: &str, change: impl FnOnce(Setup) -> Setup) -> Self {
        let mirror = Mirror::with(&format!("{base}{FOLDER}"), &PACKAGES).await;
        let proxy = change(Setup::alpine(&format!("{}{base}", mirror.server.url()), more)).start();
        Self { mirror, proxy }
    }

    fn url(&self, file: &str) -> String {
        format!("{}/alpine{FOLDER}/{file}", self.proxy.url())
    }

    async fn get(&self, file: &str) -> Answer {
        Ask::get(&self.url(file)).send().await
    }

    async fn direct(&self, file: &str) -> Answer {
        let url = format!("{}{FOLDER}/{file}", self.mirror.server.url());
        Ask::get(&url).send().await
    }
}

/// What apk 2 sends, for the index and then for the package; it goes by the status alone.
fn as_apk(url: &str) -> Ask {
    Ask::get(url)
        .header("user-agent", "libfetch/2.0")
        .header("accept", "*/*")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_requests_of_apk_are_answered() {
    let stage = Stage::new("", |setup| {
        setup
            .deny(&[("pkg:apk/alpine/hello", ">=1.2")])
            .codescoring("enable-status-line: true")
    })
    .await;
    let index = as_apk(&stage.url("APKINDEX.tar.gz")).send().await;
    assert_eq!(
        (index.status, &index.body),
        (200, &stage.direct("APKINDEX.tar.gz").await.body)
    );
    for file in ["hello-1.2_rc1-r3.apk", "gtk+3.0-doc-3.24.42-r1.apk"] {
        let package = as_apk(&stage.url(file)).send().await;
        assert_eq!(
            (package.status, &package.body),
            (200, &stage.direct(file).await.body),
            "{file}"
        );
    }
    stage.mirror.server.forget();
    let url = stage.url("hello-1.2-r0.apk");
    for ask in [
        as_apk(&url),
        Ask::head(&url),
        Ask::get(&url).header("range", "bytes=5-"),
        Ask::get(&url.replace(".apk", "%2eapk")),
        Ask::get(&url.replace("hello", "HELLO")),
        Ask::get(&format!("{url}/")),
    ] {
        let answer = ask.send().await;
        assert_eq!(
            (answer.status, answer.header("x-osa-decision")),
            (403, Some("blocked")),
            "{ask:?}"
        );
        assert!(answer.reason.contains("Nothing harmful"), "{}", answer.reason);
    }
    assert!(stage.mirror.server.received().is_empty(), "nothing was fetched");
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_are_of_upstreams_moment() {
    let stage = Stage::new("", |setup| setup.deny(&[("pkg:apk/alpine/hello", "")])).await;
    let index = "APKINDEX.tar.gz";
    let (ours, theirs) = (stage.get(index).await, stage.direct(index).await);
    for header in [
        "etag",
        "last-modified",
        "content-type",
        "content-length",
        "content-encoding",
    ] {
        assert_eq!(ours.header(header), theirs.header(header), "{header}");
    }
    for (condition, validator) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
        let ask = Ask::get(&stage.url(index)).header(condition, theirs.header(validator).unwrap());
        assert_eq!(ask.send().await.status, 304, "{condition}");
    }
    let part = Ask::get(&stage.url(index)).header("range", "bytes=2-4").send().await;
    assert_eq!((part.status, part.body.as_slice()), (206, &theirs.body[2..5]));
    stage.mirror.publish(&PACKAGES[..1]);
    let now = stage.get(index).await;
    assert_ne!(now.body, ours.body);
    assert_eq!(now.body, stage.direct(index).await.body);
    assert_eq!(stage.get("missing.tar.gz").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn judge_is_asked_for_what_path_and_name_tell() {
    let judge = Judge::start(|purl| {
        let status = match purl {
            "pkg:apk/alpine/hello@1.2-r0?arch=x86_64&distro=v3.20" => "blocked_by_policies",
            "pkg:apk/alpine/gtk%2B3.0-doc@3.24.42-r1?arch=x86_64&distro=v3.20" => "not_blocked",
            _ => "blocked_not_scanned",
        };
        (status, false)
    })
    .await;
    for (mode, expected) in [
        ("warmup", [200, 200, 200]),
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
        for (Apk { name, version }, status) in PACKAGES.into_iter().zip(expected) {
            let file = format!("{name}-{version}.apk");
            assert_eq!(
                stage.get(&file).await.status,
                status,
                "{mode}: {file}: {:?}",
                judge.asked()
            );
        }
        let unscanned = "pkg:apk/alpine/hello@1.2_rc1-r3?arch=x86_64&distro=v3.20";
        assert!(judge.times(unscanned) > 0, "{mode}: {:?}", judge.asked());
        judge.forget();
        assert_eq!(stage.get("APKINDEX.tar.gz").await.status, 200, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_manager_and_a_context_change_nothing() {
    for base in ["/repository/apk-proxy", "/artifactory/alpine-remote"] {
        let context = "      url-encoded-config: true\n";
        let rules: &[(&str, &str)] = &[("pkg:apk/alpine/hello", "")];
        let stage = Stage::below(base, context, |setup| setup.deny(rules)).await;
        // {"repoManagerHost":"https://nexus.example","repoName":"apk"}
        let context = "eyJyZXBvTWFuYWdlckhvc3QiOiJodHRwczovL25leHVzLmV4YW1wbGUiLCJyZXBvTmFtZSI6ImFwayJ9";
        for root in ["alpine".to_owned(), format!("alpine/{context}")] {
            let status = async |file: &str| {
                let url = format!("{}/{root}{FOLDER}/{file}", stage.proxy.url());
                Ask::get(&url).send().await.status
            };
            assert_eq!(status("APKINDEX.tar.gz").await, 200, "{root}");
            assert_eq!(status("gtk+3.0-doc-3.24.42-r1.apk").await, 200, "{root}");
            assert_eq!(status("hello-1.2-r0.apk").await, 403, "{root}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_type_filter_knows_what_a_package_is() {
    let filter = "      file-type-filter:\n        additional-allowed-extensions: []\n";
    let stage = Stage::new(filter, |setup| setup).await;
    for (file, status) in [
        ("APKINDEX.tar.gz", 200),
        ("hello-1.2-r0.apk", 200),
        // Allowed, and not there.
        ("hello-1.2-r0.apk.sha256", 404),
        ("rootfs.tar.gz", 403),
        ("hello.exe", 403),
    ] {
        assert_eq!(stage.get(file).await.status, status, "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_out_of_the_mirror_leads_nowhere() {
    let stage = Stage::new("", |setup| setup).await;
    stage.mirror.server.forget();
    for (file, status) in [
        ("../../../secret-1-r0.apk", 400),
        ("..%2fsecret-1-r0.apk", 400),
        ("a%2fsecret-1-r0.apk", 404),
        (".secret-1-r0.apk", 404),
        ("secret-1-r0.apk;/x", 404),
    ] {
        assert_eq!(stage.get(file).await.status, status, "{file}");
    }
    let put = Ask::new("PUT", &stage.url("hello-1.2-r0.apk")).body("x");
    assert_eq!(put.send().await.status, 405);
    assert!(stage.mirror.server.received().is_empty());
}

#[test]
fn without_its_plugin_the_section_is_a_configuration_error() {
    let section = file_repository("alpine", "alpine", "https://registry.example", "");
    let output = Setup::default().plugin("npm").section(&section).refused();
    assert_eq!(output.status.code(), Some(64));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("alpine") && text.contains("plugin"), "{text}");
}

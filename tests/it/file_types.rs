//! `file-type-filter`: what may be downloaded at all, and which files are judged that their ecosystem would not judge.

use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::upstream::{Resource, Upstream};
use osa_proxy_tests::wire::Ask;

/// Of `cog`, 1.0 is allowed and 2.0 is not.
struct Stage {
    registry: Upstream,
    judge: Judge,
    proxy: Proxy,
}

impl Stage {
    /// `filter`: what stands behind `file-type-filter:`; empty for no such section.
    async fn new(filter: &str, line: &str) -> Self {
        Self::with(filter, line, "").await
    }

    /// `section`: another one of osa-proxy.yml.
    async fn with(filter: &str, line: &str, section: &str) -> Self {
        let registry = Upstream::start().await;
        let judge = Judge::start(|purl| {
            (
                if purl.ends_with("@2.0") {
                    "blocked_by_policies"
                } else {
                    "not_blocked"
                },
                false,
            )
        })
        .await;
        let more = if filter.is_empty() {
            "      url-encoded-config: true\n".to_owned()
        } else {
            format!("      url-encoded-config: true\n      file-type-filter: {filter}\n")
        };
        let proxy = Setup::default()
            .plugin("widget")
            .section(&repository("widget", "w", &registry.url(), &more))
            .codescoring(&format!("url: {}", judge.url()))
            .codescoring(&format!("token: {TOKEN}"))
            .codescoring(line)
            .section(section)
            .start();
        let index = format!("cog 1.0 {}/files/cog-1.0.widget\n", registry.url());
        registry.put("/cog/index.txt", Resource::new("text/plain", index));
        Self { registry, judge, proxy }
    }

    /// The status of a file below `files/`; whatever is asked for is there.
    async fn status(&self, file: &str) -> u16 {
        self.status_at(&format!("files/{file}")).await
    }

    async fn status_at(&self, path: &str) -> u16 {
        let file = path.rsplit_once("files/").map_or(path, |(_, file)| file);
        self.registry.put(
            format!("/files/{file}"),
            Resource::new("application/octet-stream", "bytes"),
        );
        Ask::get(&format!("{}/w/{path}", self.proxy.url())).send().await.status
    }

    /// What Judge was asked about since the last look, each as often as it was.
    fn asked(&self) -> Vec<String> {
        let asked = self.judge.asked();
        self.judge.forget();
        asked
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_there_is_no_filter() {
    for filter in ["", "{}"] {
        let stage = Stage::new(filter, "work-mode: strict").await;
        assert_eq!(stage.status("cog-1.0.widget").await, 200);
        assert_eq!(stage.status("cog-1.0.exe").await, 200, "{filter:?}");
        assert_eq!(stage.status("cog-2.0.widget").await, 403);
        assert_eq!(stage.asked(), ["pkg:widget/cog@1.0", "pkg:widget/cog@2.0"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_lets_only_the_preset_through() {
    let stage = Stage::new("{additional-allowed-extensions: []}", "block-status-code: 451").await;
    for file in ["cog-1.0.widget", "cog-1.0.WIDGET"] {
        assert_eq!(stage.status(file).await, 200, "{file}");
    }
    for side_car in [
        "metadata", "sha256", "sha512", "sha1", "asc", "md5", "SHA1", "asc.sha1", "asc.md5",
    ] {
        assert_eq!(
            stage.status(&format!("cog-1.0.widget.{side_car}")).await,
            200,
            "{side_car}"
        );
    }
    stage.asked();
    stage.registry.forget();
    for file in [
        "cog-1.0.exe",
        "cog-1.0.exe.sha256",
        "cog-1.0.exe.asc.sha256",
        "cog-1.0.widget.exe",
        "cog-1.0.widget.sha256.exe",
        "cog-1.0%2Eexe",
        "cog",
        "cog-2.0.manual",
    ] {
        assert_eq!(stage.status(file).await, 451, "{file}");
        let head = Ask::head(&format!("{}/w/files/{file}", stage.proxy.url()));
        assert_eq!(head.send().await.status, 451, "{file}");
    }
    assert!(stage.registry.received().is_empty(), "before upstream is asked");
    assert!(stage.asked().is_empty(), "before Judge is asked");
    let document = Ask::get(&format!("{}/w/cog/index.txt", stage.proxy.url())).send().await;
    assert_eq!(document.status, 200, "documents are not filtered");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_in_addition_is_not_judged() {
    let stage = Stage::new(
        "{additional-allowed-extensions: [LICENSE, .manual]}",
        "work-mode: strict",
    )
    .await;
    assert_eq!(stage.status("cog-2.0.license").await, 200);
    assert_eq!(stage.status("cog-2.0.manual").await, 200);
    assert!(stage.asked().is_empty());
    assert_eq!(stage.status("cog-2.0.exe").await, 403);
    assert_eq!(stage.status("cog-2.0.widget").await, 403);
    assert_eq!(stage.asked(), ["pkg:widget/cog@2.0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn scanned_files_of_one_base_name_share_a_verdict() {
    let stage = Stage::new(
        "{scanned-extensions: [widget, manual, .notes]}",
        "block-on-codescoring-errors: true",
    )
    .await;
    // Judge is asked once, though there is no verdict cache.
    for file in ["cog-1.0.widget", "cog-1.0.manual", "cog-1.0.widget", "cog-1.0.notes"] {
        assert_eq!(stage.status(file).await, 200, "{file}");
    }
    assert_eq!(stage.asked(), ["pkg:widget/cog@1.0"]);
    for file in ["cog-2.0.manual", "cog-2.0.widget", "cog-2.0.notes"] {
        assert_eq!(stage.status(file).await, 403, "{file}");
    }
    assert_eq!(stage.asked(), ["pkg:widget/cog@2.0"]);
    assert_eq!(stage.status("cog-2.0.exe").await, 403, "the filter is on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_verdict_goes_when_verdicts_are_removed() {
    let stage = Stage::with(
        "{scanned-extensions: [.widget, .notes]}",
        "block-on-codescoring-errors: true",
        "cache:\n  judge:\n    enabled: true\n",
    )
    .await;
    assert_eq!(stage.status("cog-1.0.widget").await, 200);
    assert_eq!(stage.status("cog-1.0.notes").await, 200);
    let url = format!("{}/api/cache/purls?purl=pkg:widget/cog@1.0", stage.proxy.url());
    assert_eq!(Ask::new("DELETE", &url).send().await.status, 200);
    assert_eq!(
        stage.status("cog-1.0.notes").await,
        403,
        "nothing beside it is judged now"
    );
    assert_eq!(stage.status("cog-1.0.widget").await, 200);
    assert_eq!(stage.asked(), ["pkg:widget/cog@1.0", "pkg:widget/cog@1.0"]);
    assert_eq!(stage.status("cog-1.0.notes").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_is_not_shared_with_other_files() {
    let stage = Stage::new(
        "{scanned-extensions: [.widget, .notes]}",
        "block-on-codescoring-errors: true",
    )
    .await;
    assert_eq!(stage.status("cog-1.0.widget").await, 200);
    stage.asked();
    // Another base name, and another context.
    assert_eq!(stage.status("cog-1.notes").await, 403, "nothing tells its component");
    assert_eq!(stage.status("COG-1.0.notes").await, 403);
    let context = "eyJyZXBvTmFtZSI6ImNvZ3MifQ";
    assert_eq!(stage.status_at(&format!("{context}/files/cog-1.0.notes")).await, 403);
    assert_eq!(stage.status_at(&format!("{context}/files/cog-1.0.widget")).await, 200);
    assert_eq!(stage.asked(), ["pkg:widget/cog@1.0"], "asked again in its context");
    assert_eq!(stage.status_at(&format!("{context}/files/cog-1.0.notes")).await, 200);
    stage.asked();
    // A look is no download: Judge hears of that.
    let head = Ask::head(&format!("{}/w/files/cog-1.1.widget", stage.proxy.url()));
    stage.registry.put(
        "/files/cog-1.1.widget",
        Resource::new("application/octet-stream", "bytes"),
    );
    assert_eq!(head.send().await.status, 200);
    assert_eq!(stage.status("cog-1.1.widget").await, 200);
    let recorded: Vec<_> = stage
        .judge
        .questions()
        .iter()
        .map(|question| question["record_request"].clone())
        .collect();
    assert_eq!(recorded.last(), Some(&true.into()), "{recorded:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanned_file_that_names_no_component_follows_block_on_codescoring_errors() {
    for (line, status) in [
        ("block-on-codescoring-errors: true", 403),
        ("block-on-codescoring-errors: false", 200),
        ("{work-mode: spectator, block-on-codescoring-errors: true}", 200),
    ] {
        let lines = line.trim_matches(['{', '}']).replace(", ", "\n  ");
        let stage = Stage::new("{scanned-extensions: [.notes]}", &lines).await;
        assert_eq!(stage.status("cog-1.0.notes").await, status, "{line}");
    }
}

/// The example of the configuration reference.
#[tokio::test(flavor = "multi_thread")]
async fn npm_behaves_as_the_reference_says() {
    let registry = Npm::with(&[Package::new("left-pad").versions(["1.0.0"])]).await;
    for file in ["left-pad-1.0.0.license", "left-pad-1.0.0.exe"] {
        let path = format!("/left-pad/-/{file}");
        registry.server.put(path, Resource::new("text/plain", "text"));
    }
    for (filter, license, exe) in [
        ("{}", 200, 200),
        ("{additional-allowed-extensions: []}", 403, 403),
        ("{additional-allowed-extensions: [license]}", 200, 403),
        (
            "{additional-allowed-extensions: [tgz, license], scanned-extensions: [tgz]}",
            200,
            403,
        ),
    ] {
        let more = format!("      file-type-filter: {filter}\n");
        let proxy = Setup::default()
            .plugin("npm")
            .section(&repository("npm", "npm", &registry.server.url(), &more))
            .start();
        registry.server.forget();
        let status = async |file: &str| {
            let url = format!("{}/npm/left-pad/-/left-pad-1.0.0.{file}", proxy.url());
            Ask::get(&url).send().await.status
        };
        assert_eq!(
            (status("license").await, status("exe").await),
            (license, exe),
            "{filter}"
        );
        let expected = [license, exe].iter().filter(|status| **status == 200).count();
        assert_eq!(registry.server.received().len(), expected, "{filter}");
        assert_eq!(status("tgz").await, 200, "{filter}");
        assert_eq!(status("%74%67z").await, 200, "names are compared decoded");
        assert_eq!(status("%65xe").await, exe, "{filter}");
    }
}

//! What the host offers to a plugin beside documents and files: packed documents, checksum files, pinned documents,
//! components that only a head names, edited heads, answers without upstream. An ecosystem that the host has never heard of.

use osa_proxy_tests::archive::hex;
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::upstream::{Encoding, Reply, Resource, Upstream, decode, encode};
use osa_proxy_tests::wire::{Answer, Ask};

struct Stage {
    registry: Upstream,
    mirror: Upstream,
    proxy: Proxy,
}

impl Stage {
    async fn new() -> Self {
        Self::refusing(&[("pkg:widget/cog", "1.1")]).await
    }

    async fn refusing(rules: &[(&str, &str)]) -> Self {
        let (registry, mirror) = (Upstream::start().await, Upstream::start().await);
        let more = format!(
            "      banner: Widgets for all\n      mirrors:\n        files.example: {}\n",
            mirror.url()
        );
        let section = repository("widget", "w", &registry.url(), &more);
        let proxy = Setup::default().plugin("widget").section(&section).deny(rules).start();
        let stage = Self {
            registry,
            mirror,
            proxy,
        };
        let index = stage.index();
        stage
            .registry
            .put("/cog/index.txt", Resource::new("text/plain", index.clone()));
        stage
            .registry
            .put("/pinned/cog/index.txt", Resource::new("text/plain", index.clone()));
        let packed = encode(Encoding::Gzip, index.as_bytes());
        stage
            .registry
            .put("/cog/index.txt.gz", Resource::new("application/gzip", packed));
        stage.registry.put(
            "/cog/index.txt.sha256",
            Resource::new("text/plain", "upstream's own digest"),
        );
        stage
    }

    fn index(&self) -> String {
        let (registry, mirror) = (self.registry.url(), self.mirror.url());
        format!(
            "# cogs\ncog 1.0 {registry}/files/cog-1.0.widget\ncog 1.1 {registry}/files/cog-1.1.widget 7\ncog 1.2 {mirror}/cog-1.2.widget\n"
        )
    }

    fn filtered(&self) -> String {
        let base = format!("{}/w", self.proxy.url());
        format!("# cogs\ncog 1.0 {base}/files/cog-1.0.widget\ncog 1.2 {base}/mirror/files.example/cog-1.2.widget\n")
    }

    async fn get(&self, path: &str) -> Answer {
        Ask::get(&format!("{}/w/{path}", self.proxy.url())).send().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_filtered_and_its_validator_is_the_digest_the_plugin_asked_for() {
    let stage = Stage::new().await;
    let answer = stage.get("cog/index.txt").await;
    assert_eq!(answer.text(), stage.filtered());
    let digest = hex::<md5::Md5>(stage.filtered().as_bytes());
    assert_eq!(answer.header("etag"), Some(format!("\"{digest}\"").as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_document_is_unpacked_filtered_and_packed_again() {
    let stage = Stage::new().await;
    let answer = stage.get("cog/index.txt.gz").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.header("content-encoding"),
        None,
        "the file is packed, not the transfer"
    );
    assert_eq!(
        String::from_utf8(decode(Encoding::Gzip, &answer.body)).unwrap(),
        stage.filtered()
    );
    assert_eq!(
        stage.get("cog/index.txt.gz").await.body,
        answer.body,
        "same input, same bytes"
    );
    stage
        .registry
        .put("/cog/index.txt.gz", Resource::new("application/gzip", stage.index()));
    let broken = stage.get("cog/index.txt.gz").await;
    assert_eq!((broken.status, broken.header("x-osa-blame")), (502, Some("upstream")));
}

#[tokio::test(flavor = "multi_thread")]
async fn checksum_files_are_those_of_the_edited_document() {
    let stage = Stage::new().await;
    for path in ["cog/index.txt", "cog/index.txt.gz"] {
        let document = stage.get(path).await.body;
        let checksum = stage.get(&format!("{path}.sha256")).await;
        assert_eq!(checksum.text(), hex::<sha2::Sha256>(&document), "{path}");
    }
    let all = Stage::refusing(&[("pkg:widget/cog", "")]).await;
    assert_eq!(all.get("cog/index.txt.sha256").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_document_is_served_as_it_is_or_not_at_all() {
    let stage = Stage::new().await;
    assert_eq!(stage.get("pinned/cog/index.txt").await.status, 403);
    let open = Stage::refusing(&[]).await;
    let answer = open.get("pinned/cog/index.txt").await;
    assert_eq!((answer.status, answer.text()), (200, open.index()));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_from_the_origin_that_the_path_names() {
    let stage = Stage::new().await;
    stage
        .registry
        .put("/files/cog-1.0.widget", Resource::new("application/x-widget", "near"));
    stage
        .mirror
        .put("/cog-1.2.widget", Resource::new("application/x-widget", "far"));
    assert_eq!(stage.get("files/cog-1.0.widget").await.text(), "near");
    assert_eq!(stage.get("mirror/files.example/cog-1.2.widget").await.text(), "far");
    assert_eq!(stage.get("files/cog-1.1.widget").await.status, 403);
    assert_eq!(stage.get("mirror/files.example/cog-1.1.widget").await.status, 403);
    assert_eq!(
        stage.get("mirror/evil.example/cog-1.0.widget").await.status,
        502,
        "no such origin"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_only_the_head_names_is_judged_before_a_byte_is_sent() {
    let stage = Stage::new().await;
    let tag =
        |version: &str| Resource::new("application/x-widget", "the widget itself").header("x-widget-version", version);
    stage.registry.put("/tags/cog/old", tag("1.0"));
    stage.registry.put("/tags/cog/latest", tag("1.1"));
    stage.registry.put("/tags/cog/list", tag("none"));
    stage.registry.put(
        "/tags/cog/broken",
        Resource::new("application/x-widget", "the widget itself"),
    );
    assert_eq!(stage.get("tags/cog/old").await.text(), "the widget itself");
    assert_eq!(
        stage.get("tags/cog/list").await.text(),
        "the widget itself",
        "no component by itself"
    );
    for method in ["GET", "HEAD"] {
        let url = format!("{}/w/tags/cog/latest", stage.proxy.url());
        let refused = Ask::new(method, &url).header("range", "bytes=0-3").send().await;
        assert_eq!(refused.status, 403, "{method}");
        assert!(!refused.text().contains("the widget"), "{}", refused.text());
    }
    let broken = stage.get("tags/cog/broken").await;
    assert_eq!(broken.status, 502);
    assert!(!broken.text().contains("the widget itself"));
    assert_eq!(stage.get("tags/cog/missing").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_pass_are_edited_and_answers_made_up() {
    let stage = Stage::new().await;
    let link = format!("<{}/docs/next>; rel=next", stage.registry.url());
    stage.registry.put(
        "/docs/start",
        Reply::ok("text/html", "<p>docs</p>").header("link", &link),
    );
    let answer = stage.get("docs/start?page=1").await;
    assert_eq!(
        answer.header("link"),
        Some(format!("<{}/w/docs/next>; rel=next", stage.proxy.url()).as_str())
    );
    assert_eq!(stage.registry.received().last().unwrap().target, "/docs/start?page=1");
    let about = stage.get("about").await;
    assert_eq!(
        (about.text().as_str(), about.header("content-type")),
        ("Widgets for all", Some("text/plain; charset=utf-8"))
    );
    assert_eq!(stage.get("nothing/of/the/kind").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_in_the_ecosystems_own_form() {
    let stage = Stage::new().await;
    let answer = stage.get("files/cog-1.1.widget").await;
    assert_eq!(answer.header("content-type"), Some("text/x-widget-error"));
    let id = answer.header("x-osa-request-id").unwrap().to_owned();
    assert!(
        answer.text().starts_with(&format!("widget error 403 ({id}): ")),
        "{}",
        answer.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_setup_are_told_at_start() {
    let stage = Stage::new().await;
    let log = stage.proxy.log();
    assert!(
        log.contains(&format!("widget config set registry {}/w", stage.proxy.url())),
        "{log}"
    );
}

//! What a Go client sees of a module proxy.

use osa_proxy_tests::go::{Goproxy, Module};
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::upstream::{Resource, Upstream};
use osa_proxy_tests::wire::{Answer, Ask};

struct Stage {
    upstream: Goproxy,
    proxy: Proxy,
}

fn cog() -> Module {
    Module::new("example.com/Acme/cog").versions(["v1.0.0", "v1.1.0", "v1.2.0"])
}

const COG: &str = "example.com/!acme/cog";

impl Stage {
    async fn new(change: impl FnOnce(Setup) -> Setup) -> Self {
        let upstream = Goproxy::with(&[cog()]).await;
        let proxy = change(Setup::go(&upstream.server.url(), "")).start();
        Self { upstream, proxy }
    }

    async fn denying(versions: &str) -> Self {
        Self::new(|setup| setup.deny(&[("pkg:golang/example.com/Acme/cog", versions)])).await
    }

    async fn get(&self, path: &str) -> Answer {
        Ask::get(&format!("{}/go/{COG}/{path}", self.proxy.url())).send().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_version_leaves_the_list() {
    let stage = Stage::denying(">=v1.2.0").await;
    let list = stage.get("@v/list").await;
    assert_eq!((list.status, list.text().as_str()), (200, "v1.0.0\nv1.1.0\n"));
    let again = Ask::get(&format!("{}/go/{COG}/@v/list", stage.proxy.url()))
        .header("if-none-match", list.header("etag").unwrap())
        .send()
        .await;
    assert_eq!(again.status, 304);
    let head = Ask::head(&format!("{}/go/{COG}/@v/list", stage.proxy.url()))
        .send()
        .await;
    assert_eq!(head.header("etag"), list.header("etag"));
    assert_eq!(head.header("content-length"), Some("14"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_module_file_is_refused_in_every_way() {
    let stage = Stage::denying("v1.1.0").await;
    stage.upstream.server.forget();
    let url = format!("{}/go/{COG}/@v/v1.1.0.zip", stage.proxy.url());
    for ask in [
        Ask::get(&url),
        Ask::head(&url),
        Ask::get(&url).header("range", "bytes=0-9"),
    ] {
        let answer = ask.send().await;
        assert_eq!((answer.status, answer.header("x-osa-decision")), (403, Some("blocked")));
    }
    let answer = Ask::get(&url).send().await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8"),
        "else go does not show it"
    );
    assert!(answer.text().contains("Nothing harmful"), "{}", answer.text());
    let escaped = url.replace(".zip", "%2ezip").replace("!acme", "%21acme");
    assert_eq!(Ask::get(&escaped).send().await.status, 403);
    assert!(stage.upstream.server.received().is_empty(), "nothing was fetched");
    // The graph that versions are chosen from needs these.
    for about in ["v1.1.0.mod", "v1.1.0.info"] {
        assert_eq!(stage.get(&format!("@v/{about}")).await.status, 200, "{about}");
    }
    let allowed = stage.get("@v/v1.0.0.zip").await;
    let direct = Ask::get(&format!("{}/{COG}/@v/v1.0.0.zip", stage.upstream.server.url()));
    assert_eq!((allowed.status, allowed.body), (200, direct.send().await.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn latest_is_never_a_refused_version() {
    let stage = Stage::denying("v1.2.0").await;
    let latest = stage.get("@latest").await;
    assert_eq!(latest.status, 403);
    assert!(
        latest.text().contains("v1.2.0") && latest.text().contains("Nothing harmful"),
        "{}",
        latest.text()
    );
    let stage = Stage::denying("v1.1.0").await;
    assert_eq!(stage.get("@latest").await.json()["Version"], "v1.2.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_left_is_told_with_the_policies() {
    // Not 404 or 410: then go would ask the next proxy or the origin.
    let stage = Stage::denying("").await;
    let list = stage.get("@v/list").await;
    assert_eq!(list.status, 403);
    assert!(list.text().contains("Nothing harmful"), "{}", list.text());
    let missing = Ask::get(&format!("{}/go/example.com/none/@v/list", stage.proxy.url()))
        .send()
        .await;
    assert_eq!(missing.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn modes_and_switches_hold() {
    let stage = Stage::new(|setup| setup.deny(&[("pkg:golang/**", "")]).codescoring("work-mode: warmup")).await;
    assert_eq!(stage.get("@v/list").await.text(), "v1.0.0\nv1.1.0\nv1.2.0\n");
    assert_eq!(stage.get("@v/v1.2.0.zip").await.status, 200);
    for mode in ["moderate", "strict", "strict_wait"] {
        let stage = Stage::new(|setup| {
            setup
                .deny(&[("pkg:golang/example.com/Acme/cog", ">=v1.2.0")])
                .codescoring(&format!("work-mode: {mode}"))
        })
        .await;
        assert_eq!(stage.get("@v/list").await.text(), "v1.0.0\nv1.1.0\n", "{mode}");
        assert_eq!(stage.get("@v/v1.2.0.zip").await.status, 403, "{mode}");
        assert_eq!(stage.get("@v/v1.1.0.zip").await.status, 200, "{mode}");
    }
    // The format has no mark.
    let stage = Stage::new(|setup| {
        setup
            .deny(&[("pkg:golang/example.com/Acme/cog", ">=v1.2.0")])
            .codescoring("remove-blocked-versions: false")
    })
    .await;
    assert_eq!(stage.get("@v/list").await.text(), "v1.0.0\nv1.1.0\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_manager_and_a_context_change_nothing() {
    let upstream = Goproxy::below("/repository/go-proxy", &[cog()]).await;
    let registry = format!("{}/repository/go-proxy/", upstream.server.url());
    let proxy = Setup::go(&registry, "      url-encoded-config: true\n")
        .deny(&[("pkg:golang/example.com/Acme/cog", "v1.2.0")])
        .start();
    // {"repoManagerHost":"https://nexus.example","repoName":"go"}
    let context = "eyJyZXBvTWFuYWdlckhvc3QiOiJodHRwczovL25leHVzLmV4YW1wbGUiLCJyZXBvTmFtZSI6ImdvIn0";
    for base in ["go".to_owned(), format!("go/{context}")] {
        let list = Ask::get(&format!("{}/{base}/{COG}/@v/list", proxy.url())).send().await;
        assert_eq!(list.text(), "v1.0.0\nv1.1.0\n", "{base}");
        let file = Ask::get(&format!("{}/{base}/{COG}/@v/v1.2.0.zip", proxy.url()))
            .send()
            .await;
        assert_eq!(file.status, 403, "{base}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checksum_database_is_relayed_byte_for_byte() {
    let sumdb = Upstream::start().await;
    let tile = [0_u8, 255, 10, 13];
    sumdb.put(
        "/tile/8/0/000",
        Resource::new("application/octet-stream", tile.to_vec()),
    );
    sumdb.put(
        "/lookup/example.com/!acme/cog@v1.0.0",
        Resource::new("text/plain; charset=UTF-8", "7\nexample.com/Acme/cog v1.0.0 h1:abc=\n"),
    );
    let upstream = Goproxy::with(&[cog()]).await;
    let more = format!("      sumdb-registry: {}\n", sumdb.url());
    let with = Setup::go(&upstream.server.url(), &more).start();
    let ask = |proxy: &Proxy, path: &str| Ask::get(&format!("{}/go/sumdb/sum.example/{path}", proxy.url()));
    assert_eq!(ask(&with, "supported").send().await.status, 200);
    assert!(
        sumdb.received().is_empty() && upstream.server.received().is_empty(),
        "answered by the proxy itself"
    );
    assert_eq!(ask(&with, "tile/8/0/000").send().await.body, tile);
    let lookup = ask(&with, "lookup/example.com/%21acme/cog@v1.0.0").send().await;
    assert!(lookup.text().contains("h1:abc="), "{}", lookup.text());
    let without = Setup::go(&upstream.server.url(), "").start();
    assert_eq!(ask(&without, "supported").send().await.status, 404);
    assert_eq!(
        ask(&without, "lookup/example.com/!acme/cog@v1.0.0").send().await.status,
        404
    );
    assert!(upstream.server.received().is_empty(), "nor is the module proxy asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_type_filter_knows_what_a_package_is() {
    let filter = "      file-type-filter:\n        additional-allowed-extensions: []\n";
    let upstream = Goproxy::with(&[cog()]).await;
    let proxy = Setup::go(&upstream.server.url(), filter).start();
    for path in ["@v/list", "@v/v1.0.0.info", "@v/v1.0.0.mod", "@v/v1.0.0.zip", "@latest"] {
        let answer = Ask::get(&format!("{}/go/{COG}/{path}", proxy.url())).send().await;
        assert_eq!(answer.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_none_are_not_served() {
    let stage = Stage::denying("v1.2.0").await;
    let page = Resource::new("text/html", "<html>v1.2.0</html>");
    stage.upstream.server.put(format!("/{COG}/@v/list"), page);
    stage.upstream.server.put(
        format!("/{COG}/@latest"),
        Resource::new("application/json", "{\"Version\":"),
    );
    for path in ["@v/list", "@latest"] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 502, "{path}: {}", answer.text());
    }
}

#[test]
fn without_its_plugin_the_section_is_a_configuration_error() {
    let setup = Setup::default()
        .plugin("npm")
        .section(&repository("go", "go", "https://registry.example", ""));
    let output = setup.refused();
    assert_eq!(output.status.code(), Some(64));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("go") && text.contains("plugin"), "{text}");
}

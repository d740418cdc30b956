//! What gem and Bundler see of documents and gems.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use md5::Md5;
use osa_proxy_tests::archive::hex;
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::ruby::{Gem, Gems, specs};
use osa_proxy_tests::upstream::{Encoding, Resource, decode};
use osa_proxy_tests::wire::{Answer, Ask};

struct Stage {
    gems: Gems,
    proxy: Proxy,
}

impl Stage {
    async fn with(deny: &[(&str, &str)]) -> Self {
        Self::set(|setup| setup.deny(deny)).await
    }

    async fn set(change: impl FnOnce(Setup) -> Setup) -> Self {
        let gems = Gems::with(&[cog(), widget()]).await;
        let proxy = change(Setup::ruby(&gems.server.url())).start();
        Self { gems, proxy }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/ruby/{path}", self.proxy.url())
    }

    async fn get(&self, path: &str) -> Answer {
        Ask::get(&self.url(path)).send().await
    }
}

fn cog() -> Gem {
    Gem::new("cog").releases(["1.0.0", "2.0.0"])
}

fn widget() -> Gem {
    Gem::new("widget")
        .release("1.0.0", "ruby", &[("cog", ">= 1.0, < 3")])
        .release("1.1.0", "ruby", &[])
        .release("1.1.0", "x86_64-linux", &[])
        .release("2.0.0.rc1", "ruby", &[])
        .release("2.0.0", "ruby", &[])
}

const WIDGET_2: &[(&str, &str)] = &[("pkg:gem/widget", ">=2.0.0")];

/// The info without the lines that begin so.
fn left(gem: &Gem, gone: &[&str]) -> String {
    let info = gem.info();
    let stays = |line: &&str| !gone.iter().any(|gone| line.starts_with(gone));
    info.split_inclusive('\n').filter(stays).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_versions_are_gone_from_an_info_and_the_rest_is_untouched() {
    let stage = Stage::with(WIDGET_2).await;
    let info = stage.get("info/widget").await;
    assert_eq!(info.status, 200, "{}", info.text());
    // The release candidate is below 2.0.0.
    assert_eq!(info.text(), left(&widget(), &["2.0.0 "]));
    assert_eq!(stage.get("info/cog").await.text(), cog().info());
    assert_eq!(stage.get("names").await.text(), "---\ncog\nwidget\n");
    assert_eq!(stage.get("info/nothing").await.status, 404);
    assert_eq!(
        Ask::head(&stage.url("")).send().await.status,
        200,
        "gem looks here first"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_platform_of_a_version_can_be_refused_with_all() {
    let stage = Stage::with(&[("pkg:gem/widget", "=1.1.0")]).await;
    assert_eq!(stage.get("info/widget").await.text(), left(&widget(), &["1.1.0"]));
    for file in ["widget-1.1.0", "widget-1.1.0-x86_64-linux"] {
        assert_eq!(stage.get(&format!("gems/{file}.gem")).await.status, 403, "{file}");
        let gemspec = stage.get(&format!("quick/Marshal.4.8/{file}.gemspec.rz")).await;
        assert_eq!(gemspec.status, 403, "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_entity_tag_is_the_md5_that_bundler_looks_for() {
    let stage = Stage::with(WIDGET_2).await;
    for path in ["info/widget", "info/cog", "versions"] {
        let plain = stage.get(path).await;
        let tag = format!("\"{}\"", hex::<Md5>(&plain.body));
        assert_eq!(plain.header("etag"), Some(tag.as_str()), "{path}");
        let again = Ask::get(&stage.url(path)).header("if-none-match", &tag).send().await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let head = Ask::head(&stage.url(path)).send().await;
        assert_eq!((head.status, head.header("etag")), (200, Some(tag.as_str())), "{path}");
        assert_eq!(head.header("content-length"), plain.header("content-length"), "{path}");
    }
    // Upstream's own tag must not hide what policy took out.
    let stale = format!("\"{}\"", hex::<Md5>(widget().info().as_bytes()));
    let answer = Ask::get(&stage.url("info/widget"))
        .header("if-none-match", &stale)
        .send()
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_answer_has_the_md5_of_what_it_unpacks_to() {
    let many: Vec<_> = (0..100).map(|minor| format!("1.{minor}.0")).collect();
    let gems = Gems::with(&[Gem::new("many").releases(many.iter().map(String::as_str))]).await;
    let proxy = Setup::ruby(&gems.server.url())
        .deny(&[("pkg:gem/many", ">=1.99.0")])
        .start();
    let ask =
        Ask::get(&format!("{}/ruby/info/many", proxy.url())).header("accept-encoding", "gzip;q=1.0,deflate;q=0.6");
    let packed = ask.send().await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let plain = decode(Encoding::Gzip, &packed.body);
    assert_eq!(
        packed.header("etag"),
        Some(format!("W/\"{}\"", hex::<Md5>(&plain)).as_str())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_has_no_md5_that_a_copy_could_have() {
    let mut stage = Stage::with(WIDGET_2).await;
    let before = stage.get("versions").await.text();
    for gem in [cog(), widget()] {
        let line = before
            .lines()
            .find(|line| line.starts_with(&format!("{} ", gem.name)))
            .unwrap();
        let md5 = line.rsplit(' ').next().unwrap();
        assert_eq!(md5.len(), 32);
        let served = stage.get(&format!("info/{}", gem.name)).await;
        for copy in [served.body, gem.info().into_bytes()] {
            assert_ne!(md5, hex::<Md5>(&copy));
        }
    }
    // It grows at its end, so that what a client has of it stays good.
    stage.gems.publish(&cog().releases(["2.1.0"]));
    let after = stage.get("versions").await.text();
    assert!(after.starts_with(&before) && after.contains("\ncog 2.1.0 "), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_versions_fits_what_the_client_has() {
    let mut stage = Stage::with(WIDGET_2).await;
    let before = stage.get("versions").await;
    stage.gems.publish(&cog().releases(["2.1.0"]));
    let range = format!("bytes={}-", before.body.len() - 1);
    let ask = Ask::get(&stage.url("versions")).header("range", &range);
    let tag = before.header("etag").unwrap();
    let answer = ask.header("if-none-match", tag).send().await;
    let whole = stage.get("versions").await;
    assert_eq!(answer.header("etag"), whole.header("etag"));
    // One byte of it the client has already.
    assert_eq!(answer.status, 206);
    assert_eq!([&before.body[..], &answer.body[1..]].concat(), whole.body);
    assert_eq!(answer.header("repr-digest"), whole.header("repr-digest"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_marshal_indexes_lose_refused_gems() {
    let stage = Stage::with(&[("pkg:gem/widget", ">=2.0.0"), ("pkg:gem/cog", "=1.0.0")]).await;
    let mut allowed = [cog(), widget()];
    allowed[0].releases.remove(0);
    allowed[1].releases.pop();
    for index in ["specs.4.8.gz", "latest_specs.4.8.gz"] {
        let served = stage.get(index).await;
        assert_eq!(served.status, 200, "{}", served.text());
        let unpacked = decode(Encoding::Gzip, &served.body);
        assert_eq!(texts(&unpacked), texts(&specs(&allowed)), "{index}");
    }
    let none = stage.get("prerelease_specs.4.8.gz").await;
    assert_eq!(decode(Encoding::Gzip, &none.body), b"\x04\x08[\x00");
    // Unchanged where nothing is refused.
    let open = Setup::ruby(&stage.gems.server.url()).start();
    let served = Ask::get(&format!("{}/ruby/specs.4.8.gz", open.url())).send().await;
    assert_eq!(decode(Encoding::Gzip, &served.body), specs(&[cog(), widget()]));
}

/// Names, versions and platforms, by turns.
fn texts(marshal: &[u8]) -> Vec<String> {
    let parts = marshal.split(|byte| *byte == b'"').skip(1);
    parts
        .map(|part| String::from_utf8_lossy(&part[1..=usize::from(part[0]) - 5]).into_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_gem_is_served_in_no_way() {
    let stage = Stage::with(WIDGET_2).await;
    let allowed = stage.get("gems/widget-1.1.0-x86_64-linux.gem").await;
    assert_eq!((allowed.status, &allowed.body), (200, &widget().releases[2].bytes));
    stage.gems.server.forget();
    let url = stage.url("gems/widget-2.0.0.gem");
    for (method, name, value) in [
        ("GET", "x-a", "b"),
        ("HEAD", "x-a", "b"),
        ("GET", "range", "bytes=0-3"),
        ("GET", "if-none-match", "*"),
    ] {
        let answer = Ask::new(method, &url).header(name, value).send().await;
        assert_eq!(answer.status, 403, "{method} {name}");
        assert!(
            method == "HEAD" || answer.text().contains("it does harm"),
            "{}",
            answer.text()
        );
    }
    for path in [
        "downloads/widget-2.0.0.gem",
        "gems/widget-2%2E0.0.gem",
        "gems//widget-2.0.0.gem",
    ] {
        assert_eq!(stage.get(path).await.status, 403, "{path}");
    }
    assert!(stage.gems.server.received().is_empty());
    let part = Ask::get(&stage.url("gems/cog-1.0.0.gem"))
        .header("range", "bytes=4-8")
        .send()
        .await;
    assert_eq!(
        (part.status, part.body.as_slice()),
        (206, &cog().releases[0].bytes[4..9])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_specification_is_served_whole_or_not_at_all() {
    let stage = Stage::with(WIDGET_2).await;
    let allowed = stage.get("quick/Marshal.4.8/widget-1.0.0.gemspec.rz").await;
    assert_eq!((allowed.status, &allowed.body), (200, &widget().releases[0].gemspec));
    let refused = stage.get("quick/Marshal.4.8/widget-2.0.0.gemspec.rz").await;
    assert_eq!(refused.status, 403);
    assert!(!refused.text().contains("specification"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_everything_is_refused_the_reason_is_told() {
    let stage = Stage::with(&[("pkg:gem/widget", "")]).await;
    for path in ["info/widget", "api/v1/versions/widget.json", "api/v1/gems/widget.json"] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("Nothing harmful"), "{path}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(Ask::head(&stage.url(path)).send().await.status, 403, "{path}");
    }
    assert_eq!(stage.get("info/cog").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_api_is_filtered_and_links_here() {
    let stage = Stage::with(WIDGET_2).await;
    let versions = stage.get("api/v1/versions/widget.json").await.json();
    let numbers: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["number"].as_str().unwrap())
        .collect();
    assert_eq!(numbers, ["2.0.0.rc1", "1.1.0", "1.1.0", "1.0.0"]);
    assert_eq!(stage.get("api/v1/gems/widget.json").await.status, 403);
    let gem = stage.get("api/v1/gems/cog.json").await;
    assert_eq!(gem.status, 200, "{}", gem.text());
    assert_eq!(gem.json()["gem_uri"], stage.url("gems/cog-2.0.0.gem"));
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_mark_so_versions_are_removed() {
    let stage = Stage::set(|setup| setup.deny(WIDGET_2).codescoring("remove-blocked-versions: false")).await;
    assert_eq!(stage.get("info/widget").await.text(), left(&widget(), &["2.0.0 "]));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_scanning_of_documents_off_they_pass_and_gems_do_not() {
    let gems = Gems::with(&[widget()]).await;
    let section =
        repository("ruby", "ruby", &gems.server.url(), "").replace("scan-manifest: true", "scan-manifest: false");
    let proxy = Setup::default().plugin("ruby").section(&section).deny(WIDGET_2).start();
    let get = async |path: &str| Ask::get(&format!("{}/ruby/{path}", proxy.url())).send().await;
    assert_eq!(get("info/widget").await.text(), widget().info());
    assert_eq!(get("gems/widget-2.0.0.gem").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_type_filter_takes_gems_and_lets_documents_be() {
    let gems = Gems::with(&[widget()]).await;
    let filter = "      file-type-filter:\n        additional-allowed-extensions: []\n";
    let section = repository("ruby", "ruby", &gems.server.url(), filter);
    let proxy = Setup::default().plugin("ruby").section(&section).start();
    for path in [
        "gems/widget-1.0.0.gem",
        "info/widget",
        "specs.4.8.gz",
        "quick/Marshal.4.8/widget-1.0.0.gemspec.rz",
    ] {
        let answer = Ask::get(&format!("{}/ruby/{path}", proxy.url())).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_is_kept_in_links_and_a_base_path_before_them() {
    let gems = Gems::with(&[]).await;
    let base = format!("{}/artifactory/api/gems/proxied", gems.server.url());
    for (path, body) in [("info/cog", cog().info()), ("api/v1/gems/cog.json", cog().json(&base))] {
        gems.server.put(
            format!("/artifactory/api/gems/proxied/{path}"),
            Resource::new("text/plain", body),
        );
    }
    let section = repository("ruby", "ruby", &format!("{base}/"), "      url-encoded-config: true\n");
    let proxy = Setup::default().plugin("ruby").section(&section).start();
    let context = URL_SAFE_NO_PAD.encode(r#"{"repoManagerHost":"https://nexus.example","repoName":"gems"}"#);
    for before in [String::new(), format!("/{context}")] {
        let url = format!("{}/ruby{before}", proxy.url());
        assert_eq!(Ask::get(&format!("{url}/info/cog")).send().await.text(), cog().info());
        let gem = Ask::get(&format!("{url}/api/v1/gems/cog.json")).send().await.json();
        assert_eq!(gem["gem_uri"], format!("{url}/gems/cog-2.0.0.gem"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_keeps_its_promise() {
    let judge = Judge::start(|purl| match purl {
        "pkg:gem/widget@2.0.0" => ("blocked_by_policies", false),
        "pkg:gem/widget@1.1.0?platform=x86_64-linux" => ("blocked_not_scanned", false),
        _ => ("not_blocked", false),
    })
    .await;
    let gems = Gems::with(&[widget()]).await;
    for (mode, listed, refused, unscanned) in [
        ("warmup", true, 200, 200),
        ("spectator", true, 200, 200),
        ("moderate", false, 403, 200),
        ("strict", false, 403, 403),
        ("strict_wait", false, 403, 403),
    ] {
        let proxy = Setup::ruby(&gems.server.url())
            .codescoring(&format!("url: {}", judge.url()))
            .codescoring(&format!("token: {TOKEN}"))
            .codescoring("scan-wait-timeout: 1s")
            .codescoring(&format!("work-mode: {mode}"))
            .start();
        let get = async |path: &str| Ask::get(&format!("{}/ruby/{path}", proxy.url())).send().await;
        let expected = if listed {
            widget().info()
        } else {
            left(&widget(), &["2.0.0 "])
        };
        assert_eq!(get("info/widget").await.text(), expected, "{mode}");
        assert_eq!(get("gems/widget-2.0.0.gem").await.status, refused, "{mode}");
        assert_eq!(
            get("gems/widget-1.1.0-x86_64-linux.gem").await.status,
            unscanned,
            "{mode}"
        );
    }
    // /versions names every version there is, and nobody is asked about them.
    let before = judge.asked().len();
    let proxy = Setup::ruby(&gems.server.url())
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring(&format!("token: {TOKEN}"))
        .start();
    assert_eq!(
        Ask::get(&format!("{}/ruby/versions", proxy.url())).send().await.status,
        200
    );
    assert_eq!(judge.asked().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_documents_are_upstreams_fault() {
    let stage = Stage::with(&[]).await;
    let put = |path: &str, body: &[u8]| {
        stage
            .gems
            .server
            .put(path, Resource::new("application/octet-stream", body.to_vec()));
    };
    for body in [
        &b"\x04\x08[\x04\xff\xff\xff\x7f"[..],
        b"\x04\x08[\x06o:\x0bObject\x00",
        b"<html>",
        b"",
    ] {
        put("/specs.4.8", body);
        let answer = stage.get("specs.4.8").await;
        assert_eq!(answer.status, 502, "{body:?}: {}", answer.text());
    }
    put("/specs.4.8.gz", b"no gzip");
    assert_eq!(stage.get("specs.4.8.gz").await.status, 502);
    put("/api/v1/versions/widget.json", b"[{\"number\":");
    assert_eq!(stage.get("api/v1/versions/widget.json").await.status, 502);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_pushed() {
    let stage = Stage::with(&[]).await;
    let answer = Ask::new("POST", &stage.url("api/v1/gems")).body("gem").send().await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
    assert!(stage.gems.server.received().is_empty());
}

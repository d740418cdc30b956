//! What Composer sees of documents and archives.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use osa_proxy_tests::composer::{Package, Packages};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::upstream::Resource;
use osa_proxy_tests::wire::{Answer, Ask};
use serde_json::Value;

struct Stage {
    packages: Packages,
    proxy: Proxy,
}

const HELLO: &str = "p2/acme/hello.json";
const NEW: &[(&str, &str)] = &[("pkg:composer/acme/hello", ">=2.1")];

fn hello() -> Package {
    Package::new("acme/hello")
        .release("dev-main", &[])
        .release("v2.1.0", &[("acme/world", "^1.0")])
        .release("v2.0.0", &[("acme/world", "^1.0")])
        .release("1.0.0", &[])
}

impl Stage {
    async fn with(deny: &[(&str, &str)]) -> Self {
        Self::set("", |setup| setup.deny(deny)).await
    }

    /// `more`: further lines of the repository.
    async fn set(more: &str, change: impl FnOnce(Setup) -> Setup) -> Self {
        let packages = Packages::with(&[hello(), Package::new("acme/world").releases(["1.0.0"])]).await;
        let proxy = change(Setup::composer_with(
            &packages.server.url(),
            &packages.files.url(),
            more,
        ))
        .start();
        Self { packages, proxy }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/composer/{path}", self.proxy.url())
    }

    async fn get(&self, path: &str) -> Answer {
        Ask::get(&self.url(path)).send().await
    }

    /// The link to a release's archive, below the repository.
    fn link(version: &str) -> String {
        format!("-/osa/acme/hello/{version}/-/-/packages/{}", hello().archive(version))
    }
}

/// What Composer makes of the differences.
fn expanded(document: &Value) -> Vec<Value> {
    let mut last = Value::Null;
    let versions = document["packages"]["acme/hello"].as_array().unwrap().iter();
    let expand = |delta: &Value| {
        if last.is_null() {
            last = delta.clone();
        } else {
            for (key, value) in delta.as_object().unwrap() {
                last[key] = value.clone();
            }
            last.as_object_mut().unwrap().retain(|_, value| value != "__unset");
        }
        last.clone()
    };
    versions.map(expand).collect()
}

fn versions(document: &Value) -> Vec<String> {
    expanded(document)
        .iter()
        .map(|version| version["version"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_versions_are_gone_and_the_others_are_what_they_were() {
    let stage = Stage::with(&[("pkg:composer/acme/hello", ">=2.1 || =1.0.0")]).await;
    let answer = stage.get(HELLO).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let served = expanded(&answer.json());
    assert_eq!(versions(&answer.json()), ["v2.0.0"]);
    let upstream: Value = serde_json::from_str(&hello().metadata(&stage.packages.files.url(), false)).unwrap();
    let mut expected = expanded(&upstream)[1].clone();
    expected["dist"]["url"] = stage.url(&Stage::link("v2.0.0")).into();
    expected["source"] = Value::Null;
    assert_eq!(served[0], expected);
    assert_eq!(
        versions(&stage.get("p2/acme/hello~dev.json").await.json()),
        ["dev-main"]
    );
    assert_eq!(stage.get("p2/acme/nothing.json").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_leads_nowhere_else() {
    let stage = Stage::with(&[]).await;
    let root = stage.get("packages.json").await;
    let text = root.text();
    let root: Value = root.json();
    assert_eq!(root["metadata-url"], stage.url("p2/%package%.json"));
    assert_eq!(root["notify-batch"], stage.url("downloads/"));
    for upstream in [stage.packages.server.url(), stage.packages.files.url()] {
        assert!(!text.contains(&upstream), "{text}");
    }
    let advisories = root["security-advisories"]["api-url"].as_str().unwrap();
    let answer = Ask::new("POST", advisories).body("packages[0]=acme/hello").send().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"advisories":[]}"#));
    let post = Ask::new("POST", &stage.url("p2/acme/hello.json"))
        .body("x")
        .send()
        .await;
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_judged_as_the_version_of_its_link() {
    let stage = Stage::with(NEW).await;
    let allowed = stage.get(&Stage::link("v2.0.0")).await;
    assert_eq!((allowed.status, &allowed.body), (200, &hello().releases[2].bytes));
    let url = stage.url(&Stage::link("v2.1.0"));
    stage.packages.files.forget();
    for (method, name, value) in [
        ("GET", "x-a", "b"),
        ("HEAD", "x-a", "b"),
        ("GET", "range", "bytes=0-3"),
        ("GET", "if-none-match", "*"),
    ] {
        let answer = Ask::new(method, &url).header(name, value).send().await;
        assert_eq!(answer.status, 403, "{method} {name}");
        let warned = || answer.json()["warning"].as_str().unwrap().contains("it does harm");
        assert!(method == "HEAD" || warned(), "{}", answer.text());
    }
    for path in [
        "-/packages/a.zip",
        "dist/hello-2.1.0.zip",
        "-/files/evil.example/a.zip",
        "-/osa/acme/hello/1.0.0/-/-/files/evil.example/a",
    ] {
        assert_eq!(stage.get(path).await.status, 403, "{path}");
    }
    assert!(stage.packages.files.received().is_empty());
    // Bare, an archive of another host is no JSON.
    let bare = stage.get(&format!("-/packages/{}", hello().archive("v2.1.0"))).await;
    assert_eq!(bare.status, 502, "{}", bare.text());
    let part = Ask::get(&stage.url(&Stage::link("1.0.0")))
        .header("range", "bytes=4-8")
        .send()
        .await;
    assert_eq!(
        (part.status, part.body.as_slice()),
        (206, &hello().releases[3].bytes[4..9])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_file_outlives_the_proxy() {
    let stage = Stage::with(NEW).await;
    let again = Setup::composer(&stage.packages.server.url(), &stage.packages.files.url())
        .deny(NEW)
        .start();
    for (version, status) in [("1.0.0", 200), ("v2.1.0", 403)] {
        let url = format!("{}/composer/{}", again.url(), Stage::link(version));
        assert_eq!(Ask::get(&url).send().await.status, status, "{version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_not_configured_is_told() {
    let packages = Packages::with(&[hello()]).await;
    let section = repository("composer", "composer", &packages.server.url(), "");
    let proxy = Setup::default().plugin("composer").section(&section).start();
    let document = Ask::get(&format!("{}/composer/{HELLO}", proxy.url()))
        .send()
        .await
        .json();
    let url = expanded(&document)[0]["dist"]["url"].as_str().unwrap().to_owned();
    let answer = Ask::get(&url).send().await;
    assert_eq!(answer.status, 403, "{url}");
    let host = packages.files.url().trim_start_matches("http://").to_owned();
    let text = answer.json()["warning"].as_str().unwrap().to_owned();
    assert!(
        text.contains("additional-packages-registries") && text.contains(&host),
        "{text}"
    );
    assert!(
        proxy.wait_for_log("not configured", Duration::from_secs(10)),
        "{}",
        proxy.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_everything_is_refused_the_reason_is_told() {
    let stage = Stage::with(&[("pkg:composer/acme/hello", "")]).await;
    let answer = stage.get(HELLO).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (403, Some("application/json"))
    );
    assert!(
        answer.json()["warning"].as_str().unwrap().contains("Nothing harmful"),
        "{}",
        answer.text()
    );
    assert_eq!(Ask::head(&stage.url(HELLO)).send().await.status, 403);
    // Versions may be allowed all the same, and Composer asks for both.
    let branches = stage.get("p2/acme/hello~dev.json").await;
    assert_eq!(branches.status, 200);
    assert!(versions(&branches.json()).is_empty());
    assert!(
        branches.json()["warning"].as_str().unwrap().contains("it does harm"),
        "{}",
        branches.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_are_of_what_is_served() {
    let stage = Stage::with(NEW).await;
    let whole = stage.get(HELLO).await;
    let etag = whole.header("etag").unwrap().to_owned();
    let again = Ask::get(&stage.url(HELLO)).header("if-none-match", &etag).send().await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    // Composer asks by date, and upstream's must not hide what policy took out.
    let dated = Ask::get(&stage.url(HELLO))
        .header("if-modified-since", "Mon, 01 Apr 2024 00:00:05 GMT")
        .send()
        .await;
    assert_eq!((dated.status, &dated.body), (200, &whole.body));
    let packed = Ask::get(&stage.url(HELLO))
        .header("accept-encoding", "gzip")
        .send()
        .await;
    assert_eq!(packed.decoded(), whole.body);
    let head = Ask::head(&stage.url(HELLO)).send().await;
    assert_eq!(head.header("content-length"), whole.header("content-length"));
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_mark_so_versions_are_removed() {
    let stage = Stage::set("", |setup| {
        setup.deny(NEW).codescoring("remove-blocked-versions: false")
    })
    .await;
    assert_eq!(versions(&stage.get(HELLO).await.json()), ["v2.0.0", "1.0.0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_scanning_of_documents_off_they_pass_and_archives_do_not() {
    let packages = Packages::with(&[hello()]).await;
    let more = format!("      packages-registry: {}\n", packages.files.url());
    let section = repository("composer", "composer", &packages.server.url(), &more)
        .replace("scan-manifest: true", "scan-manifest: false");
    let proxy = Setup::default().plugin("composer").section(&section).deny(NEW).start();
    let get = async |path: &str| Ask::get(&format!("{}/composer/{path}", proxy.url())).send().await;
    // Their links lead here all the same, and nowhere else.
    let served = get(HELLO).await;
    assert_eq!(versions(&served.json()), ["v2.1.0", "v2.0.0", "1.0.0"]);
    assert!(!served.text().contains(&packages.files.url()), "{}", served.text());
    assert_eq!(get(&Stage::link("v2.1.0")).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_type_filter_knows_archives_by_commit() {
    let filter = "      file-type-filter:\n        additional-allowed-extensions: []\n";
    let stage = Stage::set(filter, |setup| setup).await;
    for path in [&Stage::link("1.0.0"), HELLO, "packages.json"] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    let other = stage.get("-/osa/acme/hello/1.0.0/-/-/packages/hello.phar").await;
    assert_eq!(other.status, 403);
    assert!(other.text().contains("file-type filter"), "{}", other.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_is_kept_in_links_and_a_base_path_before_them() {
    let packages = Packages::with(&[]).await;
    let base = format!("{}/artifactory/api/composer/php", packages.server.url());
    let files = format!("{}/archives", packages.server.url());
    packages.put_json(
        "/artifactory/api/composer/php/p2/acme/hello.json",
        &hello().metadata(&files, false),
    );
    packages.put_json(
        "/artifactory/api/composer/php/packages.json",
        r#"{"metadata-url": "/artifactory/api/composer/php/p2/%package%.json"}"#,
    );
    let proxy = Setup::composer_with(&format!("{base}/"), &files, "      url-encoded-config: true\n").start();
    let context = URL_SAFE_NO_PAD.encode(r#"{"repoManagerHost":"https://nexus.example","repoName":"php"}"#);
    for before in [String::new(), format!("/{context}")] {
        let url = format!("{}/composer{before}", proxy.url());
        let root = Ask::get(&format!("{url}/packages.json")).send().await.json();
        assert_eq!(root["metadata-url"], format!("{url}/p2/%package%.json"));
        let document = Ask::get(&format!("{url}/{HELLO}")).send().await.json();
        assert_eq!(
            expanded(&document)[0]["dist"]["url"],
            format!("{url}/{}", Stage::link("v2.1.0"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_by_its_digest_is_served_whole_or_not_at_all() {
    let stage = Stage::with(NEW).await;
    let path = |name: &str| format!("p/acme/{name}${}.json", "0f".repeat(32));
    let put = |name: &str, version: &str| {
        let body = format!(
            r#"{{"packages":{{"acme/{name}":{{"{version}":{{"name":"acme/{name}","version":"{version}","source":{{}}}}}}}}}}"#
        );
        stage.packages.put_json(&format!("/{}", path(name)), &body);
        body
    };
    let world = put("world", "1.0.0");
    put("hello", "2.1.0");
    assert_eq!(stage.get(&path("world").replace('$', "%24")).await.text(), world);
    assert_eq!(stage.get(&path("hello")).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_keeps_its_promise() {
    let judge = Judge::start(|purl| match purl {
        "pkg:composer/acme/hello@v2.1.0" => ("blocked_by_policies", false),
        "pkg:composer/acme/hello@1.0.0" => ("blocked_not_scanned", false),
        _ => ("not_blocked", false),
    })
    .await;
    for (mode, listed, refused, unscanned) in [
        ("warmup", 3, 200, 200),
        ("spectator", 3, 200, 200),
        ("moderate", 2, 403, 200),
        ("strict", 2, 403, 403),
        ("strict_wait", 2, 403, 403),
    ] {
        let stage = Stage::set("", |setup| {
            setup
                .codescoring(&format!("url: {}", judge.url()))
                .codescoring(&format!("token: {TOKEN}"))
                .codescoring("scan-wait-timeout: 1s")
                .codescoring(&format!("work-mode: {mode}"))
        })
        .await;
        assert_eq!(versions(&stage.get(HELLO).await.json()).len(), listed, "{mode}");
        assert_eq!(stage.get(&Stage::link("v2.1.0")).await.status, refused, "{mode}");
        assert_eq!(stage.get(&Stage::link("1.0.0")).await.status, unscanned, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_documents_are_upstreams_fault() {
    let stage = Stage::with(&[]).await;
    for body in [
        "",
        "<html>",
        r#"{"packages":{"acme/hello":[{"version":"1"},]}}"#,
        r#"{"packages":{"acme/hello":[{"version":"1","version":"2"}]}}"#,
        r#"{"minified":"composer/3.0"}"#,
    ] {
        stage
            .packages
            .server
            .put(format!("/{HELLO}"), Resource::new("application/json", body));
        let answer = stage.get(HELLO).await;
        assert_eq!(answer.status, 502, "{body}: {}", answer.text());
    }
}

#[test]
fn mistakes_in_the_section_are_told() {
    let section = |more: &str| repository("composer", "composer", "https://registry.example", more);
    for (setup, word) in [
        (Setup::default().plugin("npm").section(&section("")), "composer"),
        (
            Setup::default()
                .plugin("composer")
                .section(&section("      source: git\n")),
            "neither `remove` nor `keep`",
        ),
        (
            Setup::default()
                .plugin("composer")
                .section(&section("      sources: keep\n")),
            "sources",
        ),
    ] {
        let output = setup.refused();
        let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "{text}");
        assert!(text.contains(word) && text.contains("osa-proxy.yml"), "{text}");
    }
}

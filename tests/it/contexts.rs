//! The repository context: from the path, from the registry's URL, to Judge and into the links.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::upstream::{Reply, Resource, Upstream};
use osa_proxy_tests::wire::Ask;
use serde_json::{Value, json};

/// Both alphabets and both paddings write this differently.
const CONTEXT: &str = r#"{"repoManagerHost":"https://nexus.example.com/","repoName":"cogs~?>>"}"#;

struct Stage {
    registry: Upstream,
    judge: Judge,
    proxy: Proxy,
}

impl Stage {
    /// `folder`: where the registry is on its host.
    async fn new(folder: &str, more: &str) -> Self {
        let registry = Upstream::start().await;
        let judge = Judge::start(|_| ("not_blocked", false)).await;
        let url = format!("{}{folder}", registry.url());
        registry.put(
            format!("{folder}/cog/index.txt"),
            Resource::new("text/plain", format!("cog 1.0 {url}/files/cog-1.0.widget\n")),
        );
        registry.put(
            format!("{folder}/files/cog-1.0.widget"),
            Resource::new("application/x-widget", "bytes"),
        );
        let proxy = Setup::default()
            .plugin("widget")
            .section(&repository("widget", "w", &url, more))
            .section("cache: {judge: {enabled: true}}\n")
            .codescoring(&format!("url: {}", judge.url()))
            .codescoring(&format!("token: {TOKEN}"))
            .start();
        Self { registry, judge, proxy }
    }

    /// Status and text of a path below the repository.
    async fn get(&self, path: &str) -> (u16, String) {
        let answer = Ask::get(&format!("{}/w/{path}", self.proxy.url())).send().await;
        (answer.status, answer.text())
    }

    /// The contexts of all questions since the last look.
    fn contexts(&self) -> Vec<Value> {
        let questions = self.judge.questions();
        self.judge.forget();
        questions.iter().map(|question| question["context"].clone()).collect()
    }
}

fn nexus() -> Value {
    json!({ "repo_manager_host": "https://nexus.example.com", "repo_name": "cogs~?>>" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_of_any_base64_is_the_context_and_links_keep_it() {
    let stage = Stage::new("", "      url-encoded-config: true\n").await;
    let mut asked = 0;
    for encoding in [&URL_SAFE, &URL_SAFE_NO_PAD, &STANDARD, &STANDARD_NO_PAD] {
        let bare = encoding.encode(CONTEXT);
        // Padding may come as it is; a slash of the standard alphabet cannot.
        for segment in [
            bare.replace('/', "%2F"),
            bare.replace('/', "%2f").replace('=', "%3D").replace('+', "%2B"),
        ] {
            let (status, text) = stage.get(&format!("{segment}/cog/index.txt")).await;
            let link = format!("{}/w/{segment}/files/cog-1.0.widget", stage.proxy.url());
            assert_eq!((status, text), (200, format!("cog 1.0 {link}\n")), "{segment}");
            let (status, text) = stage.get(link.split_once("/w/").unwrap().1).await;
            assert_eq!((status, text.as_str()), (200, "bytes"), "{segment}");
            for context in stage.contexts() {
                assert_eq!(context, nexus(), "{segment}");
                asked += 1;
            }
        }
    }
    assert!(asked > 0, "Judge is told");
    // Without it there is no context, and the verdict is another one: asked for, not taken from the cache.
    let (status, text) = stage.get("cog/index.txt").await;
    let link = format!("{}/w/files/cog-1.0.widget", stage.proxy.url());
    assert_eq!((status, text), (200, format!("cog 1.0 {link}\n")));
    assert_eq!(stage.contexts(), [Value::Null]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_context_is_an_ordinary_path() {
    let stage = Stage::new("", "      url-encoded-config: true\n").await;
    for text in [r#"{"a":1}"#, "[1]", "plain text", r#"{"repoName":7}"#] {
        let segment = URL_SAFE.encode(text);
        stage
            .registry
            .put(format!("/docs/{segment}"), Reply::ok("text/plain", "a page"));
        assert_eq!(
            stage.get(&format!("docs/{segment}")).await,
            (200, "a page".to_owned()),
            "{text}"
        );
        // In front it is a package of that name, which there is not.
        stage.registry.forget();
        assert_eq!(stage.get(&format!("{segment}/index.txt")).await.0, 404, "{text}");
        assert_eq!(stage.registry.received()[0].target, format!("/{segment}/index.txt"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_a_segment_is_an_ordinary_path() {
    let stage = Stage::new("", "").await;
    let segment = URL_SAFE_NO_PAD.encode(CONTEXT);
    assert_eq!(stage.get(&format!("{segment}/cog/index.txt")).await.0, 404);
    assert!(stage.contexts().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_managers_url_is_a_context_unless_the_path_names_one() {
    for folder in [
        "/repository/cogs",
        "/repository/cogs/v3",
        "/artifactory/cogs",
        "/artifactory/api/npm/cogs",
        "/artifactory/api/pypi/cogs",
        "/artifactory/api/go/cogs",
        "/artifactory/api/nuget/v3/cogs",
        "/artifactory/api/gems/cogs",
    ] {
        let stage = Stage::new(folder, "      url-encoded-config: true\n").await;
        assert_eq!(stage.get("cog/index.txt").await.0, 200, "{folder}");
        let told = json!({ "repo_manager_host": stage.registry.url(), "repo_name": "cogs" });
        assert_eq!(stage.contexts(), [told], "{folder}");
        let segment = URL_SAFE_NO_PAD.encode(CONTEXT);
        assert_eq!(stage.get(&format!("{segment}/cog/index.txt")).await.0, 200, "{folder}");
        assert_eq!(stage.contexts(), [nexus()], "{folder}");
    }
    let plain = Stage::new("/mirror", "").await;
    assert_eq!(plain.get("cog/index.txt").await.0, 200);
    assert_eq!(plain.contexts(), [Value::Null]);
}

//! Tokens: challenges that lead here, and the token service behind.

use osa_proxy_tests::docker::{BASIC, Images, bearer};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::oci::{Image, OCI_MANIFEST, digest};
use osa_proxy_tests::proxy::{Setup, by_host};
use osa_proxy_tests::upstream::{Received, Reply};
use osa_proxy_tests::wire::Ask;

use super::{ask, error, get, setup};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_fetched_through_the_proxy() {
    let images = Images::guarded().await;
    let image = Image::new("app");
    images.push("library/app", "1", &image);
    let more = format!(
        "      library-prefix: true\n      auth-token-url: {}\n",
        images.tokens.url()
    );
    let proxy = setup(&images, &more).start();
    let realm = format!("realm=\"{}/token\"", proxy.url());
    let blob = format!("app/blobs/{}", digest(&image.blobs[0]));
    for (method, path) in [
        ("GET", ""),
        ("GET", "app/manifests/1"),
        ("HEAD", "app/manifests/1"),
        ("GET", blob.as_str()),
        ("HEAD", &blob),
        ("GET", "app/tags/list"),
    ] {
        let answer = ask(method, &proxy, path).send().await;
        assert_eq!(answer.status, 401, "{method} {path}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.starts_with(&format!("Bearer {realm},service=\"registry.example\"")),
            "{challenge}"
        );
        assert_eq!(
            challenge.contains("scope=\"repository:library/app:pull\""),
            !path.is_empty(),
            "{challenge}"
        );
    }
    assert_eq!(error(&get(&proxy, "app/manifests/1").await).0, "UNAUTHORIZED");

    let url = format!(
        "{}/token?service=registry.example&scope=repository%3Aapp%3Apull",
        proxy.url()
    );
    let refused = Ask::get(&url).send().await;
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (401, Some("Basic realm=\"tokens\""))
    );
    let token = Ask::get(&url).header("authorization", BASIC).send().await;
    let token = token.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(token, bearer("repository:library/app:pull"));
    let held = format!("Bearer {token}");
    for (method, path) in [
        ("HEAD", "app/manifests/1"),
        ("GET", "library/app/manifests/1"),
        ("GET", "app/tags/list"),
        ("GET", blob.as_str()),
    ] {
        let answer = ask(method, &proxy, path).header("authorization", &held).send().await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
    }
    assert!(
        images
            .store
            .received()
            .iter()
            .all(|request| request.header("authorization").is_none())
    );
    assert!(
        images
            .registry
            .received()
            .iter()
            .all(|request| request.header("authorization") != Some(BASIC))
    );
    // What one may have is not for others, though it is kept.
    assert_eq!(get(&proxy, "app/manifests/1").await.status, 401);
    assert!(!proxy.log().contains(&token) && !proxy.log().contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_service_is_asked_where_it_is_configured() {
    let images = Images::guarded().await;
    let at = |path: &'static str| {
        images
            .tokens
            .put(path, move |_: &Received| Reply::ok("text/plain", path));
    };
    at("/my/tokens");
    at("/service/token");
    let proxy = setup(
        &images,
        &format!("      auth-token-url: {}/my/tokens\n", images.tokens.url()),
    )
    .start();
    assert_eq!(
        Ask::get(&format!("{}/token?a=b", proxy.url())).send().await.text(),
        "/my/tokens"
    );
    let posted = Ask::new("POST", &format!("{}/token", proxy.url())).body("grant_type=password&password=s3cret");
    assert_eq!(posted.send().await.text(), "/my/tokens");
    let received = images.tokens.received();
    assert_eq!(
        (received[0].query(), &*received[1].body),
        (Some("a=b"), &b"grant_type=password&password=s3cret"[..])
    );

    let with_user = images.tokens.url().replace("//", "//bob:s3cret@");
    let proxy = setup(&images, &format!("      auth-token-url: {with_user}\n")).start();
    assert_eq!(
        Ask::get(&format!("{}/token/service/token", proxy.url()))
            .send()
            .await
            .text(),
        "/service/token"
    );
    assert_eq!(
        images.tokens.received_at("/service/token")[0].header("authorization"),
        Some(BASIC)
    );
    for path in ["/token/v2/app/manifests/1", "/token/my/tokens"] {
        let answer = Ask::get(&format!("{}{path}", proxy.url())).send().await;
        assert_eq!(
            (answer.status, error(&answer).0.as_str()),
            (404, "UNSUPPORTED"),
            "{path}"
        );
    }

    // Not configured: the registry's own host.
    images.registry.put("/v2/token", Reply::ok("text/plain", "own"));
    let challenge = format!("Bearer realm=\"{}/v2/token\"", images.url());
    images
        .registry
        .put("/v2/", Reply::new(401).header("www-authenticate", &challenge));
    let proxy = setup(&images, "").start();
    let asked = get(&proxy, "").await;
    let realm = format!("{}/token/v2/token", proxy.url());
    assert_eq!(
        asked.header("www-authenticate"),
        Some(format!("Bearer realm=\"{realm}\"").as_str())
    );
    assert_eq!(Ask::get(&realm).send().await.text(), "own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_may_lie_below_a_path() {
    let images = Images::open().await;
    let image = Image::new("app");
    let manifest = image.manifest.clone();
    let base = "/artifactory/api/docker/hub-remote";
    images
        .registry
        .put(format!("{base}/v2/acme/app/manifests/1"), move |_: &Received| {
            Reply::ok(OCI_MANIFEST, manifest.clone())
        });
    let token = format!("{}{base}/v2/token", images.url());
    images.registry.put(
        format!("{base}/v2/"),
        Reply::new(401).header(
            "www-authenticate",
            &format!("Bearer realm=\"{token}\",service=\"jfrog\""),
        ),
    );
    images
        .registry
        .put(format!("{base}/v2/token"), Reply::ok("application/json", "{}"));
    let judge = Judge::start(|_| ("not_blocked", false)).await;
    let section = by_host("docker", &[("hub", &format!("{}{base}", images.url()), "")]);
    let proxy = Setup::default()
        .plugin("docker")
        .section(&section)
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring(&format!("token: {TOKEN}"))
        .start();
    assert_eq!(get(&proxy, "acme/app/manifests/1").await.body, image.manifest);
    let question = &judge.questions()[0];
    assert_eq!(
        question["context"]["repo_name"]
            .as_str()
            .or(question["context"]["repoName"].as_str()),
        Some("hub-remote")
    );
    let challenge = get(&proxy, "").await;
    let realm = format!("{}/token/v2/token", proxy.url());
    assert_eq!(
        challenge.header("www-authenticate"),
        Some(format!("Bearer realm=\"{realm}\",service=\"jfrog\"").as_str())
    );
    assert_eq!(Ask::get(&realm).send().await.status, 200);
}

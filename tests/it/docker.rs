//! Container images through the real plugin: what is judged, by which name, on every way to it; tokens, blobs, mirrors, and
//! registries that lie.

use osa_proxy_tests::docker::{BASIC, Images, bearer};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::oci::{DOCKER_MANIFEST, Image, OCI_INDEX, OCI_MANIFEST, digest};
use osa_proxy_tests::proxy::{Proxy, Setup, by_host};
use osa_proxy_tests::upstream::{Encoding, Fault, Received, Reply, encode};
use osa_proxy_tests::wire::{Answer, Ask};

const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";

fn setup(images: &Images, more: &str) -> Setup {
    Setup::default()
        .plugin("docker")
        .section(&by_host("docker", &[("hub", &images.url(), more)]))
}

fn ask(method: &str, proxy: &Proxy, path: &str) -> Ask {
    Ask::new(method, &format!("{}/v2/{path}", proxy.url()))
        .header("accept", ACCEPT)
        .header("accept", DOCKER_MANIFEST)
        .header("accept-encoding", "gzip")
}

async fn get(proxy: &Proxy, path: &str) -> Answer {
    ask("GET", proxy, path).send().await
}

/// The code and the message of a registry's error.
fn error(answer: &Answer) -> (String, String) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{}",
        answer.text()
    );
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let text = |member: &str| body["errors"][0][member].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_comes_byte_for_byte() {
    let images = Images::open().await;
    let (small, both) = (Image::docker("small"), Image::two_platforms("both"));
    images.push("acme/tools/small", "1.0", &small);
    images.push("acme/both", "latest", &both);
    let proxy = setup(&images, "").start();
    for (name, reference, image) in [
        ("acme/tools/small", "1.0", &small),
        ("acme/tools/small", &small.digest(), &small),
        ("acme/both", "latest", &both),
        ("acme/both", &both.digest(), &both),
        ("acme/both", &both.parts[0].digest(), &both.parts[0]),
        ("acme/both", &both.parts[1].digest(), &both.parts[1]),
    ] {
        let path = format!("{name}/manifests/{reference}");
        images.registry.forget();
        let head = ask("HEAD", &proxy, &path).send().await;
        assert_eq!(images.methods(&format!("/v2/{path}")), "HEAD", "{path}");
        let whole = get(&proxy, &path).await;
        assert_eq!((head.status, whole.status), (200, 200), "{path}: {}", whole.text());
        assert_eq!(whole.body, image.manifest, "{path}");
        let etag = format!("\"{}\"", image.digest());
        for answer in [&head, &whole] {
            assert_eq!(answer.header("content-type"), Some(image.media_type));
            assert_eq!(answer.header("docker-content-digest"), Some(image.digest().as_str()));
            assert_eq!(answer.header("docker-distribution-api-version"), Some("registry/2.0"));
            assert_eq!(answer.header("etag"), Some(etag.as_str()));
            assert_eq!(
                answer.header("content-length"),
                Some(image.manifest.len().to_string().as_str())
            );
            assert_eq!(answer.header("content-encoding"), None);
        }
        let held = ask("GET", &proxy, &path).header("if-none-match", &etag).send().await;
        assert_eq!((held.status, held.body.len()), (304, 0), "{path}");
    }
    // All lines of Accept count.
    let asked = images.registry.received();
    let accepts = asked[0]
        .headers
        .iter()
        .filter(|(name, _)| name == "accept")
        .map(|(_, value)| value.as_str());
    assert_eq!(accepts.collect::<Vec<_>>(), [ACCEPT, DOCKER_MANIFEST]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_digest_is_refused_on_every_way_to_it() {
    let images = Images::open().await;
    let (good, both) = (Image::new("good"), Image::two_platforms("both"));
    let (bad, other) = (&both.parts[0], &both.parts[1]);
    images.push("acme/app", "good", &good);
    images.push("acme/app", "both", &both);
    images.push("acme/app", "bad", bad);
    let proxy = setup(&images, "")
        .deny(&[("pkg:docker/acme/app", &bad.digest())])
        .start();

    assert_eq!(get(&proxy, "acme/app/manifests/good").await.status, 200);
    assert_eq!(get(&proxy, "acme/app/manifests/both").await.body, both.manifest);
    assert_eq!(
        get(&proxy, &format!("acme/app/manifests/{}", other.digest()))
            .await
            .status,
        200
    );
    for reference in ["bad".to_owned(), bad.digest(), bad.digest().replace(':', "%3A")] {
        let path = format!("acme/app/manifests/{reference}");
        let etag = format!("\"{}\"", bad.digest());
        for method in ["GET", "HEAD", "GET"] {
            for (header, value) in [
                ("x-a", "b"),
                ("range", "bytes=0-9"),
                ("if-none-match", &etag),
                ("if-none-match", "*"),
            ] {
                let answer = ask(method, &proxy, &path).header(header, value).send().await;
                assert_eq!(answer.status, 403, "{method} {path} {header}");
                assert_eq!(answer.header("x-osa-decision"), Some("blocked"));
                if method == "GET" {
                    let (code, message) = error(&answer);
                    assert_eq!(code, "DENIED");
                    let expected = format!("pkg:docker/acme/app@{}?repository_url={}", bad.digest(), images.host());
                    assert!(message.starts_with(&expected), "{message}");
                    assert!(
                        message.contains("Nothing harmful") && message.contains("it does harm"),
                        "{message}"
                    );
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_kept_like_an_image_is_judged_like_one() {
    let images = Images::open().await;
    let attested = Image::attested("app");
    images.push("acme/app", "1", &attested);
    let proxy = setup(&images, "").deny(&[("pkg:docker/acme/*", "")]).start();
    assert_eq!(
        get(&proxy, "acme/app/manifests/1").await.status,
        200,
        "an index is no component"
    );
    for part in &attested.parts {
        assert_eq!(
            get(&proxy, &format!("acme/app/manifests/{}", part.digest()))
                .await
                .status,
            403
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_judged_every_time() {
    let images = Images::open().await;
    let image = Image::new("app");
    images.push("acme/app", "1", &image);
    let judge = Judge::start(|_| ("not_blocked", false)).await;
    let proxy = setup(&images, "")
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring(&format!("token: {TOKEN}"))
        .start();
    for round in 1..=3 {
        assert_eq!(get(&proxy, "acme/app/manifests/1").await.body, image.manifest);
        assert_eq!(judge.asked().len(), round);
    }
    // The second and third time upstream was only asked whether it still holds.
    let asked = images.registry.received_at("/v2/acme/app/manifests/1");
    let etag = format!("\"{}\"", image.digest());
    assert_eq!(asked.len(), 3);
    assert!(
        asked[1..]
            .iter()
            .all(|request| request.header("if-none-match") == Some(&etag))
    );
    let by_tag = format!(
        "pkg:docker/acme/app@{}?repository_url={}&tag=1",
        image.digest(),
        images.host()
    );
    assert_eq!(judge.asked()[0], by_tag);
    assert_eq!(judge.questions()[0]["package_type"], "docker");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_work_mode_treats_an_image_as_a_package() {
    let images = Images::open().await;
    for name in ["good", "bad", "new"] {
        images.push(&format!("acme/{name}"), "1", &Image::new(name));
    }
    let judge = Judge::start(|purl| match purl.split('@').next() {
        Some("pkg:docker/acme/bad") => ("blocked_by_policies", false),
        Some("pkg:docker/acme/new") => ("blocked_not_scanned", false),
        _ => ("not_blocked", false),
    })
    .await;
    for (mode, bad, new) in [
        ("warmup", 200, 200),
        ("spectator", 200, 200),
        ("moderate", 403, 200),
        ("strict", 403, 403),
        ("strict_wait", 403, 403),
    ] {
        let proxy = setup(&images, "")
            .codescoring(&format!("url: {}", judge.url()))
            .codescoring(&format!("token: {TOKEN}"))
            .codescoring("scan-wait-timeout: 1s")
            .codescoring(&format!("work-mode: {mode}"))
            .start();
        for method in ["GET", "HEAD"] {
            for (name, status) in [("good", 200), ("bad", bad), ("new", new)] {
                let answer = ask(method, &proxy, &format!("acme/{name}/manifests/1")).send().await;
                assert_eq!(answer.status, status, "{mode} {method} {name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_have_hosts_of_their_own() {
    let (hub, company) = (Images::open().await, Images::open().await);
    hub.push("library/app", "1", &Image::new("of the hub"));
    company.push("app", "1", &Image::new("of the company"));
    let section = by_host(
        "docker",
        &[
            (
                "dockerhub",
                &hub.url(),
                "      library-prefix: true\n      work-mode: moderate\n",
            ),
            ("company", &company.url(), ""),
        ],
    );
    let proxy = Setup::default()
        .plugin("docker")
        .section(&section)
        .deny(&[("pkg:docker/app", "")])
        .start();
    let from = async |host: &str, path: &str| ask("GET", &proxy, path).header("host", host).send().await;
    let served = from("dockerhub.osa.example", "app/manifests/1").await;
    assert_eq!(served.body, Image::new("of the hub").manifest, "{}", served.text());
    assert_eq!(from("company.osa.example:8443", "app/manifests/1").await.status, 403);
    let nobody = from("osa.example", "app/manifests/1").await;
    assert_eq!(nobody.status, 404);
    assert!(
        nobody.text().contains("first label of the host name"),
        "{}",
        nobody.text()
    );
    let log = proxy.log();
    for url in [
        "http://dockerhub.localhost:",
        "http://company.localhost:",
        "docker pull company.localhost:",
    ] {
        assert!(log.contains(url), "{url}: {log}");
    }
}

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
async fn blobs_are_streamed_from_where_they_are() {
    let images = Images::open().await;
    let image = Image::new("app");
    images.push("acme/app", "1", &image);
    let proxy = setup(&images, "").deny(&[("pkg:docker/**", "")]).start();
    let layer = &image.blobs[1];
    let path = format!("acme/app/blobs/{}", digest(layer));
    assert_eq!(&get(&proxy, &path).await.body, layer);
    let head = ask("HEAD", &proxy, &path).send().await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some(layer.len().to_string().as_str()))
    );
    let part = ask("GET", &proxy, &path).header("range", "bytes=3-8").send().await;
    assert_eq!((part.status, part.body.as_slice()), (206, &layer[3..9]));
    assert!(
        images
            .store
            .received()
            .iter()
            .all(|request| request.query() == Some("signature=secret"))
    );

    let body = layer.clone();
    images
        .store
        .put(format!("/blobs/{}", digest(layer)), move |_: &Received| {
            Reply::ok("application/octet-stream", body.clone()).fault(Fault::CloseAfter(5))
        });
    let cut = get(&proxy, &path).await;
    assert!(!cut.whole && cut.body.len() <= 5, "{cut:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_pass_and_their_pages_follow_here() {
    let images = Images::open().await;
    let image = Image::new("app");
    for tag in ["1.0", "1.1", "2.0"] {
        images.push("acme/app", tag, &image);
    }
    let proxy = setup(&images, "").deny(&[("pkg:docker/**", "")]).start();
    let first = get(&proxy, "acme/app/tags/list?n=2").await;
    assert_eq!(first.json()["tags"], serde_json::json!(["1.0", "1.1"]));
    let next = "/v2/acme/app/tags/list?last=1.1&n=2";
    assert_eq!(first.header("link"), Some(format!("<{next}>; rel=\"next\"").as_str()));
    let second = Ask::get(&format!("{}{next}", proxy.url())).send().await;
    assert_eq!(second.json()["tags"], serde_json::json!(["2.0"]));
    assert_eq!(second.header("link"), None);

    let link = format!("<{}/v2/_catalog?last=b>; rel=\"next\"", images.url());
    images.put("/v2/_catalog", "", move |_| {
        Reply::ok("application/json", "{}").header("link", &link)
    });
    let catalog = get(&proxy, "_catalog?n=1").await;
    let expected = format!("<{}/v2/_catalog?last=b>; rel=\"next\"", proxy.url());
    assert_eq!(catalog.header("link"), Some(expected.as_str()));
    let referrers = get(
        &proxy,
        &format!("acme/app/referrers/{}?artifactType=a%2Fb", image.digest()),
    )
    .await;
    assert_eq!(
        (referrers.status, referrers.header("content-type")),
        (200, Some(OCI_INDEX))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_does_not_speak_for_other_registries() {
    let images = Images::open().await;
    images.push("library/app", "1", &Image::new("app"));
    let more = "      library-prefix: true\n      mirror-of: hub.example\n";
    let proxy = setup(&images, more).start();
    for ns in ["hub.example", "HUB.example", &images.host()] {
        assert_eq!(
            get(&proxy, &format!("app/manifests/1?ns={ns}")).await.status,
            200,
            "{ns}"
        );
    }
    images.registry.forget();
    for query in [
        "ns=evil.example",
        "n%73=evil.example",
        "ns=hub.example&ns=evil.example",
        "ns=",
    ] {
        for method in ["GET", "HEAD"] {
            let answer = ask(method, &proxy, &format!("app/manifests/1?{query}")).send().await;
            assert_eq!(answer.status, 403, "{method} {query}");
        }
        let (code, message) = error(&get(&proxy, &format!("app/manifests/1?{query}")).await);
        assert_eq!(code, "DENIED");
        assert!(message.contains("mirror-of"), "{message}");
    }
    assert!(images.registry.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_served_is_told_in_the_registrys_form() {
    let images = Images::open().await;
    let proxy = setup(&images, "").start();
    for (method, path, status, code) in [
        ("POST", "acme/app/blobs/uploads/", 405, "UNSUPPORTED"),
        ("PUT", "acme/app/manifests/1", 405, "UNSUPPORTED"),
        ("DELETE", "acme/app/manifests/1", 405, "UNSUPPORTED"),
        ("GET", "acme/app/manifests/none", 404, "MANIFEST_UNKNOWN"),
        ("GET", "acme/app/what", 404, "UNSUPPORTED"),
        ("GET", "Acme/manifests/1", 400, "NAME_INVALID"),
        ("GET", "acme/app/manifests/sha256:0", 400, "TAG_INVALID"),
    ] {
        let answer = ask(method, &proxy, path).send().await;
        assert_eq!(
            (answer.status, error(&answer).0.as_str()),
            (status, code),
            "{method} {path}"
        );
    }
    for path in [
        "..%2f..%2fadmin/manifests/1",
        "a/%2e%2e/manifests/1",
        "a%5cb/manifests/1",
    ] {
        assert_eq!(get(&proxy, path).await.status, 400, "{path}");
    }
    for path in ["/v1/_ping", "/typo/", "/"] {
        let answer = Ask::get(&format!("{}{path}", proxy.url())).send().await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.text().contains("no repository is named"),
            "{path}: {}",
            answer.text()
        );
    }
    let received = images.registry.received();
    assert_eq!(received.len(), 1, "{received:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_lies_is_not_believed() {
    let images = Images::open().await;
    let image = Image::new("app");
    let other = Image::new("other");
    let good = String::from_utf8(image.manifest.clone()).unwrap();
    let proxy = setup(&images, "      work-mode: warmup\n").start();
    let as_oci = |body: &str| Reply::ok(OCI_MANIFEST, body.to_owned());
    let schema1 = r#"{"schemaVersion":1,"fsLayers":[]}"#;
    let cases: Vec<(&str, Reply, &str)> = vec![
        ("html", as_oci("<html>"), "not what its protocol says"),
        ("empty", as_oci(""), "too early"),
        ("cut", as_oci(&good[..good.len() - 9]), "too early"),
        ("short", as_oci(&good).fault(Fault::CloseAfter(9)), ""),
        ("long", as_oci(&format!("{}{good}", " ".repeat(5 << 20))), "more than"),
        (
            "twice",
            as_oci(&good.replace("\"layers\"", "\"layers\":[],\"layers\"")),
            "layers twice",
        ),
        (
            "types",
            as_oci(&good.replace('{', "{\"mediaType\":\"x\",")),
            "mediaType twice",
        ),
        ("index", Reply::ok(OCI_INDEX, good.clone()), "not of its Content-Type"),
        ("unknown", Reply::ok("text/html", good.clone()), "media type"),
        (
            "schema1",
            Reply::ok("application/vnd.docker.distribution.manifest.v1+prettyjws", schema1),
            "schema version 1",
        ),
        (
            "digest",
            as_oci(&good).header("docker-content-digest", &other.digest()),
            "Docker-Content-Digest",
        ),
        (
            "odd",
            as_oci(&good).header("docker-content-digest", "md5:0"),
            "Docker-Content-Digest",
        ),
    ];
    for (tag, reply, what) in cases {
        images.registry.put(format!("/v2/acme/app/manifests/{tag}"), reply);
        let answer = get(&proxy, &format!("acme/app/manifests/{tag}")).await;
        assert_eq!(answer.status, 502, "{tag}: {}", answer.text());
        let (code, message) = error(&answer);
        assert_eq!(code, "UNAVAILABLE");
        assert!(message.contains(what), "{tag}: {message}");
    }
    let path = format!("acme/app/manifests/{}", other.digest());
    images.registry.put(format!("/v2/{path}"), as_oci(&good));
    let (code, message) = error(&get(&proxy, &path).await);
    assert_eq!(code, "UNAVAILABLE");
    assert!(message.contains("not what was asked for"), "{message}");
    // A head cannot be held against bytes that nobody sends, but what it does not tell is looked at.
    for tag in ["schema1", "unknown", "odd"] {
        let head = ask("HEAD", &proxy, &format!("acme/app/manifests/{tag}")).send().await;
        assert_eq!((head.status, head.body.len()), (502, 0), "{tag}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_tell_is_looked_behind() {
    let images = Images::open().await;
    let image = Image::new("app");
    let manifest = image.manifest.clone();
    images.registry.put("/v2/acme/app/manifests/mute", move |_: &Received| {
        Reply::ok(OCI_MANIFEST, manifest.clone())
    });
    let packed = encode(Encoding::Gzip, &image.manifest);
    images
        .registry
        .put("/v2/acme/app/manifests/packed", move |_: &Received| {
            Reply::ok(OCI_MANIFEST, packed.clone()).header("content-encoding", "gzip")
        });
    let open = setup(&images, "").start();
    let strict = setup(&images, "")
        .deny(&[("pkg:docker/acme/app", &image.digest())])
        .start();
    for tag in ["mute", "packed"] {
        let path = format!("acme/app/manifests/{tag}");
        images.registry.forget();
        let head = ask("HEAD", &open, &path).send().await;
        assert_eq!(images.methods(&format!("/v2/{path}")), "HEAD GET");
        assert_eq!(
            head.header("content-length"),
            Some(image.manifest.len().to_string().as_str())
        );
        assert_eq!(get(&open, &path).await.body, image.manifest);
        assert_eq!(ask("HEAD", &strict, &path).send().await.status, 403);
        assert_eq!(get(&strict, &path).await.status, 403);
    }
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

#[test]
fn a_section_without_its_plugin_or_with_keys_of_others_is_told() {
    let section = by_host("docker", &[("hub", "https://registry.example", "")]);
    let text = |output: std::process::Output| {
        assert_eq!(output.status.code(), Some(64));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let missing = text(Setup::default().section(&section).refused());
    assert!(
        missing.contains("docker.wasm") && missing.contains("docker.enabled: false"),
        "{missing}"
    );
    for (key, expected) in [
        ("scan-package: true", "scan-package"),
        ("scan-manifest: true", "scan-manifest"),
        ("url-encoded-config: true", "url-encoded-config"),
        ("file-type-filter: {}", "file-type-filter"),
        ("mirror-of: https://hub.example", "mirror-of"),
        ("library-prefix: perhaps", "library-prefix"),
    ] {
        let section = by_host(
            "docker",
            &[("hub", "https://registry.example", &format!("      {key}\n"))],
        );
        let told = text(Setup::default().plugin("docker").section(&section).refused());
        assert!(told.contains(expected), "{key}: {told}");
    }
}

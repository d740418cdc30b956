//! What is passed on: blobs, lists, mirrors, and what is not.

use osa_proxy_tests::docker::Images;
use osa_proxy_tests::oci::{Image, OCI_INDEX, digest};
use osa_proxy_tests::proxy::{Setup, by_host};
use osa_proxy_tests::upstream::{Fault, Received, Reply};
use osa_proxy_tests::wire::Ask;

use super::{ask, error, get, setup};

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

    let busy = Reply::new(429).header("retry-after", "7").body("come back later");
    images.registry.put("/v2/acme/app/manifests/busy", busy);
    let answer = get(&proxy, "acme/app/manifests/busy").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
    assert_eq!(error(&answer).0, "TOOMANYREQUESTS");
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

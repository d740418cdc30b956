//! Images: byte for byte, by tag and by digest, and refused on every way to them.

use osa_proxy_tests::docker::Images;
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::oci::{DOCKER_MANIFEST, Image};

use super::{ACCEPT, ask, error, get, setup};

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

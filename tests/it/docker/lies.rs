//! Registries whose answers are not what they say.

use osa_proxy_tests::docker::Images;
use osa_proxy_tests::oci::{Image, OCI_INDEX, OCI_MANIFEST};
use osa_proxy_tests::upstream::{Encoding, Fault, Received, Reply, encode};

use super::{ask, error, get, setup};

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

//! Which component a manifest is, from its bytes and from its head.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "helpers of tests"
)]

use osa_plugin_docker::{Docker, Plugin};
use osa_plugin_sdk::conformance::{self, Case, get};
use osa_plugin_sdk::{Error, Guest as _, GuestRepository as _, Head, Request};
use proptest::prelude::*;
use sha2::Digest as _;

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

fn docker(registry: &str) -> Docker {
    Docker::new(&format!("{{\"registry\": \"{registry}\"}}")).unwrap()
}

fn image(media_type: &str) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{{"mediaType":"c","digest":"sha256:0","size":2}},"layers":[{{"size":1}}]}}"#
    )
}

fn index(media_type: &str) -> String {
    format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}","manifests":[{{"digest":"sha256:0","platform":{{}}}}]}}"#)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(body: &str) -> String {
    format!("sha256:{}", hex(&sha2::Sha256::digest(body)))
}

fn head(headers: &[(&str, &str)]) -> Head {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Head {
        status: 200,
        headers: headers.collect(),
    }
}

fn by_tag() -> Request {
    get("v2/acme/app/manifests/1.0")
}

fn by(digest: &str) -> Request {
    get(&format!("v2/acme/app/manifests/{digest}"))
}

/// The package URL, none, or what is wrong.
fn scan(docker: &Docker, request: Request, headers: &[(&str, &str)], body: &str) -> Result<Option<String>, String> {
    let index = docker
        .scan(request, head(headers), body.as_bytes().to_vec())
        .map_err(|error| match error {
            Error::Malformed(text) => format!("malformed: {text}"),
            Error::Unsupported(text) => format!("unsupported: {text}"),
        })?;
    assert!(index.suffixes().len() < 2);
    Ok(index.purls().pop())
}

#[track_caller]
fn wrong(headers: &[(&str, &str)], body: &str, what: &str) {
    let error = scan(&docker("https://r.example"), by_tag(), headers, body).unwrap_err();
    assert!(error.contains(what), "{error}");
}

#[test]
fn an_image_is_named_by_its_bytes() {
    for media_type in [OCI, DOCKER] {
        let body = image(media_type);
        let digest = sha256(&body);
        let told = [("content-type", media_type), ("docker-content-digest", digest.as_str())];
        let hub = docker("https://registry-1.docker.io");
        assert_eq!(
            scan(&hub, by_tag(), &told, &body),
            Ok(Some(format!("pkg:docker/acme/app@{digest}?tag=1.0")))
        );
        assert_eq!(
            scan(&hub, by(&digest), &told, &body),
            Ok(Some(format!("pkg:docker/acme/app@{digest}")))
        );
        assert_eq!(
            scan(&hub, get("v2/alpine/manifests/3"), &told[..1], &body),
            Ok(Some(format!("pkg:docker/library/alpine@{digest}?tag=3")))
        );
        let other = docker("https://r.example:5000/base/");
        assert_eq!(
            scan(&other, by_tag(), &told, &body),
            Ok(Some(format!(
                "pkg:docker/acme/app@{digest}?repository_url=r.example:5000%2Fbase&tag=1.0"
            )))
        );
        let long = format!("sha512:{}", hex(&sha2::Sha512::digest(&body)));
        assert_eq!(
            scan(&other, by(&long), &[("docker-content-digest", &long)], &body),
            Ok(Some(format!(
                "pkg:docker/acme/app@{digest}?repository_url=r.example:5000%2Fbase"
            )))
        );
    }
}

#[test]
fn an_index_is_none_and_whatever_is_kept_like_an_image_is_one() {
    let docker = docker("https://registry-1.docker.io");
    for media_type in [OCI_INDEX, DOCKER_LIST] {
        let told = [("content-type", media_type)];
        assert_eq!(scan(&docker, by_tag(), &told, &index(media_type)), Ok(None));
    }
    let bare = r#"{"schemaVersion":2,"manifests":[]}"#;
    assert_eq!(scan(&docker, by_tag(), &[("content-type", OCI_INDEX)], bare), Ok(None));
    let bare = r#"{"schemaVersion":2,"config":{},"layers":[]}"#;
    let found = scan(&docker, by_tag(), &[("content-type", OCI)], bare).unwrap();
    assert_eq!(found, Some(format!("pkg:docker/acme/app@{}?tag=1.0", sha256(bare))));
    // A chart, a signature, an attestation.
    let chart = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"x/y","config":{"mediaType":"application/vnd.cncf.helm.config.v1+json"},"layers":[],"subject":{"digest":"sha256:0"}}"#;
    assert!(
        scan(&docker, by_tag(), &[("content-type", OCI)], chart)
            .unwrap()
            .is_some()
    );
    for vague in [&[][..], &[("content-type", "application/json; charset=utf-8")]] {
        assert!(scan(&docker, by_tag(), vague, &image(DOCKER)).unwrap().is_some());
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let oci = [("content-type", OCI)];
    for (headers, body, what) in [
        // The head says one thing, the document another.
        (
            &[("content-type", OCI_INDEX)][..],
            image(OCI),
            "not of its Content-Type",
        ),
        (&oci[..], index(OCI_INDEX), "not of its Content-Type"),
        (&[("content-type", OCI_INDEX)], image(OCI_INDEX), "has not what belongs"),
        (&oci, index(OCI), "has not what belongs"),
        // Both at once (CVE-2021-41190).
        (
            &oci,
            r#"{"schemaVersion":2,"config":{},"layers":[],"manifests":[]}"#.into(),
            "or both",
        ),
        (
            &[],
            r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#.into(),
            "or both",
        ),
        (
            &[("content-type", OCI_INDEX)],
            image(OCI_INDEX).replace("\"config\"", "\"manifests\":[],\"config\""),
            "has not what belongs",
        ),
        // Keys twice, or as only some parsers know them.
        (
            &oci,
            image(OCI)
                .replace('{', "{\"mediaType\":\"x\",")
                .replacen("{\"mediaType\":\"x\",", "{", 0),
            "mediaType twice",
        ),
        (
            &oci,
            image(OCI).replacen("\"layers\"", "\"layers\":[],\"layers\"", 1),
            "layers twice",
        ),
        (
            &oci,
            image(OCI).replacen("\"layers\"", "\"Layers\":[],\"layers\"", 1),
            "layers twice",
        ),
        (
            &oci,
            image(OCI).replacen("\"layers\"", "\"LAYERS\"", 1),
            "in other letters",
        ),
        (
            &oci,
            image(OCI).replacen("\"layers\"", "\"manife\u{17f}ts\":[],\"layers\"", 1),
            "manifests twice",
        ),
        (
            &oci,
            image(OCI).replacen("\"mediaType\"", "\"media\\u0054ype\":\"x\",\"mediaType\"", 1),
            "mediaType twice",
        ),
    ] {
        wrong(headers, &body, what);
    }
}

#[test]
fn what_is_no_manifest_is_refused() {
    let told = [("content-type", OCI)];
    let schema1 = r#"{"schemaVersion":1,"name":"a","fsLayers":[],"history":[],"signatures":[]}"#;
    for content_type in [
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/json",
    ] {
        wrong(
            &[("content-type", content_type)],
            schema1,
            "unsupported: an image manifest of schema version 1",
        );
    }
    let good = image(OCI);
    for (body, what) in [
        ("", "too early"),
        ("null", "expected an object"),
        ("[]", "expected an object"),
        ("{}", "without schemaVersion 2"),
        ("<html>", "malformed"),
        (&good[..good.len() - 1], "too early"),
        (&format!("{good}{good}"), "stands behind"),
        (&good.replace(":2,\"media", ":3,\"media"), "without schemaVersion 2"),
        (&good.replace(":2,\"media", ":\"2\",\"media"), "not of the right kind"),
        (&good.replace("[{\"size\":1}]", "{}"), "not of the right kind"),
        (
            &good.replace(OCI, "application/vnd.oci.artifact.manifest.v1+json"),
            "unsupported",
        ),
        (&good.replace(OCI, "text/html"), "unsupported"),
        (&good.replace("\"layers\"", "\"lay\\ud800ers\""), "malformed"),
    ] {
        wrong(&told, body, what);
    }
    wrong(
        &[("content-type", "text/html")],
        &good,
        "unsupported: a manifest of the media type",
    );
    wrong(&told, &format!("{}{}", " ".repeat(5 << 20), good), "more than");
    assert!(scan(&docker("https://r.example"), get("v2/"), &told, &good).is_err());
}

#[test]
fn a_digest_must_be_that_of_the_bytes() {
    let body = image(OCI);
    let other = sha256("other");
    for (request, headers) in [
        (by(&other), vec![("content-type", OCI)]),
        (by(&other), vec![("docker-content-digest", other.as_str())]),
        (by_tag(), vec![("docker-content-digest", other.as_str())]),
        (by(&sha256(&body)), vec![("docker-content-digest", other.as_str())]),
        (by_tag(), vec![("docker-content-digest", "sha256:cut")]),
    ] {
        let error = scan(&docker("https://r.example"), request, &headers, &body).unwrap_err();
        assert!(error.starts_with("malformed"), "{error}");
    }
}

fn identify(request: Request, headers: &[(&str, &str)]) -> Result<Option<String>, Error> {
    docker("https://registry-1.docker.io").identify(request, head(headers))
}

#[test]
fn a_manifest_that_is_cut_off_names_nothing() {
    for (media_type, body) in [(OCI, image(OCI)), (DOCKER_LIST, index(DOCKER_LIST))] {
        let case = Case {
            request: &by_tag(),
            head: &head(&[("content-type", media_type)]),
            body: body.as_bytes(),
        };
        assert_eq!(conformance::truncation(&docker("https://r.example"), case, 500), Ok(()));
    }
}

#[test]
fn a_head_tells_the_same_as_the_whole() {
    let body = image(OCI);
    let digest = sha256(&body);
    let headers = [("content-type", OCI), ("docker-content-digest", digest.as_str())];
    for request in [by_tag(), by(&digest)] {
        let whole = scan(
            &docker("https://registry-1.docker.io"),
            request.clone(),
            &headers,
            &body,
        );
        assert_eq!(identify(request, &headers).unwrap(), whole.unwrap());
    }
    assert!(identify(by(&digest), &headers[..1]).unwrap().is_some());
    assert_eq!(identify(by_tag(), &[("content-type", DOCKER_LIST)]), Ok(None));
}

#[test]
fn a_head_that_does_not_tell_says_so() {
    let digest = sha256("x");
    let long = format!("sha512:{}", hex(&sha2::Sha512::digest("x")));
    for (request, headers) in [
        (by_tag(), vec![("content-type", OCI)]),
        (by_tag(), vec![("docker-content-digest", digest.as_str())]),
        (by(&digest), vec![]),
        (by(&digest), vec![("content-type", "application/json")]),
        (by(&long), vec![("content-type", OCI), ("docker-content-digest", &long)]),
        (
            by_tag(),
            vec![
                ("content-type", "application/vnd.docker.distribution.manifest.v1+json"),
                ("docker-content-digest", &digest),
            ],
        ),
    ] {
        assert!(
            matches!(identify(request.clone(), &headers), Err(Error::Unsupported(_))),
            "{request:?} {headers:?}"
        );
    }
    let other = sha256("y");
    let lie = identify(by(&digest), &[("content-type", OCI), ("docker-content-digest", &other)]);
    assert!(matches!(lie, Err(Error::Malformed(_))));
    let lie = identify(
        by(&digest),
        &[("content-type", OCI_INDEX), ("docker-content-digest", &other)],
    );
    assert!(matches!(lie, Err(Error::Malformed(_))));
}

#[test]
fn digests_can_be_told_apart_and_nothing_else() {
    let (one, other) = (sha256("1"), sha256("2"));
    let ranks = Plugin::rank_versions(vec![one.clone(), other, "latest".into(), one, "sha256:x".into()]);
    assert_eq!(ranks[0], ranks[3]);
    assert_ne!(ranks[0], ranks[1]);
    assert_eq!((ranks[2], ranks[4]), (None, None));
}

proptest! {
    #[test]
    fn no_body_makes_it_fall(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = docker("https://r.example").scan(by_tag(), head(&[("content-type", OCI)]), body);
    }

    /// Whatever is cut out of a manifest or put into it, it is named by what is left, or refused.
    #[test]
    fn a_damaged_manifest_is_refused_or_named_by_its_bytes(at in 0_usize..150, length in 0_usize..20, put in "[\"{}:,a ]{0,3}") {
        let mut body = image(OCI);
        let end = (at + length).min(body.len());
        body.replace_range(at.min(end)..end, &put);
        if let Ok(Some(purl)) = scan(&docker("https://r.example"), by_tag(), &[("content-type", OCI)], &body) {
            prop_assert!(purl.contains(&sha256(&body)));
        }
        prop_assert_ne!(scan(&docker("https://r.example"), by_tag(), &[("content-type", OCI)], &body), Ok(None));
    }
}

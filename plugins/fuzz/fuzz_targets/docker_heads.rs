//! Whatever a registry answers: no panic, and only headers that it sent come back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_docker::Docker;
use osa_plugin_sdk::{GuestRepository, Head, conformance::get};

fuzz_target!(|values: (&str, &str, &str)| {
    let docker = Docker::new(r#"{"registry": "https://registry.example/base"}"#).expect("good settings");
    let (challenge, link, digest) = values;
    let headers = [
        ("www-authenticate", challenge),
        ("link", link),
        ("docker-content-digest", digest),
        ("content-type", "application/vnd.oci.image.manifest.v1+json"),
    ];
    let head = Head {
        status: 200,
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
    };
    let edited = docker
        .edit_head(get("v2/"), head.clone(), "https://osa.example".into())
        .expect("heads are edited or left alone");
    assert_eq!(edited.len(), 2);
    if let Ok(Some(purl)) = docker.identify(get("v2/a/manifests/1"), head) {
        assert!(purl.contains("@sha256:") && purl.bytes().all(|byte| byte.is_ascii_graphic()));
    }
});

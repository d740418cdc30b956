//! Whatever the bytes: no panic, one component at most, and none only for what a tree of it shows to be a list of manifests
//! whatever the case of keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_docker::Docker;
use osa_plugin_sdk::{GuestRepository, Head, conformance::get};
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let docker = Docker::new(r#"{"registry": "https://registry.example"}"#).expect("good settings");
    let head = Head {
        status: 200,
        headers: Vec::new(),
    };
    let Ok(index) = docker.scan(get("v2/a/manifests/1"), head, body.to_vec()) else {
        return;
    };
    assert!(index.suffixes().len() < 2);
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let Ok(Value::Object(tree)) = serde_json::from_slice(text) else {
        return;
    };
    let has = |key: &str| tree.keys().any(|own| own.to_lowercase() == key);
    if index.candidates.is_empty() {
        assert!(has("manifests") && !has("layers") && !has("config"));
    } else {
        assert!(has("layers") && has("config") && !has("manifests"));
    }
});

//! Whatever the path: no panic, and what ends like a package is judged, or leads nowhere.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_alpine::{Alpine, Plugin};
use osa_plugin_sdk::{Guest, GuestRepository, Route, conformance::get};

fuzz_target!(|data: (&str, Vec<String>)| {
    let (path, versions) = data;
    let alpine = Alpine::new(r#"{"registry": "https://registry.example/alpine"}"#).expect("good settings");
    if let Ok(Route::Artifact(artifact)) = alpine.classify(get(path)) {
        assert_eq!(artifact.at.path, path);
        let prefix = |purl: &String| purl.starts_with("pkg:apk/alpine/") && purl.is_ascii();
        assert!(artifact.purl.as_ref().is_none_or(prefix) && (artifact.purl.is_some() || !artifact.scannable));
    }
    for end in ["x.apk", "x-1-r0%2eapk", "x-1.APK/"] {
        match alpine.classify(get(&format!("{path}{end}"))) {
            Ok(Route::Artifact(artifact)) => assert!(artifact.scannable),
            other => assert_eq!(other, Ok(Route::NotFound)),
        }
    }
    assert_eq!(Plugin::rank_versions(versions.clone()).len(), versions.len());
});

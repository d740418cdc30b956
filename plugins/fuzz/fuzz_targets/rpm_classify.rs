//! Whatever the path: no panic, and nothing that ends like a package goes unjudged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_rpm::Rpm;
use osa_plugin_sdk::{GuestRepository, Route, conformance::get};

fuzz_target!(|path: &str| {
    let rpm = Rpm::new(r#"{"registry": "https://registry.example/pub/fedora"}"#).expect("good settings");
    let request = get(path);
    let is_package = request.path.to_ascii_lowercase().ends_with(".rpm") && request.query.is_none();
    match rpm.classify(request) {
        Ok(Route::Artifact(artifact)) if is_package => {
            assert!(artifact.scannable && artifact.purl.is_some_and(|purl| purl.starts_with("pkg:rpm/fedora/")));
        }
        Ok(Route::Passthrough(_) | Route::Document(_)) => assert!(!is_package, "{path:?}"),
        _ => {}
    }
});

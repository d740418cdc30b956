//! No request makes it panic, and an archive is always that of one named version.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_composer::Composer;
use osa_plugin_sdk::conformance::get;
use osa_plugin_sdk::{GuestRepository, Route};

fuzz_target!(|path: &str| {
    let settings = r#"{"registry": "https://registry.example", "packages-registry": "https://files.example"}"#;
    let composer = Composer::new(settings).expect("good settings");
    for path in [
        path.to_owned(),
        format!("-/osa/{path}"),
        format!("-/osa/acme/widget/1.0.0/-/{path}"),
    ] {
        if let Route::Artifact(artifact) = composer.classify(get(&path)).expect("a route") {
            let purl = artifact.purl.as_deref().expect("a component");
            assert!(path.starts_with("-/osa/"), "{path}");
            assert!(purl.starts_with("pkg:composer/") && purl.contains('@'), "{purl}");
        }
    }
});

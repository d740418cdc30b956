//! No request makes it panic, and what it sends upstream it would classify the same way again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_ruby::Ruby;
use osa_plugin_sdk::conformance::get;
use osa_plugin_sdk::{GuestRepository, Route};

fuzz_target!(|path: &str| {
    let ruby = Ruby::new(r#"{"registry": "https://registry.example"}"#).expect("good settings");
    if let Route::Artifact(artifact) = ruby.classify(get(path)).expect("a route") {
        let purl = artifact.purl.as_deref().expect("a component");
        assert!(purl.starts_with("pkg:gem/") && purl.contains('@'), "{purl}");
        let again = ruby.classify(get(&artifact.at.path)).expect("a route");
        assert_eq!(Route::Artifact(artifact), again);
    }
});

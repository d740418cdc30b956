//! Whatever the path: no panic, and an artifact's upstream path means the same when it is asked for again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_npm::Npm;
use osa_plugin_sdk::{GuestRepository, Route, conformance::get};

fuzz_target!(|path: &str| {
    let npm = Npm::new(r#"{"registry": "https://registry.example"}"#).expect("good settings");
    let Ok(Route::Artifact(artifact)) = npm.classify(get(path)) else {
        return;
    };
    if let Ok(Route::Artifact(again)) = npm.classify(get(&artifact.at.path)) {
        assert_eq!(again.purl, artifact.purl);
    }
});

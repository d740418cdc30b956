//! Whatever the path: no panic, and a module file's upstream path means the same when it is asked for again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_go::Go;
use osa_plugin_sdk::{GuestRepository, Route, conformance::get};

fuzz_target!(|path: &str| {
    let go = Go::new(r#"{"registry": "https://registry.example", "sumdb-registry": "https://sumdb.example"}"#)
        .expect("good settings");
    let Ok(Route::Artifact(artifact)) = go.classify(get(path)) else {
        return;
    };
    let Ok(Route::Artifact(again)) = go.classify(get(&artifact.at.path)) else {
        panic!("{:?} is no module file", artifact.at.path);
    };
    assert_eq!(again.purl, artifact.purl);
});

//! Whatever the path: no panic, and a package file's upstream path names the same version when it is asked for again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_nuget::NuGet;
use osa_plugin_sdk::{GuestRepository, Route, conformance::get};

fuzz_target!(|path: &str| {
    let feed = NuGet::new(r#"{"registry": "https://registry.example"}"#).expect("good settings");
    let Ok(Route::Artifact(artifact)) = feed.classify(get(path)) else {
        return;
    };
    assert!(
        artifact.scannable
            && artifact
                .purl
                .as_ref()
                .is_some_and(|purl| purl.starts_with("pkg:nuget/"))
    );
    // A feed may have a folder of the name that is taken off.
    if artifact.at.path.starts_with("nuget-api") || artifact.at.path.starts_with("-/") {
        return;
    }
    match feed.classify(get(&artifact.at.path)) {
        Ok(Route::Artifact(again)) => assert_eq!(again.purl, artifact.purl),
        other => panic!("{other:?}"),
    }
});

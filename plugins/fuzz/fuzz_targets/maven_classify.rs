//! Whatever the path: no panic, and an artifact's upstream path means the same when it is asked for again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_maven::{Maven, Plugin};
use osa_plugin_sdk::{Guest, GuestRepository, Route, conformance::get};

fuzz_target!(|data: (&str, Vec<String>)| {
    let (path, versions) = data;
    for registry in ["https://registry.example", "https://host.example/artifactory"] {
        let maven = Maven::new(&format!(r#"{{"registry": "{registry}"}}"#)).expect("good settings");
        if let Ok(Route::Artifact(artifact)) = maven.classify(get(path)) {
            assert!(
                artifact
                    .purl
                    .as_ref()
                    .is_some_and(|purl| purl.starts_with("pkg:maven/"))
            );
            assert_eq!(maven.classify(get(&artifact.at.path)), Ok(Route::Artifact(artifact)));
        }
    }
    assert_eq!(Plugin::rank_versions(versions.clone()).len(), versions.len());
});

//! Whatever the path and query: no panic, no way out of the registry's API, and what is asked of upstream means the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_docker::Docker;
use osa_plugin_sdk::{GuestRepository, Request, Route, conformance::get};

fuzz_target!(|asked: (&str, Option<String>)| {
    let settings = r#"{"registry": "https://registry.example", "library-prefix": true, "mirror-of": "hub.example"}"#;
    let docker = Docker::new(settings).expect("good settings");
    let (path, query) = asked;
    let foreign = query.as_ref().is_some_and(|query| query.contains("ns=evil.example"));
    let request = Request { query, ..get(path) };
    match docker.classify(request).expect("every path has a route") {
        Route::Component(document) => {
            let at = document.at.path;
            assert!(
                !foreign && at.starts_with("v2/") && !at.contains(['%', '?']) && !at.contains(".."),
                "{at:?}"
            );
            let Ok(Route::Component(again)) = docker.classify(get(&at)) else {
                panic!("{at:?} is no manifest");
            };
            assert_eq!(again.at.path, at);
        }
        Route::Passthrough(at) if path.starts_with("v2/") => assert!(at.path.starts_with("v2/"), "{:?}", at.path),
        _ => {}
    }
});

//! Whatever the document: no panic, edits that fit, and nothing refused is left.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_maven::Maven;
use osa_plugin_sdk::conformance::{Case, get, ok, refuse, serve};
use osa_plugin_sdk::{GuestRepository, Style};

fuzz_target!(|body: &[u8]| {
    let maven = Maven::new(r#"{"registry": "https://registry.example"}"#).expect("good settings");
    for path in [
        "com/acme/lib/maven-metadata.xml",
        "com/acme/lib/1.0-SNAPSHOT/maven-metadata.xml",
    ] {
        let (request, head) = (get(path), ok("text/xml"));
        let purls = |body: &[u8]| {
            let index = maven.scan(request.clone(), head.clone(), body.to_vec()).ok()?;
            Some(index.purls())
        };
        let Some(found) = purls(body) else { return };
        for odd in 0..2 {
            let gone: Vec<_> = (odd..found.len()).step_by(2).collect();
            let refused: Vec<_> = gone.iter().copied().map(refuse).collect();
            let case = Case {
                request: &request,
                head: &head,
                body,
            };
            let Ok(edited) = serve(&maven, case, &refused, Style::Remove).expect("a plan") else {
                continue;
            };
            let left = purls(&edited).expect("it can be read again");
            assert!(
                gone.iter().all(|at| !left.contains(&found[*at])),
                "{:?}",
                String::from_utf8_lossy(&edited)
            );
        }
    }
});

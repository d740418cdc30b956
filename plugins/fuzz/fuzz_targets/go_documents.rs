//! Whatever the list: no panic, edits that fit, and nothing refused is left.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_go::Go;
use osa_plugin_sdk::conformance::{Case, edits, get, ok};

fuzz_target!(|body: &[u8]| {
    let go = Go::new(r#"{"registry": "https://registry.example"}"#).expect("good settings");
    for path in ["example.com/cog/@v/list", "example.com/cog/@latest"] {
        let (request, head) = (get(path), ok("text/plain"));
        let case = Case {
            request: &request,
            head: &head,
            body,
        };
        if let Err(broken) = edits(&go, case, 5) {
            assert!(broken.starts_with("scan: "), "{broken}");
        }
    }
});

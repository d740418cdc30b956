//! Whatever the list of mirrors: no panic, edits that fit, and an answer that reads as one again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_rpm::Rpm;

use osa_plugin_sdk::conformance::{Case, LINK_BASE, get, ok, serve};
use osa_plugin_sdk::{GuestRepository, Style};

fuzz_target!(|body: &[u8]| {
    let rpm = Rpm::new(r#"{"registry": "https://dl.example/linux"}"#).expect("good settings");
    for path in ["metalink", "9/repodata/repomd.xml.meta4"] {
        let (request, head) = (get(path), ok("text/plain"));
        let case = Case {
            request: &request,
            head: &head,
            body,
        };
        match serve(&rpm, case, &[], Style::Remove) {
            Ok(Ok(served)) => {
                assert!(served.windows(LINK_BASE.len()).any(|part| part == LINK_BASE.as_bytes()));
                rpm.scan(request.clone(), head.clone(), served)
                    .expect("still a list of mirrors");
            }
            Ok(Err(_)) => {}
            Err(error) => {
                let lie = format!("{error:?}");
                assert!(!lie.contains("overlap") && !lie.contains("leaves the body"), "{lie}");
            }
        }
    }
});

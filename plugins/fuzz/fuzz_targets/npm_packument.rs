//! Whatever the document: no panic, edits that fit it, and nothing refused is left.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_npm::Npm;
use osa_plugin_sdk::conformance::{Case, get, ok, refuse, serve};
use osa_plugin_sdk::{GuestRepository, Style};

fuzz_target!(|data: &[u8]| {
    let npm = Npm::new(r#"{"registry": "https://registry.example"}"#).expect("good settings");
    let (request, head) = (get("widget"), ok("application/json"));
    let Ok(index) = npm.scan(request.clone(), head.clone(), data.to_vec()) else {
        return;
    };
    let case = Case {
        request: &request,
        head: &head,
        body: data,
    };
    for style in [Style::Remove, Style::Mark] {
        for odd in 0..2 {
            let gone: Vec<_> = (odd..index.suffixes().len()).step_by(2).collect();
            let refused: Vec<_> = gone.iter().copied().map(refuse).collect();
            let Ok(edited) = serve(&npm, case, &refused, style).expect("a plan") else {
                continue;
            };
            let again = npm
                .scan(request.clone(), head.clone(), edited)
                .expect("the edited document scans");
            if style == Style::Remove {
                let (before, left) = (index.purls(), again.purls());
                for at in gone {
                    assert!(!left.contains(&before[at]), "{} is left", before[at]);
                }
            }
        }
    }
});

//! Whatever the document: no panic, edits that fit it, and nothing refused is left.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_ruby::Ruby;
use osa_plugin_sdk::conformance::{Case, get, ok, refuse, serve};
use osa_plugin_sdk::{GuestRepository, Style};

const PATHS: [&str; 6] = [
    "info/widget",
    "versions",
    "specs.4.8",
    "api/v1/dependencies",
    "api/v1/dependencies.json",
    "api/v1/gems/widget.json",
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    let ruby = Ruby::new(r#"{"registry": "https://registry.example"}"#).expect("good settings");
    let path = PATHS[usize::from(*choice) % PATHS.len()];
    let (request, head) = (get(path), ok("application/octet-stream"));
    let Ok(index) = ruby.scan(request.clone(), head.clone(), body.to_vec()) else {
        return;
    };
    let case = Case {
        request: &request,
        head: &head,
        body,
    };
    let purls = index.purls();
    for odd in 0..2 {
        // One that is named several times is refused as often.
        let gone: Vec<_> = purls.iter().skip(odd).step_by(2).collect();
        let refused: Vec<_> = (0..purls.len())
            .filter(|at| gone.contains(&&purls[*at]))
            .map(refuse)
            .collect();
        let Ok(edited) = serve(&ruby, case, &refused, Style::Remove).expect("a plan") else {
            continue;
        };
        let again = ruby
            .scan(request.clone(), head.clone(), edited)
            .expect("the edited document scans");
        let left: Vec<_> = purls.iter().filter(|purl| !gone.contains(purl)).cloned().collect();
        assert_eq!(again.purls(), left);
    }
});

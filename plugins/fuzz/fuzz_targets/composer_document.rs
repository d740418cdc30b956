//! Whatever the document: no panic, edits that fit it, nothing refused is left, and what is left is all that was allowed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_composer::Composer;
use osa_plugin_sdk::conformance::{Case, get, ok, refuse, serve};
use osa_plugin_sdk::{GuestRepository, Index, Style};

fuzz_target!(|data: &[u8]| {
    let composer = Composer::new(r#"{"registry": "https://registry.example"}"#).expect("good settings");
    let (request, head) = (get("p2/acme/widget~dev.json"), ok("application/json"));
    let Ok(index) = composer.scan(request.clone(), head.clone(), data.to_vec()) else {
        return;
    };
    let purls = |index: &Index| {
        let mut purls = index.purls();
        purls.sort();
        purls
    };
    let case = Case {
        request: &request,
        head: &head,
        body: data,
    };
    for odd in 0..2 {
        let gone: Vec<_> = (odd..index.suffixes().len()).step_by(2).collect();
        let refused: Vec<_> = gone.iter().copied().map(refuse).collect();
        let Ok(edited) = serve(&composer, case, &refused, Style::Remove).expect("a plan") else {
            continue;
        };
        let again = composer
            .scan(request.clone(), head.clone(), edited)
            .expect("the edited document scans");
        let all = index.purls().into_iter().enumerate();
        let mut left: Vec<_> = all.filter(|(at, _)| !gone.contains(at)).map(|(_, purl)| purl).collect();
        left.sort();
        assert_eq!(purls(&again), left);
    }
});

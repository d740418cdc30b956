//! Whatever the document, the path and the query: no panic, edits that fit, and nothing refused is left.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_nuget::NuGet;
use osa_plugin_sdk::conformance::{Case, get, ok, refuse, serve};
use osa_plugin_sdk::{GuestRepository, Request, Style};

const SETTINGS: &str = r#"{"registry": "https://registry.example", "additional-packages-registries": {"search.example": "https://search.example"}}"#;

fuzz_target!(|data: (&str, &[u8])| {
    let (path, body) = data;
    let feed = NuGet::new(SETTINGS).expect("good settings");
    let head = ok("application/json");
    for (path, query) in [
        ("v3/registration5-gz-semver2/widget/index.json", None),
        ("v3/registration5-gz-semver2/widget/1.0.0.json", None),
        ("autocomplete", Some("id=widget")),
        (path, None),
    ] {
        let request = Request {
            query: query.map(Into::into),
            ..get(path)
        };
        let scan = |body: &[u8]| {
            let index = feed.scan(request.clone(), head.clone(), body.to_vec()).ok()?;
            Some(index.purls())
        };
        let Some(purls) = scan(body) else {
            continue;
        };
        let case = Case {
            request: &request,
            head: &head,
            body,
        };
        for style in [Style::Remove, Style::Mark] {
            for odd in 0..2 {
                let gone: Vec<_> = (odd..purls.len()).step_by(2).collect();
                let refused: Vec<_> = gone.iter().copied().map(refuse).collect();
                let Ok(edited) = serve(&feed, case, &refused, style).expect("a plan") else {
                    continue;
                };
                // A manifest is no JSON, and never edited.
                if edited == body {
                    continue;
                }
                let left = scan(&edited).expect("the edited document scans");
                let refused_is_left = gone.iter().any(|at| left.contains(&purls[*at]));
                assert!(style == Style::Mark || !refused_is_left);
                serde_json::from_slice::<serde::de::IgnoredAny>(&edited).expect("what was JSON is JSON");
            }
        }
    }
});

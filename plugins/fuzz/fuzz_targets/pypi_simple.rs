//! Whatever the document and the path: no panic, edits that fit, and nothing refused is left.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_pypi::Pypi;
use osa_plugin_sdk::conformance::{Case, get, ok, refuse, serve};
use osa_plugin_sdk::{GuestRepository, Head, Request, Route, Style};

const SETTINGS: &str = r#"{"registry": "https://index.example", "packages-registry": "https://files.example"}"#;

fn offers(pypi: &Pypi, request: &Request, head: &Head, body: &[u8]) -> Option<Vec<String>> {
    let index = pypi.scan(request.clone(), head.clone(), body.to_vec()).ok()?;
    Some(index.purls())
}

fuzz_target!(|data: (&str, &[u8])| {
    let (path, body) = data;
    let pypi = Pypi::new(SETTINGS).expect("good settings");
    if let Ok(Route::Artifact(file)) = pypi.classify(get(path)) {
        assert!(!file.scannable || file.purl.is_some_and(|purl| purl.starts_with("pkg:pypi/")));
    }
    for (path, content_type) in [
        ("simple/widget/", "text/html"),
        ("simple/widget/", "application/vnd.pypi.simple.v1+json"),
        ("pypi/widget/json", "application/json"),
        (path, "text/html"),
    ] {
        let (request, head) = (get(path), ok(content_type));
        let Some(purls) = offers(&pypi, &request, &head, body) else {
            continue;
        };
        for style in [Style::Remove, Style::Mark] {
            for odd in 0..2 {
                let gone: Vec<_> = (odd..purls.len()).step_by(2).collect();
                let refused: Vec<_> = gone.iter().copied().map(refuse).collect();
                let case = Case {
                    request: &request,
                    head: &head,
                    body,
                };
                let Ok(edited) = serve(&pypi, case, &refused, style).expect("a plan") else {
                    continue;
                };
                // Cutting may bring a `<meta>` to light that a comment hid; links are read in comments too.
                let Some(left) = offers(&pypi, &request, &head, &edited) else {
                    continue;
                };
                let refused_is_left = gone.iter().any(|at| left.contains(&purls[*at]));
                assert!(
                    style == Style::Mark || !refused_is_left,
                    "{:?}",
                    String::from_utf8_lossy(&edited)
                );
            }
        }
    }
});

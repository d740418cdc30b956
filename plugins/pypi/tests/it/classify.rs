use osa_plugin_pypi::Pypi;
use osa_plugin_sdk::{GuestRepository as _, Request, Route, conformance};

use crate::support::index;

fn line(repository: &Pypi, request: Request) -> String {
    match repository.classify(request).unwrap() {
        Route::Passthrough(at) => format!("pass {} {}", at.origin, at.path),
        Route::Artifact(file) => format!(
            "file {} {} {} {}{}",
            file.at.origin,
            file.at.path,
            file.file_name,
            file.purl.as_deref().unwrap_or("-"),
            if file.scannable { "" } else { " unjudged" }
        ),
        Route::Document(document) => format!("page {} {}", document.at.origin, document.at.path),
        Route::Respond(answer) => format!(
            "{} {}",
            answer.status,
            String::from_utf8(answer.body).unwrap().trim_end()
        ),
        Route::NotFound => "not found".into(),
        Route::ChecksumOf(of) => format!("{of:?}"),
        Route::Component(document) => format!("{document:?}"),
    }
}

#[track_caller]
fn table(repository: &Pypi, rows: &[(&str, &str)]) {
    for (path, expected) in rows {
        assert_eq!(line(repository, conformance::get(path)), *expected, "{path}");
    }
}

#[test]
fn an_index_and_its_file_hosts() {
    table(
        &index(),
        &[
            ("simple/", "pass registry simple/"),
            ("simple", "pass registry simple/"),
            ("simple/index.html", "pass registry simple/"),
            ("simple/widget-kit/", "page registry simple/widget-kit/"),
            ("simple/Widget.Kit", "page registry simple/widget-kit/"),
            ("simple/wid%67et/index.html", "page registry simple/widget/"),
            ("simple/widget.js/", "page registry simple/widget-js/"),
            ("simple/wid%20get/", "not found"),
            ("simple/wid%2Fget/", "not found"),
            (
                "simple/widget/widget-1.0.zip",
                "file registry simple/widget/widget-1.0.zip widget-1.0.zip pkg:pypi/widget@1.0",
            ),
            (
                "simple/widget-1.0.zip",
                "file registry simple/widget-1.0.zip widget-1.0.zip pkg:pypi/widget@1.0",
            ),
            ("pypi/Widget_Kit/json", "page registry pypi/widget-kit/json"),
            ("pypi/widget/1.0/json/", "page registry pypi/widget/1.0/json"),
            (
                "integrity/widget/1.0/widget-1.0.zip/provenance",
                "pass registry integrity/widget/1.0/widget-1.0.zip/provenance",
            ),
            (
                "packages/ab/cd/Widget_Kit-1.0%2Bcu118-py3-none-any.whl",
                "file registry packages/ab/cd/Widget_Kit-1.0%2Bcu118-py3-none-any.whl Widget_Kit-1.0+cu118-py3-none-any.whl pkg:pypi/widget-kit@1.0%2Bcu118",
            ),
            (
                "-/packages/ab/widget-1.0-1.tar.gz",
                "file packages-registry ab/widget-1.0-1.tar.gz widget-1.0-1.tar.gz pkg:pypi/widget@1.0.post1",
            ),
            (
                "-/packages/widget-1.0.zip.metadata",
                "file packages-registry widget-1.0.zip.metadata widget-1.0.zip.metadata pkg:pypi/widget@1.0",
            ),
            (
                "-/files/cdn.example/widget-1!2.0.zip",
                "file additional-packages-registries/cdn.example widget-1!2.0.zip widget-1!2.0.zip pkg:pypi/widget@1%212.0",
            ),
            (
                "-/files/CDN.example/whl/",
                "page additional-packages-registries/cdn.example whl/",
            ),
            ("-/files/other.example/widget-1.0.zip", "not found"),
            ("whl/cu118/torch/", "page registry whl/cu118/torch/"),
            ("whl/cu118/torch", "page registry whl/cu118/torch/"),
            ("whl/torch_stable.html", "page registry whl/torch_stable.html"),
            ("", "page registry "),
            ("notes.txt", "file registry notes.txt notes.txt - unjudged"),
        ],
    );
}

#[test]
fn other_spellings_of_a_file_are_judged_or_refused() {
    let refused = |name: &str| {
        format!("403 `{name}` does not tell which release it belongs to, so it cannot be judged and is not served.")
    };
    let rows = [
        (
            "packages/widget-1.0.zip/",
            "file registry packages/widget-1.0.zip/ widget-1.0.zip pkg:pypi/widget@1.0".to_owned(),
        ),
        (
            "packages/widget-1.0.zip!/widget/a.py",
            "file registry packages/widget-1.0.zip!/widget/a.py a.py pkg:pypi/widget@1.0".to_owned(),
        ),
        (
            "packages/widget%2D1.0.zip",
            "file registry packages/widget%2D1.0.zip widget-1.0.zip pkg:pypi/widget@1.0".to_owned(),
        ),
        ("packages/widget-1.0.zip;a=b", refused("widget-1.0.zip;a=b")),
        ("packages/widget-1.0.zip%3Ba=b", refused("widget-1.0.zip;a=b")),
        ("packages/widget.whl", refused("widget.whl")),
        ("packages/a%2Fwidget-1.0.zip", refused("a%2Fwidget-1.0.zip")),
        ("packages/widget-1.0.zip.torrent", refused("widget-1.0.zip.torrent")),
    ];
    for (path, expected) in rows {
        assert_eq!(line(&index(), conformance::get(path)), expected, "{path}");
    }
}

#[test]
fn a_registry_that_is_the_simple_index_itself() {
    let repository = Pypi::new(r#"{"registry": "https://index.example/simple/"}"#).unwrap();
    table(
        &repository,
        &[
            ("simple/", "pass registry "),
            ("simple/widget/", "page registry widget/"),
            ("widget/", "page registry widget/"),
            (
                "simple/widget/widget-1.0.zip",
                "file registry widget/widget-1.0.zip widget-1.0.zip pkg:pypi/widget@1.0",
            ),
        ],
    );
}

#[test]
fn queries_go_along() {
    let mut request = conformance::get("-/packages/widget-1.0.zip");
    request.query = Some("token=a%20b".into());
    assert!(line(&index(), request).starts_with("file packages-registry widget-1.0.zip?token=a%20b widget-1.0.zip "));
}

#[test]
fn a_client_that_takes_no_form_of_the_index_gets_406() {
    let mut request = conformance::get("simple/widget/");
    request.headers.push(("accept".into(), "image/png".into()));
    assert!(line(&index(), request.clone()).starts_with("406 "));
    request.query = Some("format=application/vnd.pypi.simple.v1+json".into());
    assert!(line(&index(), request).starts_with("page "));
}

#[test]
fn writing_is_not_offered() {
    for method in ["POST", "PUT", "DELETE"] {
        let mut request = conformance::get("legacy/");
        request.method = method.into();
        let Route::Respond(answer) = index().classify(request).unwrap() else {
            panic!("{method}")
        };
        assert_eq!(answer.status, 405);
        assert!(answer.headers.contains(&("allow".into(), "GET, HEAD".into())));
    }
}

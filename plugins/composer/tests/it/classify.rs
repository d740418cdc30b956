use osa_plugin_sdk::{GuestRepository as _, Request, Route, conformance::get};

use crate::support::{open, repository};

fn route(request: Request) -> Route {
    repository().classify(request).unwrap()
}

fn post(path: &str) -> Request {
    Request {
        method: "POST".into(),
        ..get(path)
    }
}

/// `ORIGIN PATH`, and whether its bytes are its name.
#[track_caller]
fn document(path: &str) -> (String, bool) {
    match route(get(path)) {
        Route::Document(document) => (format!("{} {}", document.at.origin, document.at.path), document.pinned),
        other => panic!("{path}: {other:?}"),
    }
}

/// `ORIGIN PATH`, package URL and file name.
#[track_caller]
fn archive(path: &str, query: Option<&str>) -> (String, String, String) {
    let request = Request {
        query: query.map(Into::into),
        ..get(path)
    };
    match route(request) {
        Route::Artifact(artifact) => (
            format!("{} {}", artifact.at.origin, artifact.at.path),
            artifact.purl.unwrap(),
            artifact.file_name,
        ),
        other => panic!("{path}: {other:?}"),
    }
}

/// Status and what Composer shows.
#[track_caller]
fn answered(request: Request) -> (u16, String) {
    match route(request) {
        Route::Respond(answer) => {
            assert!(
                answer
                    .headers
                    .contains(&("content-type".into(), "application/json".into()))
            );
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            (answer.status, body["warning"].as_str().unwrap().to_owned())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn whatever_is_no_archive_is_a_document() {
    for path in [
        "packages.json",
        "p2/acme/hello.json",
        "p2/acme/hello~dev.json",
        "p/acme/hello.json",
        "include/all$0123456789012345678901234567890123456789.json",
        "search.json",
        "packages/list.json",
        "api/security-advisories/",
    ] {
        assert_eq!(document(path), (format!("registry {path}"), false));
    }
    let digest = "0f".repeat(32);
    let (place, pinned) = document(&format!("p/acme/hello%24{digest}.json"));
    assert_eq!((place, pinned), (format!("registry p/acme/hello${digest}.json"), true));
    assert_eq!(
        document("-/files/API.example/search.json").0,
        "additional-packages-registries/api.example search.json"
    );
}

#[test]
fn below_a_prefix_paths_are_the_same() {
    for registry in [
        "https://nexus.example/repository/php",
        "https://art.example/artifactory/api/composer/php/",
    ] {
        let repository = osa_plugin_composer::Composer::new(&format!(r#"{{"registry": "{registry}"}}"#)).unwrap();
        let Ok(Route::Document(document)) = repository.classify(get("p2/acme/hello.json")) else {
            panic!("{registry}");
        };
        assert_eq!(document.at.path, "p2/acme/hello.json");
    }
}

#[test]
fn links_name_package_and_version() {
    assert_eq!(
        archive(
            "-/osa/acme/hello/v1.2.3/-/-/packages/repos/acme/hello/zipball/c0ffee",
            None
        ),
        (
            "packages-registry repos/acme/hello/zipball/c0ffee".into(),
            "pkg:composer/acme/hello@v1.2.3".into(),
            "c0ffee.zip".into()
        )
    );
    assert_eq!(
        archive(
            "-/osa/Acme/Hello/dev-feature/x%2By/-/-/files/git.example/api/v4/projects/acme%2Fhello/archive.tar.gz",
            Some("sha=c0ffee")
        ),
        (
            "additional-packages-registries/git.example api/v4/projects/acme%2Fhello/archive.tar.gz?sha=c0ffee".into(),
            "pkg:composer/acme/hello@dev-feature%2Fx%2By".into(),
            "archive.tar.gz".into()
        )
    );
    assert_eq!(
        archive("-/osa/acme/hello/1.0.0/-/dist/acme-hello-1.0.0.zip", None).0,
        "registry dist/acme-hello-1.0.0.zip"
    );
}

#[test]
fn an_archive_without_such_a_link_is_refused() {
    for path in [
        "dist/acme/hello-1.0.0.zip",
        "a.TAR.GZ",
        "-/packages/a.tar",
        "-/files/git.example/x.tar.bz2",
    ] {
        let (status, text) = answered(get(path));
        assert_eq!(status, 403, "{path}");
        assert!(text.contains("composer update --lock"), "{text}");
    }
    let (status, text) = answered(get("-/osa/acme/hello/1.0.0/-/dist/acme-hello-2.0.0.zip"));
    assert!(
        status == 403 && text.contains("acme/hello 1.0.0") && text.contains("another version"),
        "{text}"
    );
    for path in ["-/osa/acme/hello/1.0.0/-/-/doubt/", "-/doubt/x"] {
        assert_eq!(answered(get(path)).0, 403, "{path}");
    }
}

#[test]
fn metadata_does_not_come_as_an_archive() {
    for path in [
        "p2/acme/hello.json",
        "packages.JSON",
        "-/files/git.example/packages%2Ejson",
        "-/packages/x/packages.json/",
        "api/packages",
    ] {
        let (status, text) = answered(get(&format!("-/osa/acme/hello/1.0.0/-/{path}")));
        assert!(status == 403 && text.contains("no archive"), "{path}: {text}");
    }
    for path in ["zipball/c0ffee", "dist/a.TGZ", "-/files/git.example/c0ffee"] {
        archive(&format!("-/osa/acme/hello/1.0.0/-/{path}"), Some("format=zip"));
    }
}

#[test]
fn a_host_that_is_not_configured_is_told() {
    for path in [
        "-/files/evil.example/x.json",
        "-/osa/acme/hello/1.0/-/-/files/evil.example/x.zip",
    ] {
        let (status, text) = answered(get(path));
        assert_eq!(status, 403);
        let key = r#"`additional-packages-registries: {"evil.example": "https://evil.example"}`"#;
        assert!(text.contains(key), "{text}");
    }
    let (_, text) = answered(get("-/files/a%22b%0a<script>/x"));
    assert!(
        !text.contains(['"', '<', '\n']) || text.contains("a22b0ascript"),
        "{text}"
    );
}

#[test]
fn only_what_composer_posts_is_passed_on() {
    for path in [
        "downloads/",
        "api/security-advisories/",
        "-/files/api.example/api/security-advisories",
    ] {
        assert!(matches!(route(post(path)), Route::Passthrough(_)), "{path}");
    }
    for path in [
        "packages.json",
        "p2/acme/hello.json",
        "-/osa/acme/hello/1.0/-/downloads",
        "dist/a.zip",
    ] {
        assert_eq!(answered(post(path)).0, 405, "{path}");
    }
    assert_eq!(answered(post("-/files/evil.example/downloads/")).0, 403);
    let put = Request {
        method: "PUT".into(),
        ..get("packages.json")
    };
    assert_eq!(answered(put).0, 405);
}

#[test]
fn what_reads_in_two_ways_is_not_found() {
    for path in [
        "",
        "a%2Fb.json",
        "a%5cb.json",
        "a%3Fb.json",
        "%ff.json",
        "-/osa/acme/hello/1.0/-/",
        "-/osa/acme/1.0",
    ] {
        assert_eq!(route(get(path)), Route::NotFound, "{path}");
    }
}

#[test]
fn settings_say_what_is_wrong() {
    let wrong = |settings: &str| osa_plugin_composer::Composer::new(settings).err().unwrap();
    assert!(wrong("{}").contains("registry"));
    let whole = wrong(r#"{"registry": "https://registry.example/php/packages.json"}"#);
    assert!(whole.contains("/php,"), "{whole}");
    let source = wrong(r#"{"registry": "https://registry.example", "source": "git"}"#);
    assert!(source.contains("`remove`") && source.contains("`keep`"), "{source}");
    open(r#", "source": "keep""#);
}

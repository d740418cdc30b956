use osa_plugin_nuget::{NuGet, Plugin};
use osa_plugin_sdk::{Guest as _, GuestRepository as _, Request, Route, conformance::get};

use crate::support::feed;

fn route(path: &str) -> Route {
    let (path, query) = path
        .split_once('?')
        .map_or((path, None), |(path, query)| (path, Some(query)));
    let request = Request {
        query: query.map(Into::into),
        ..get(path)
    };
    feed().classify(request).unwrap()
}

fn artifact(path: &str) -> (String, String, String) {
    match route(path) {
        Route::Artifact(artifact) => {
            assert!(artifact.scannable, "{path}");
            (artifact.purl.unwrap(), artifact.at.path, artifact.file_name)
        }
        other => panic!("{path}: {other:?}"),
    }
}

/// Origin and path of a document.
fn document(path: &str) -> (String, String) {
    match route(path) {
        Route::Document(document) => (document.at.origin, document.at.path),
        other => panic!("{path}: {other:?}"),
    }
}

fn told(path: &str) -> (u16, String) {
    match route(path) {
        Route::Respond(answer) => (answer.status, String::from_utf8(answer.body).unwrap()),
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn package_files_are_judged_by_their_lower_case_id_and_normal_version() {
    let flat = "v3-flatcontainer/widget.kit/1.0.0-beta.1/widget.kit.1.0.0-beta.1.nupkg";
    assert_eq!(
        artifact(flat),
        (
            "pkg:nuget/widget.kit@1.0.0-beta.1".into(),
            flat.into(),
            "widget.kit.1.0.0-beta.1.nupkg".into()
        )
    );
    for (path, purl) in [
        ("f/Widget.Kit/1.0/Widget.Kit.1.0.0.nupkg", "pkg:nuget/widget.kit@1.0.0"),
        (
            "f/widget.kit/01.0.0.0/widget.kit.1.0.nupkg",
            "pkg:nuget/widget.kit@1.0.0",
        ),
        (
            "f/widget.kit/1.0.0%2Bbuild/widget.kit.1.0.0.snupkg",
            "pkg:nuget/widget.kit@1.0.0",
        ),
        (
            "f/widget.kit/1.0.0-RC/widget.kit.1.0.0-rc.NUPKG",
            "pkg:nuget/widget.kit@1.0.0-rc",
        ),
        ("f/widget.kit/1.0.0/icon", "pkg:nuget/widget.kit@1.0.0"),
        ("api/v2/package/Widget.Kit/1.0", "pkg:nuget/widget.kit@1.0.0"),
    ] {
        assert_eq!(artifact(path).0, purl, "{path}");
    }
    assert_eq!(artifact("api/v2/package/Widget.Kit/1.0").2, "widget.kit.1.0.0.nupkg");
}

#[test]
fn package_files_of_unclear_path_are_not_served() {
    for path in [
        "widget.kit.1.0.0.nupkg",
        "f/widget.kit/1.0.0/other.1.0.0.nupkg",
        "f/widget.kit/1.0.0/widget.kit.2.0.0.nupkg",
        "f/widget.kit/1.0.0/widget.kit.nupkg",
    ] {
        let (status, message) = told(path);
        assert_eq!(status, 403, "{path}");
        assert!(message.contains("cannot be judged"), "{message}");
    }
}

#[test]
fn a_manifest_is_served_whole_or_not_at_all() {
    let Route::Document(document) = route("v3-flatcontainer/widget.kit/1.0.0/widget.kit.nuspec") else {
        panic!("no document")
    };
    assert!(document.pinned);
    let request = get("v3-flatcontainer/Widget.Kit/1.0/widget.kit.nuspec");
    let index = feed()
        .scan(
            request,
            osa_plugin_sdk::conformance::ok("application/xml"),
            b"<package/>".to_vec(),
        )
        .unwrap();
    assert_eq!(index.purls(), ["pkg:nuget/widget.kit@1.0.0"]);
}

#[test]
fn the_service_index_is_found_under_both_layouts() {
    for (path, upstream) in [
        ("v3/index.json", "v3/index.json"),
        ("nuget-api/v3/index.json", "v3/index.json"),
        ("nuget-api/index.json", "index.json"),
        ("nuget-api", ""),
        ("nuget-api/", ""),
        ("", ""),
        (
            "nuget-api/v3/registration5-gz-semver2/widget.kit/index.json",
            "v3/registration5-gz-semver2/widget.kit/index.json",
        ),
        ("nuget-apis/x.json", "nuget-apis/x.json"),
        ("v3/query?q=w&prerelease=true", "v3/query?q=w&prerelease=true"),
        ("-/files/search.example/query?q=w%20x", "query?q=w%20x"),
    ] {
        assert_eq!(document(path).1, upstream, "{path}");
    }
    assert_eq!(
        document("-/files/Search.example/query").0,
        "additional-packages-registries/search.example"
    );
}

#[test]
fn a_host_that_is_not_configured_is_told_with_what_to_do() {
    let (status, message) = told("-/files/files.example/f/widget.kit/1.0.0/widget.kit.1.0.0.nupkg");
    assert_eq!(status, 403);
    assert!(
        message.contains(r#"`additional-packages-registries: {"files.example": "https://files.example"}`"#),
        "{message}"
    );
    let (_, message) = told("-/files/%3Cscript%3E%22/x");
    assert!(!message.contains('<'), "{message}");
}

#[test]
fn repository_managers_have_the_same_paths_below_a_prefix() {
    for (registry, path) in [
        (
            "https://nexus.example/repository/nuget-proxy",
            "v3/content/widget.kit/1.0.0/widget.kit.1.0.0.nupkg",
        ),
        (
            "https://art.example/artifactory/api/nuget/v3/nuget-remote/",
            "flatcontainer/widget.kit/1.0.0/widget.kit.1.0.0.nupkg",
        ),
    ] {
        let feed = NuGet::new(&serde_json::json!({ "registry": registry }).to_string()).unwrap();
        let Route::Artifact(artifact) = feed.classify(get(path)).unwrap() else {
            panic!("{path} is no package file")
        };
        assert_eq!(artifact.at.path, path);
        assert_eq!(artifact.purl.as_deref(), Some("pkg:nuget/widget.kit@1.0.0"));
    }
}

#[test]
fn odd_paths_are_not_found() {
    for path in [
        "a%2fb",
        "a/%252e%252e/b",
        "f/w%25/1.0.0/w.1.0.0.nupkg",
        "%ff",
        "a%3fb/index.json",
    ] {
        assert_eq!(route(path), Route::NotFound, "{path}");
    }
    assert!(matches!(
        route("v3-index/repository-signatures/certificates/0e5f.crt"),
        Route::Passthrough(_)
    ));
}

#[test]
fn nothing_is_pushed_through_this_proxy() {
    for method in ["PUT", "POST", "DELETE"] {
        let request = Request {
            method: method.into(),
            ..get("api/v2/package")
        };
        let Route::Respond(answer) = feed().classify(request).unwrap() else {
            panic!("{method}")
        };
        assert_eq!(answer.status, 405);
        assert!(answer.headers.contains(&("allow".into(), "GET, HEAD".into())));
    }
}

#[test]
fn bad_settings_say_what_is_wrong() {
    for (settings, part) in [
        ("{}", "registry"),
        (r#"{"registry": "registry.example"}"#, "no http or https URL"),
        (
            r#"{"registry": "https://nexus.example/repository/nuget-proxy/index.json"}"#,
            "ends in /repository/nuget-proxy",
        ),
    ] {
        let error = NuGet::new(settings).unwrap_err();
        assert!(error.contains(part), "{settings}: {error}");
    }
    assert_eq!(Plugin::describe().file_types, [".nupkg", ".snupkg"]);
}

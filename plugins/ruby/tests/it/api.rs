//! The JSON API.

use osa_plugin_sdk::conformance::LINK_BASE;
use osa_plugin_sdk::{Error, Outcome};
use serde_json::{Value, json};

use crate::support::asked;

const VERSIONS: &str = include_str!("../fixtures/versions.json");
const GEM: &str = include_str!("../fixtures/gem.json");

#[test]
fn the_versions_of_a_gem() {
    let versions = asked("api/v1/versions/widget.json", VERSIONS);
    assert_eq!(
        versions.purls(),
        [
            "pkg:gem/widget@2.0.0",
            "pkg:gem/widget@2.0.0.rc1",
            "pkg:gem/widget@1.1.0?platform=x86_64-linux"
        ]
    );
    assert_eq!(versions.text(&[]), VERSIONS);
    let mut expected: Value = serde_json::from_str(VERSIONS).unwrap();
    expected.as_array_mut().unwrap().remove(0);
    let left: Value = serde_json::from_slice(&versions.served(&["@2.0.0"])).unwrap();
    assert_eq!(left, expected);
    versions.conforms();
}

#[test]
fn dependencies_name_their_gems() {
    let body = json!([
        {"name": "acme", "number": "1.0", "platform": "ruby", "dependencies": []},
        {"name": "widget", "number": "1.0", "platform": "java", "dependencies": [["acme", ">= 0"]]},
        {"name": "widget", "number": "1.0", "platform": "java", "dependencies": []},
        {"number": "1.0", "platform": "java"},
        {"name": "widget", "number": 1},
        "odd",
    ]);
    let body = body.to_string();
    let dependencies = asked("api/v1/dependencies.json", &body);
    assert_eq!(
        dependencies.purls(),
        ["pkg:gem/acme@1.0", "pkg:gem/widget@1.0?platform=java"]
    );
    // Equal ones go together, and what names no version goes at once.
    let left: Value = serde_json::from_slice(&dependencies.served(&["=java"])).unwrap();
    assert_eq!(
        left,
        json!([{"name": "acme", "number": "1.0", "platform": "ruby", "dependencies": []}])
    );
    dependencies.conforms();
}

#[test]
fn a_key_that_stands_there_twice_is_not_trusted() {
    let body = r#"[{"number": "1.0", "number": "1.1"}, {"number": "1.2", "nu\u006dber": "1.3"}, {"number": "2.0"}]"#;
    let versions = asked("api/v1/versions/widget.json", body);
    assert_eq!(versions.purls(), ["pkg:gem/widget@2.0"]);
    assert_eq!(versions.text(&[]), r#"[{"number": "2.0"}]"#);
    let twice = asked("api/v1/gems/widget.json", r#"{"version": "1.0", "version": "1.1"}"#);
    assert!(matches!(twice.scan(), Err(Error::Malformed(_))));
}

#[test]
fn a_gem_is_refused_with_its_version_and_links_here() {
    let gem = asked("api/v1/gems/widget.json", GEM);
    assert_eq!(gem.purls(), ["pkg:gem/widget@2.0.0"]);
    assert_eq!(gem.text(&[]), GEM.replace("https://registry.example", LINK_BASE));
    assert_eq!(gem.outcome(&["@2.0.0"]), Err(Outcome::AllRefused));
    gem.conforms();

    let latest = asked("api/v1/versions/widget/latest.json", r#"{"version":"2.0.0"}"#);
    assert_eq!(latest.outcome(&["@2.0.0"]), Err(Outcome::AllRefused));
    let none = asked("api/v1/versions/widget/latest.json", r#"{"version":"unknown"}"#);
    assert_eq!(none.text(&[]), r#"{"version":"unknown"}"#);
    let odd = asked("api/v1/versions/widget/latest.json", r#"{"version":"2.0.0 "}"#);
    assert!(matches!(odd.scan(), Err(Error::Malformed(_))));
}

#[test]
fn other_json_is_malformed() {
    for body in ["", "{}", "[", "[{]", "[1,]", "null", "<html>"] {
        let error = asked("api/v1/versions/widget.json", body).scan();
        assert!(matches!(error, Err(Error::Malformed(_))), "{body}: {error:?}");
    }
    let deep = "[".repeat(200_000);
    assert!(asked("api/v1/versions/widget.json", &deep).scan().is_err());
    assert!(asked("api/v1/gems/widget.json", "[]").scan().is_err());
}

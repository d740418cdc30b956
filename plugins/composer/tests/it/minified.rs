//! Removing a version changes nothing that others inherit.

use osa_plugin_sdk::Outcome;
use serde_json::{Value, json};

use crate::support::{Upstream, expand, link, open};

const PATH: &str = "p2/acme/hello.json";

fn hello() -> Upstream {
    Upstream::new(PATH, include_str!("../fixtures/hello.json"))
}

fn versions(document: &Value) -> Vec<Value> {
    expand(document["packages"]["acme/hello"].as_array().unwrap())
}

fn purl(version: &str) -> String {
    format!("pkg:composer/acme/hello@{version}")
}

#[test]
fn each_version_is_offered_under_its_own_name() {
    assert_eq!(hello().offers(), ["v2.1.0", "v2.0.1", "v2.0.0", "v1.0.0"].map(purl));
    hello().conforms();
}

#[test]
fn what_is_left_is_what_it_was() {
    let whole = versions(&hello().served(&[]));
    for refused in 1u32..15 {
        let gone: Vec<_> = ["v2.1.0", "v2.0.1", "v2.0.0", "v1.0.0"]
            .iter()
            .enumerate()
            .filter(|(at, _)| refused >> at & 1 == 1)
            .map(|(_, version)| *version)
            .collect();
        let purls: Vec<_> = gone.iter().map(|version| purl(version)).collect();
        let purls: Vec<_> = purls.iter().map(String::as_str).collect();
        let left: Vec<_> = whole
            .iter()
            .filter(|version| !gone.contains(&version["version"].as_str().unwrap()))
            .cloned()
            .collect();
        assert_eq!(versions(&hello().served(&purls)), left, "{gone:?}");
    }
}

#[test]
fn only_the_version_behind_a_removed_one_is_rewritten() {
    let open = hello().outcome(&[]).unwrap();
    let gone = hello().outcome(&[&purl("v2.0.1")]).unwrap();
    let (start, end) = (
        open.find(r#"{"version":"v2.0.1"#).unwrap(),
        open.find(r#"{"description":"Said"#).unwrap(),
    );
    assert!(
        gone.starts_with(&open[..start]) && gone.ends_with(&open[end..]),
        "{gone}"
    );
    let rewritten = &gone[start..gone.len() - (open.len() - end) - 1];
    let rewritten: Value = serde_json::from_str(rewritten).unwrap();
    assert_eq!(
        rewritten,
        json!({
            "source": null,
            "support": {"source": "https://git.example/acme/hello/tree/v2.0.1"},
            "require": {"php": ">=8.0", "acme/world": "^1.0"},
            "suggest": "__unset",
            "dist": {
                "url": link("acme/hello", "v2.0.0", "-/packages/repos/acme/hello/zipball/c201000000000000000000000000000000000000"),
                "type": "zip", "shasum": "", "reference": "c201000000000000000000000000000000000000"},
            "version": "v2.0.0", "version_normalized": "2.0.0.0", "time": "2024-01-01T00:00:00+00:00",
            "license": ["MIT", "BSD-3-Clause"],
            "funding": [{"type": "other", "url": "https://acme.example/fund"}],
        })
    );
}

#[test]
fn the_first_that_is_left_says_all_itself() {
    let served = hello().served(&[&purl("v2.1.0"), &purl("v2.0.1"), &purl("v2.0.0")]);
    let only = &served["packages"]["acme/hello"];
    assert_eq!(only.as_array().unwrap().len(), 1);
    assert_eq!(only[0]["name"], "acme/hello");
    assert_eq!(only[0]["dist"]["reference"], Value::Null);
    assert!(
        !only[0].as_object().unwrap().values().any(|value| value == "__unset"),
        "{only}"
    );
}

#[test]
fn versions_of_one_commit_have_links_of_their_own() {
    let served = versions(&hello().served(&[]));
    let urls: Vec<_> = served
        .iter()
        .map(|version| version["dist"]["url"].as_str().unwrap())
        .collect();
    let commit = |version: &str, commit: &str| {
        link(
            "acme/hello",
            version,
            &format!("-/packages/repos/acme/hello/zipball/{commit}{}", "0".repeat(36)),
        )
    };
    assert_eq!(
        urls,
        [
            commit("v2.1.0", "c210"),
            commit("v2.0.1", "c201"),
            commit("v2.0.0", "c201"),
            link(
                "acme/hello",
                "v1.0.0",
                "-/files/git.example/acme/hello/archive/c1.tar.gz"
            ),
        ]
    );
    assert_eq!(served[3]["dist"]["shasum"], "1dd");
}

#[test]
fn source_goes_unless_it_is_to_stay() {
    for version in versions(&hello().served(&[&purl("v2.0.1")])) {
        assert_eq!(version["source"], Value::Null);
    }
    let keeping = Upstream {
        repository: open(r#", "source": "keep""#),
        ..hello()
    };
    keeping.conforms();
    for version in versions(&keeping.served(&[&purl("v2.0.1")])) {
        assert_eq!(version["source"]["type"], "git");
    }
}

#[test]
fn with_nothing_left_the_answer_is_why() {
    let all = ["v2.1.0", "v2.0.1", "v2.0.0", "v1.0.0"].map(purl);
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    assert_eq!(hello().outcome(&all), Err(Outcome::AllRefused));
    // Branches are asked for beside the versions, and their being refused says nothing of these.
    let dev = Upstream::new(
        "p2/acme/hello~dev.json",
        r#"{"packages": {"acme/hello": [{"name": "acme/hello", "version": "dev-main"}]}, "minified": "composer/2.0"}"#,
    );
    dev.conforms();
    let served = dev.served(&["pkg:composer/acme/hello@dev-main"]);
    assert_eq!(served["packages"], json!({"acme/hello": []}));
    assert!(
        served["warning"].as_str().unwrap().contains("No \"candidate\" 0"),
        "{served}"
    );
}

#[test]
fn what_unsets_in_a_removed_version_still_does() {
    let document = |versions: Value| {
        Upstream::new(
            PATH,
            json!({"minified": "composer/2.0", "packages": {"acme/hello": versions}}).to_string(),
        )
    };
    let three = document(json!([
        {"name": "acme/hello", "version": "3", "extra": {"a": 1}, "dist": {"url": "https://git.example/3.zip"}},
        {"version": "2", "extra": "__unset", "dist": null},
        {"version": "1", "bin": ["a"]},
        {"version": "0", "bin": "__unset", "extra": "__unset"},
    ]));
    three.conforms();
    assert_eq!(
        versions(&three.served(&["pkg:composer/acme/hello@2"]))[1],
        json!({"name": "acme/hello", "version": "1", "bin": ["a"], "dist": null})
    );
    assert_eq!(
        versions(&three.served(&[
            "pkg:composer/acme/hello@3",
            "pkg:composer/acme/hello@2",
            "pkg:composer/acme/hello@1"
        ])),
        [json!({"name": "acme/hello", "version": "0", "dist": null})]
    );
}

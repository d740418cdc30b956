//! Packuments as clients get them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use osa_plugin_npm::Npm;
use osa_plugin_sdk::conformance::{self, Case, LINK_BASE, get, ok};
use osa_plugin_sdk::{Error, GuestRepository, Head, Index, Outcome, Refusal, Request, Style};
use serde_json::{Value, json};

const WIDGET: &str = include_str!("fixtures/widget.json");

fn npm() -> Npm {
    Npm::new(r#"{"registry": "https://registry.example/npm/"}"#).unwrap()
}

fn scan(path: &str, body: &str) -> Result<Index, Error> {
    npm().scan(get(path), ok("application/json"), body.into())
}

/// What a client gets when these versions are refused.
fn serve(path: &str, body: &str, refused: &[&str], style: Style) -> Result<String, Outcome> {
    let (request, head): (Request, Head) = (get(path), ok("application/json"));
    let case = Case {
        request: &request,
        head: &head,
        body: body.as_bytes(),
    };
    let index = scan(path, body).unwrap();
    let refused: Vec<_> = refused
        .iter()
        .map(|version| Refusal {
            candidate: index.suffixes().position(|found| found == *version).unwrap() as u32,
            reason: format!("No \"{version}\""),
        })
        .collect();
    conformance::serve(&npm(), case, &refused, style)
        .unwrap()
        .map(|body| String::from_utf8(body).unwrap())
}

fn value(path: &str, body: &str, refused: &[&str], style: Style) -> Value {
    serde_json::from_str(&serve(path, body, refused, style).unwrap()).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_version_is_a_candidate() {
    let index = scan("widget", WIDGET).unwrap();
    assert_eq!(index.prefix, "pkg:npm/widget@");
    let found: Vec<_> = index.suffixes().collect();
    assert_eq!(found, ["1.0.0", "1.1.0", "2.0.0", "2.1.0", "3.0.0-rc.1"]);
}

#[test]
fn nothing_but_the_links_changes_when_nothing_is_refused() {
    let expected = WIDGET
        .replace(
            "https://registry.example/npm/widget/-",
            &format!("{LINK_BASE}/widget/-"),
        )
        .replace("http://registry.example/npm/widget/-", &format!("{LINK_BASE}/widget/-"))
        .replace(
            r"https:\/\/registry.example\/npm\/widget\/-\/",
            &format!("{LINK_BASE}/widget/-/"),
        )
        .replace(
            "https://registry.example/npm/download",
            &format!("{LINK_BASE}/-/osa/widget/2.1.0/download"),
        );
    assert_eq!(serve("widget", WIDGET, &[], Style::Remove).unwrap(), expected);
    assert_eq!(serve("widget", WIDGET, &[], Style::Mark).unwrap(), expected);
}

#[test]
fn a_refused_version_is_gone_from_versions_time_and_tags() {
    let doc = value("widget", WIDGET, &["2.0.0", "3.0.0-rc.1"], Style::Remove);
    assert_eq!(keys(&doc["versions"]), ["1.0.0", "1.1.0", "2.1.0"]);
    assert_eq!(keys(&doc["time"]), ["1.0.0", "1.1.0", "2.1.0", "created", "modified"]);
    assert_eq!(doc["dist-tags"], json!({"latest": "1.1.0", "legacy": "1.0.0"}));
    assert_eq!(doc["versions"]["1.0.0"]["deprecated"], "too old");
    assert_eq!(
        doc["versions"]["1.1.0"]["dist"]["tarball"],
        format!("{LINK_BASE}/widget/-/widget-1.1.0.tgz")
    );
    let text = serve("widget", WIDGET, &["2.0.0", "3.0.0-rc.1"], Style::Remove).unwrap();
    assert!(!text.contains("2.0.0") && !text.contains("3.0.0"), "{text}");
}

#[test]
fn marking_sets_deprecated_and_repairs_the_tags() {
    let doc = value("widget", WIDGET, &["1.0.0", "2.0.0"], Style::Mark);
    assert_eq!(keys(&doc["versions"]).len(), 5);
    assert_eq!(doc["versions"]["1.0.0"]["deprecated"], "No \"1.0.0\"");
    assert_eq!(doc["versions"]["2.0.0"]["deprecated"], "No \"2.0.0\"");
    assert_eq!(doc["versions"]["2.1.0"].get("deprecated"), None);
    assert_eq!(
        doc["versions"]["2.0.0"]["dist"]["tarball"],
        format!("{LINK_BASE}/widget/-/widget-2.0.0.tgz")
    );
    assert_eq!(keys(&doc["time"]).len(), 7);
    assert_eq!(doc["dist-tags"], json!({"latest": "1.1.0", "next": "3.0.0-rc.1"}));
}

#[test]
fn all_refused_is_told_apart_from_nothing_there() {
    let all = ["1.0.0", "1.1.0", "2.0.0", "2.1.0", "3.0.0-rc.1"];
    for style in [Style::Remove, Style::Mark] {
        assert_eq!(serve("widget", WIDGET, &all, style), Err(Outcome::AllRefused));
    }
    for empty in [
        r#"{"name":"widget","time":{"unpublished":{"name":"x"}}}"#,
        r#"{"versions":{}}"#,
        r#"{"error":"not_found"}"#,
    ] {
        assert_eq!(serve("widget", empty, &[], Style::Remove).unwrap(), empty);
    }
}

#[test]
fn a_tag_gives_the_manifest_it_points_at_once_repaired() {
    let latest = value("widget/latest", WIDGET, &[], Style::Remove);
    assert_eq!(latest["version"], "2.0.0");
    assert_eq!(
        latest["dist"]["tarball"],
        format!("{LINK_BASE}/widget/-/widget-2.0.0.tgz")
    );
    let repaired = value("widget/latest", WIDGET, &["2.0.0"], Style::Mark);
    assert_eq!(repaired["version"], "1.1.0");
    assert_eq!(
        repaired["dist"]["tarball"],
        format!("{LINK_BASE}/widget/-/widget-1.1.0.tgz")
    );
    let absent = |tag: &str, refused: &[&str]| match serve(tag, WIDGET, refused, Style::Remove) {
        Err(Outcome::Absent(message)) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(absent("widget/beta", &[]), "widget has no version or dist-tag beta");
    assert_eq!(
        absent("widget/%5E1.0.0", &[]),
        "widget has no version or dist-tag ^1.0.0"
    );
    assert_eq!(
        absent("widget/next", &["3.0.0-rc.1"]),
        "dist-tag next of widget points at 3.0.0-rc.1, which is refused: No \"3.0.0-rc.1\""
    );
}

#[test]
fn dist_tags_come_alone_and_repaired() {
    let tags = value("-/package/widget/dist-tags", WIDGET, &["2.0.0", "1.0.0"], Style::Remove);
    assert_eq!(tags, json!({"latest": "1.1.0", "next": "3.0.0-rc.1"}));
}

#[test]
fn a_version_by_number_stands_or_falls_as_a_whole() {
    let body = r#"{"name":"widget","version":"1.0.0","dist":{"tarball":"https://registry.example/npm/widget/-/widget-1.0.0.tgz"}}"#;
    let doc = value("widget/1.0.0", body, &[], Style::Remove);
    assert_eq!(doc["dist"]["tarball"], format!("{LINK_BASE}/widget/-/widget-1.0.0.tgz"));
    assert_eq!(
        serve("widget/1.0.0", body, &["1.0.0"], Style::Mark),
        Err(Outcome::AllRefused)
    );
    // It may claim to be another: then it is judged as both.
    let lie = body.replace("\"version\":\"1.0.0\"", "\"version\":\"0.9.0\"");
    assert_eq!(
        serve("widget/1.0.0", &lie, &["0.9.0"], Style::Remove),
        Err(Outcome::AllRefused)
    );
    assert_eq!(
        serve("widget/1.0.0", &lie, &["1.0.0"], Style::Remove),
        Err(Outcome::AllRefused)
    );
}

#[test]
fn duplicate_keys_hide_nothing() {
    let body = r#"{
        "versions": {"1.0.0": {"dist": {"tarball": "https://registry.example/npm/a", "tarball": "/npm/b"}}, "\u0031.0.0": {}, "2.0.0": {}},
        "\u0076ersions": {"1.0.0": {}, "v1.0.0": {"deprecated": "a", "deprecated": "b"}, "3.0.0": {}},
        "dist-tags": {"latest": "3.0.0", "latest": "1.0.0"}, "dist-tags": {"latest": "v1.0.0", "x": "2.0.0"},
        "time": {"1.0.0": "2020-01-01T00:00:00Z"}, "time": {"1.0.0": "2021-01-01T00:00:00Z", "2.0.0": "?"}
    }"#;
    let index = scan("widget", body).unwrap();
    assert_eq!(index.candidates, "1.0.0\n2.0.0\n3.0.0\n");
    let removed = serve("widget", body, &["1.0.0"], Style::Remove).unwrap();
    assert!(!removed.contains("1.0.0") && !removed.contains(r"\u0031"), "{removed}");
    assert_eq!(scan("widget", &removed).unwrap().suffixes().len(), 2);
    let marked = serve("widget", body, &["1.0.0"], Style::Mark).unwrap();
    assert_eq!(marked.matches(r#""deprecated":"No \"1.0.0\"""#).count(), 3, "{marked}");
    assert_eq!(marked.matches(r#""deprecated": "No \"1.0.0\"""#).count(), 2, "{marked}");
    assert!(
        !marked.contains(r#""latest": "1.0.0""#) && !marked.contains(r#""latest": "v1"#),
        "{marked}"
    );
}

#[test]
fn a_version_that_claims_to_be_another_goes_with_it() {
    let body = r#"{"dist-tags":{"latest":"2.0.0"},"versions":{"1.0.0":{},"2.0.0":{"version":"0.9.0"}},"time":{"2.0.0":"2020-01-01T00:00:00Z"}}"#;
    let doc = value("widget", body, &["0.9.0"], Style::Remove);
    assert_eq!(
        doc,
        json!({"dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {}}, "time": {}})
    );
}

#[test]
fn what_is_no_packument_is_malformed() {
    let malformed = |path: &str, body: &str| match scan(path, body) {
        Err(Error::Malformed(message)) => message,
        other => panic!("{body}: {other:?}"),
    };
    for (body, why) in [
        ("", "ends too early"),
        ("[]", "expected an object"),
        ("<html>", "expected an object"),
        ("null", "expected an object"),
        (r#"{"versions": []}"#, "expected an object"),
        (r#"{"versions": {"1.0.0": null}}"#, "expected an object"),
        (r#"{"versions": {"": {}}}"#, "without a number"),
        (r#"{"versions": {"1.0.0\ud800": {}}}"#, "no character"),
        (r#"{"versions": {"1.0.0": {}},}"#, "expected a key"),
        (r#"{"versions": {"1.0.0": {}}} x"#, "behind the document"),
        (r#"{"name": "gadget", "versions": {}}"#, "another package"),
        (r#"{"dist-tags": "latest"}"#, "expected an object"),
    ] {
        let message = malformed("widget", body);
        assert!(message.contains(why), "{body}: {message}");
    }
    assert!(malformed("widget/1.0.0", "[]").contains("expected an object"));
    assert!(matches!(scan("-/ping", "{}"), Err(Error::Unsupported(_))));
    let refused = [conformance::refuse(7)];
    let index = scan("widget", WIDGET).unwrap();
    assert!(
        npm()
            .plan(index.notes, refused.to_vec(), Style::Remove, LINK_BASE.into())
            .is_err()
    );
    assert!(
        npm()
            .plan(b"garbage".to_vec(), Vec::new(), Style::Remove, LINK_BASE.into())
            .is_err()
    );
}

#[test]
fn conforms() {
    let (request, head) = (get("widget"), ok("application/json"));
    let case = Case {
        request: &request,
        head: &head,
        body: WIDGET.as_bytes(),
    };
    conformance::edits(&npm(), case, 100).unwrap();
    conformance::truncation(&npm(), case, usize::MAX).unwrap();
    for end in 0..WIDGET.trim_end().len() {
        assert!(scan("widget", &WIDGET[..end]).is_err(), "cut off at {end}");
    }
}

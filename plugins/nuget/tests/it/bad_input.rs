//! Documents that are none, or that two parsers read in two ways: an error, never unfiltered bytes and never a panic.

use osa_plugin_sdk::{Error, Outcome, Style};
use serde_json::json;

use crate::support::Upstream;

fn malformed(path: &str, body: impl Into<Vec<u8>>) -> String {
    match Upstream::new(path, body).scan() {
        Err(Error::Malformed(message)) => message,
        other => panic!("{path}: {other:?}"),
    }
}

const FLAT: &str = "f/widget/index.json";

#[test]
fn what_is_no_json_is_an_error() {
    for body in [
        &b""[..],
        b"{",
        b"<html>",
        b"PK\x03\x04",
        b"{\"versions\":[\"1.0.0\",]}",
        b"{\"versions\":[\"1.0.0\"]} x",
        b"{\"versions\":[\"\xff\"]}",
        b"{\"versions\":[\"1\n\"]}",
        b"{'versions':[]}",
        b"{\"versions\":[\"\\ud800\"]}",
    ] {
        malformed(FLAT, body);
    }
}

#[test]
fn members_that_count_stand_once() {
    for body in [
        r#"{"versions": ["1.0.0"], "Versions": ["2.0.0"]}"#,
        r#"{"items": [], "\u0069tems": []}"#,
        r#"{"data": [{"id": "a", "ID": "b", "version": "1.0.0"}]}"#,
        r#"{"items": [{"catalogEntry": {"id": "widget", "version": "1.0.0", "VERSION": "2.0.0"}}]}"#,
        r#"{"items": [{"catalogEntry": {}, "catalogEntry": {}}]}"#,
        r#"{"resources": [{"@id": "https://a.example/", "@id": "https://b.example/"}]}"#,
    ] {
        assert!(malformed(FLAT, body).contains("twice"), "{body}");
    }
}

#[test]
fn a_member_is_known_in_any_case_and_with_escapes() {
    for key in ["VERSIONS", "\\u0076ersions"] {
        let flat = Upstream::new(FLAT, format!(r#"{{"{key}": ["1.0.0", "2.0.0"]}}"#));
        assert_eq!(flat.offers().len(), 2, "{key}");
    }
}

#[test]
fn a_list_of_versions_without_a_package_is_an_error() {
    assert!(malformed("versions", r#"{"versions": ["1.0.0"]}"#).contains("which package"));
    malformed("v3/x.json", r#"{"packageContent": "https://registry.example/x"}"#);
    malformed(
        "r/widget/1.0.0.json",
        r#"{"catalogEntry": {"id": "other", "version": "1.0.0"}}"#,
    );
    malformed(
        "r/widget/1.0.0.json",
        r#"{"catalogEntry": {"id": "widget", "version": "2.0.0"}}"#,
    );
}

#[test]
fn deep_nesting_is_an_error() {
    malformed(FLAT, "[".repeat(100_000));
    malformed(FLAT, format!("{{\"items\":{}", "[{\"items\":".repeat(100_000)));
}

#[test]
fn versions_that_are_none_are_judged_as_they_stand() {
    let long = "1".repeat(5000);
    let flat = Upstream::new(
        FLAT,
        json!({"versions": ["Latest", "1.0.0", "", 7, long, "1.0.0/../x", "ü"]}).to_string(),
    );
    flat.conforms();
    let offers = flat.offers();
    assert_eq!(offers[0], "pkg:nuget/widget@latest");
    assert_eq!(offers[3], "pkg:nuget/widget@1.0.0%2F..%2Fx");
    assert_eq!(offers[4], "pkg:nuget/widget@%C3%BC");
    assert_eq!(offers.len(), 5);
}

#[test]
fn refusals_of_nothing_and_foreign_notes_are_errors() {
    use osa_plugin_sdk::{GuestRepository as _, conformance};
    let feed = crate::support::feed();
    let notes = Upstream::new(FLAT, r#"{"versions": ["1.0.0"]}"#).scan().unwrap().notes;
    assert!(
        feed.plan(notes, vec![conformance::refuse(7)], Style::Remove, String::new())
            .is_err()
    );
    assert!(
        feed.plan(vec![0xff; 40], Vec::new(), Style::Remove, String::new())
            .is_err()
    );
}

#[test]
fn an_empty_document_stays_empty() {
    for body in [
        "{}",
        "[]",
        "null",
        "7",
        r#"{"versions": []}"#,
        r#"{"count": 0, "items": []}"#,
        r#"{"items": 7, "data": {}}"#,
    ] {
        let document = Upstream::new(FLAT, body);
        assert_eq!(document.outcome(&[], Style::Remove), Ok::<_, Outcome>(body.to_owned()));
    }
}

//! Documents that are none, or that two parsers read in two ways: an error, never unfiltered bytes and never a panic.

use osa_plugin_sdk::{Error, GuestRepository as _, Style, conformance};

use crate::support::{Upstream, repository};

const PATH: &str = "p2/acme/hello.json";

#[track_caller]
fn refused(body: impl Into<Vec<u8>>) -> String {
    match Upstream::new(PATH, body).scan() {
        Err(Error::Malformed(message) | Error::Unsupported(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_json_is_an_error() {
    for body in [
        &b""[..],
        b"{",
        b"<html>",
        b"PK\x03\x04",
        b"{\"packages\":{\"a/b\":[{\"version\":\"1\"},]}}",
        b"{\"packages\":{}} x",
        b"{\"packages\":{\"a/b\":[{\"version\":\"\xff\"}]}}",
        b"{\"packages\":{\"a/b\":[{\"version\":\"\\ud800\"}]}}",
        b"{\"packages\":{\"\\udfff\":[{\"version\":\"1\"}]}}",
    ] {
        refused(body);
    }
}

#[test]
fn members_that_count_stand_once() {
    for version in [
        r#""version": "1", "version": "2""#,
        r#""version": "1", "name": "a/b", "n\u0061me": "a/c""#,
        r#""version": "1", "dist": null, "dist": {"url": "https://evil.example/a.zip"}"#,
        r#""version": "1", "dist": {"url": "https://git.example/a.zip", "url": "https://evil.example/a.zip"}"#,
        r#""version": "1", "dist": {"type": "path", "type": "zip", "url": "https://evil.example/a.zip"}"#,
        r#""version": "1", "source": null, "source": {"type": "git"}"#,
    ] {
        let message = refused(format!(r#"{{"packages": {{"acme/hello": [{{{version}}}]}}}}"#));
        assert!(message.contains("twice"), "{version}: {message}");
    }
    assert!(refused(r#"{"minified": "composer/2.0", "minified": null}"#).contains("twice"));
}

#[test]
fn a_version_that_cannot_be_told_is_an_error() {
    for packages in [
        r#"{"acme/hello": [{}]}"#,
        r#"{"acme/hello": [{"version": 1.0}]}"#,
        r#"{"acme/hello": [{"version": ""}]}"#,
        r#"{"acme/hello": [{"version": "1", "name": 7}]}"#,
        r#"{"acme/hello": [{"version": "1"}, null]}"#,
        r#"[[{"version": "1"}]]"#,
        r#"{"": [{"version": "1"}]}"#,
    ] {
        refused(format!(r#"{{"packages": {packages}}}"#));
    }
}

#[test]
fn another_way_of_minifying_is_not_guessed_at() {
    assert!(refused(r#"{"minified": "composer/3.0", "packages": {}}"#).contains("composer/2.0"));
    refused(r#"{"minified": "composer/2.0", "packages": {"a/b": {"1": {"version": "1"}}}}"#);
}

#[test]
fn deep_nesting_is_an_error() {
    refused("[".repeat(100_000));
    refused(format!("{{\"packages\":{}", "{\"a/b\":[".repeat(100_000)));
    refused(format!(
        "{{\"packages\":{{\"a/b\":[{{\"dist\":{}",
        "{\"url\":".repeat(100_000)
    ));
}

#[test]
fn many_keys_cost_no_more_than_their_bytes() {
    let version = |at: usize| format!(r#"{{"version":"{at}","k{at}":"__unset","l{at}":[{at}]}}"#);
    let versions: Vec<_> = (0..20_000).map(version).collect();
    let body = format!(
        r#"{{"minified":"composer/2.0","packages":{{"a/b":[{}]}}}}"#,
        versions.join(",")
    );
    let upstream = Upstream::new(PATH, body);
    let index = upstream.scan().unwrap();
    let refused: Vec<_> = (0..index.suffixes().len())
        .step_by(2)
        .map(conformance::refuse)
        .collect();
    let served = conformance::serve(&upstream.repository, upstream.case(), &refused, Style::Remove)
        .unwrap()
        .unwrap();
    assert!(served.len() > 200_000);
}

#[test]
fn refusals_of_nothing_and_foreign_notes_are_errors() {
    let notes = Upstream::new(PATH, r#"{"packages": {"a/b": [{"version": "1"}]}}"#)
        .scan()
        .unwrap()
        .notes;
    let plan = |notes, refused| repository().plan(notes, refused, Style::Remove, String::new());
    assert!(plan(notes, vec![conformance::refuse(7)]).is_err());
    assert!(plan(vec![0xff; 40], Vec::new()).is_err());
}

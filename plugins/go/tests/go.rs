//! What each path means, and what is left of documents.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_collect,
    reason = "helpers of tests"
)]

use osa_plugin_go::Go;
use osa_plugin_sdk::{
    GuestRepository as _, Outcome, Request, Route, Style,
    conformance::{self, Case, get, ok, refuse, serve},
};
use proptest::prelude::*;

fn go() -> Go {
    Go::new(r#"{"registry": "https://registry.example", "sumdb-registry": "https://sumdb.example"}"#).unwrap()
}

/// The route in one line.
fn told(request: Request) -> String {
    match go().classify(request).unwrap() {
        Route::Passthrough(at) => format!("pass {} {}", at.origin, at.path),
        Route::Artifact(artifact) => format!(
            "artifact {} {} {}",
            artifact.at.path,
            artifact.purl.unwrap(),
            artifact.file_name
        ),
        Route::Document(document) => format!("document {}", document.at.path),
        Route::Respond(answer) => format!("{}", answer.status),
        Route::NotFound => "not found".into(),
        Route::ChecksumOf(_) | Route::Component(_) => panic!("Go has neither"),
    }
}

fn path(path: &str) -> String {
    told(get(path))
}

#[test]
fn documents() {
    assert_eq!(path("example.com/hello/@v/list"), "document example.com/hello/@v/list");
    assert_eq!(
        path("example.com/hello/%40v/list"),
        "document example.com/hello/@v/list"
    );
    assert_eq!(
        path("example.com/%21upper/@v/list"),
        "document example.com/!upper/@v/list"
    );
    assert_eq!(
        path("example.com/hello/v2/@latest"),
        "document example.com/hello/v2/@latest"
    );
}

#[test]
fn files() {
    assert_eq!(
        path("github.com/!burnt!sushi/toml/@v/v1.2.3.zip"),
        "artifact github.com/!burnt!sushi/toml/@v/v1.2.3.zip pkg:golang/github.com/BurntSushi/toml@v1.2.3 v1.2.3.zip"
    );
    assert_eq!(
        path("example.com/hello/@v/v2.0.0+incompatible.zip"),
        "artifact example.com/hello/@v/v2.0.0+incompatible.zip \
         pkg:golang/example.com/hello@v2.0.0%2Bincompatible v2.0.0+incompatible.zip"
    );
    assert_eq!(
        path("example.com/hello/@v/v1.0.0-!r!c1.zip"),
        "artifact example.com/hello/@v/v1.0.0-!r!c1.zip pkg:golang/example.com/hello@v1.0.0-RC1 v1.0.0-RC1.zip"
    );
    for about in [
        "v1.2.3.info",
        "v1.2.3.mod",
        "master.info",
        "0a1b2c.info",
        "v1.2.3+incompatible.mod",
    ] {
        let path_of = format!("example.com/hello/@v/{about}");
        assert_eq!(path(&path_of), format!("pass registry {path_of}"));
    }
}

#[test]
fn a_file_whose_version_nobody_can_tell_is_refused() {
    for query in ["master", "v1", "v1.2", "v1.2.3+meta", "latest"] {
        assert_eq!(path(&format!("example.com/hello/@v/{query}.zip")), "403", "{query}");
    }
}

#[test]
fn the_checksum_database() {
    assert_eq!(path("sumdb/sum.example/supported"), "200");
    assert_eq!(path("sumdb/sum.example/latest"), "pass sumdb-registry latest");
    let lookup = "lookup/example.com/!upper@v1.0.0+incompatible";
    assert_eq!(
        path(&format!("sumdb/sum.example/{lookup}")),
        format!("pass sumdb-registry {lookup}")
    );
    let tile = "tile/8/0/x001/234.p/5";
    assert_eq!(
        path(&format!("sumdb/sum.example/{tile}")),
        format!("pass sumdb-registry {tile}")
    );
    for other in [
        "sumdb/sum.example/",
        "sumdb/sum.example/admin",
        "sumdb/sum.example",
        "sumdb//supported",
    ] {
        assert_eq!(path(other), "not found", "{other}");
    }
    let without = Go::new(r#"{"registry": "https://registry.example"}"#).unwrap();
    for path in ["supported", "lookup/example.com/hello@v1.0.0"] {
        let Route::Respond(answer) = without.classify(get(&format!("sumdb/sum.example/{path}"))).unwrap() else {
            panic!("{path}");
        };
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[test]
fn other_paths_lead_nowhere() {
    for other in [
        "",
        "@v/list",
        "example.com/hello",
        "example.com/hello/@v/",
        "example.com/hello/@v/.zip",
        "example.com/hello/@v/v1.0.0",
        "example.com/hello/@v/v1.0.0.exe",
        "example.com/hello/@v/a/b.info",
        "example.com/hello/@v/list/",
        "example.com/Hello/@v/list",
        "example.com/hello/@v/v1.0.0-RC1.zip",
        "cached-only/example.com/hello/@v/v1.0.0.zip",
        "example.com/hello/@v/v1.0.0%252f.zip",
        "example.com/@v/hello/@v/list",
        "example.com/hello/@latest/@v/list",
    ] {
        assert_eq!(path(other), "not found", "{other}");
    }
    let upload = Request {
        method: "PUT".into(),
        ..get("example.com/hello/@v/v1.0.0.zip")
    };
    assert_eq!(told(upload), "405");
}

const LIST: &str = "v1.0.0\nv1.1.0\nv1.2.0-rc.1\nv1.2.0\n";

fn list(body: &[u8], refused: &[usize]) -> Result<Vec<u8>, Outcome> {
    let (request, head) = (get("example.com/hello/@v/list"), ok("text/plain"));
    let case = Case {
        request: &request,
        head: &head,
        body,
    };
    let refused: Vec<_> = refused.iter().copied().map(refuse).collect();
    serve(&go(), case, &refused, Style::Remove).unwrap()
}

fn left(body: &str, refused: &[usize]) -> String {
    String::from_utf8(list(body.as_bytes(), refused).unwrap()).unwrap()
}

#[test]
fn refused_versions_leave_the_list() {
    assert_eq!(left(LIST, &[]), LIST);
    assert_eq!(left(LIST, &[3]), "v1.0.0\nv1.1.0\nv1.2.0-rc.1\n");
    assert_eq!(left(LIST, &[0, 1]), "v1.2.0-rc.1\nv1.2.0\n");
    assert_eq!(list(LIST.as_bytes(), &[0, 1, 2, 3]), Err(Outcome::AllRefused));
    assert_eq!(left("", &[]), "");
}

#[test]
fn lists_are_read_as_the_go_command_reads_them() {
    assert_eq!(
        left("\r\n v1.0.0\t2020-01-01T00:00:00Z\r\n\r\nv1.1.0", &[0]),
        "\r\n\r\nv1.1.0"
    );
    assert_eq!(left("v1.0.0\nv1.1.0\nv1.0.0", &[0, 2]), "v1.1.0\n");
    // To other readers these may be versions.
    assert_eq!(left("v1\nv1.0.0\nv1.2\n1.2.3\nv01.2.3\nv1.2.3+meta\n", &[]), "v1.0.0\n");
    assert_eq!(left("v1.0.0\n# a remark\n", &[]), "v1.0.0\n# a remark\n");
    assert_eq!(
        list(b"v1.0.0 \xff\nv1.1.0\n\xff v1.2.0\n", &[0]),
        Ok(b"v1.1.0\n\xff v1.2.0\n".to_vec())
    );
}

#[test]
fn a_page_is_no_list() {
    let (request, head) = (get("example.com/hello/@v/list"), ok("text/html"));
    assert!(
        go().scan(request, head, b"\n<!DOCTYPE html><p>v1.0.0".to_vec())
            .is_err()
    );
}

#[test]
fn latest_stands_or_falls() {
    let (request, head) = (get("example.com/hello/@latest"), ok("application/json"));
    let body = br#"{"Version":"v1.2.0","Time":"2024-01-01T00:00:00Z","Origin":{"VCS":"git"}}"#;
    let case = Case {
        request: &request,
        head: &head,
        body,
    };
    let index = go().scan(request.clone(), head.clone(), body.to_vec()).unwrap();
    assert_eq!(index.prefix, "pkg:golang/example.com/hello@");
    assert_eq!(index.candidates, "v1.2.0\n");
    assert_eq!(serve(&go(), case, &[], Style::Mark).unwrap(), Ok(body.to_vec()));
    assert_eq!(
        serve(&go(), case, &[refuse(0)], Style::Mark).unwrap(),
        Err(Outcome::AllRefused)
    );
    for bad in [
        "",
        "{}",
        "[]",
        "null",
        "{\"Version\":1}",
        "{\"Version\":\"master\"}",
        "{\"Version\":\"v1.0.0\",\"version\":\"v1.1.0\"}",
        "{\"Version\":\"v1.0.0\"} x",
        "<html>",
    ] {
        let scanned = go().scan(request.clone(), head.clone(), bad.into());
        assert!(scanned.is_err(), "{bad}");
    }
}

#[test]
fn the_promises_of_every_plugin_are_kept() {
    let (request, head) = (get("example.com/hello/@v/list"), ok("text/plain"));
    let case = Case {
        request: &request,
        head: &head,
        body: LIST.as_bytes(),
    };
    conformance::edits(&go(), case, 10).unwrap();
    let request = get("example.com/hello/@latest");
    let body = br#"{"Version":"v1.2.0","Time":"2024-01-01T00:00:00Z"}"#;
    let case = Case {
        request: &request,
        head: &head,
        body,
    };
    conformance::edits(&go(), case, 10).unwrap();
    conformance::truncation(&go(), case, 100).unwrap();
}

proptest! {
    /// Against taking the lines out one by one.
    #[test]
    fn edits_equal_a_naive_rewrite(
        lines in proptest::collection::vec(("(v[0-3]\\.[0-3]\\.[0-3](-rc\\.[0-3])?|[a-z ]{0,4}| \t)", "(\n|\r\n|  x\n)"), 0..30),
        refused in proptest::collection::btree_set("v[0-3]\\.[0-3]\\.[0-3]", 0..30),
    ) {
        let body: String = lines.iter().map(|(word, end)| format!("{word}{end}")).collect();
        let index = go().scan(get("example.com/hello/@v/list"), ok("text/plain"), body.clone().into()).unwrap();
        let positions: Vec<usize> = index
            .suffixes()
            .enumerate()
            .filter(|(_, version)| refused.contains(*version))
            .map(|(at, _)| at)
            .collect();
        let naive: String = lines
            .iter()
            .map(|(word, end)| format!("{word}{end}"))
            .filter(|line| line.split_whitespace().next().is_none_or(|word| !refused.contains(word)))
            .collect();
        match list(body.as_bytes(), &positions) {
            Ok(bytes) => prop_assert_eq!(String::from_utf8(bytes).unwrap(), naive),
            Err(outcome) => {
                prop_assert_eq!(outcome, Outcome::AllRefused);
                prop_assert_eq!(positions.len(), index.suffixes().len());
            }
        }
    }

    #[test]
    fn anything_else_is_an_answer_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..200), path in "[a-z.!@/%0-9]{0,40}") {
        let _ = go().scan(get("example.com/hello/@v/list"), ok("text/plain"), body.clone());
        let _ = go().scan(get("example.com/hello/@latest"), ok("text/plain"), body);
        let _ = go().classify(get(&path));
    }
}

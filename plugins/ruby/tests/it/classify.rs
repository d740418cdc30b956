//! What each path means, and what does not slip by under another name.

use osa_plugin_sdk::conformance::get;
use osa_plugin_sdk::{Digest, GuestRepository, Packing, Request, Route};

use crate::support::ruby;

fn told(request: Request) -> String {
    match ruby().classify(request).unwrap() {
        Route::Passthrough(at) => format!("pass {}", at.path),
        Route::Artifact(artifact) => {
            format!(
                "artifact {} {} {}",
                artifact.at.path,
                artifact.file_name,
                artifact.purl.unwrap()
            )
        }
        Route::Document(document) => {
            let mut told = format!("document {}", document.at.path);
            for (holds, word) in [
                (document.validator == Digest::Md5, " md5"),
                (document.packing == Packing::Gzip, " gzip"),
                (document.pinned, " pinned"),
            ] {
                told += if holds { word } else { "" };
            }
            told
        }
        Route::Respond(answer) => answer.status.to_string(),
        Route::NotFound => "not found".into(),
        Route::ChecksumOf(_) | Route::Component(_) => unreachable!("RubyGems has neither"),
    }
}

fn path(path: &str) -> String {
    told(get(path))
}

fn query(path: &str, query: &str) -> String {
    told(Request {
        query: Some(query.into()),
        ..get(path)
    })
}

#[test]
fn the_compact_index() {
    assert_eq!(path("versions"), "document versions md5");
    assert_eq!(path("info/widget"), "document info/widget md5");
    assert_eq!(path("info/RedCloth.x_y-z"), "document info/RedCloth.x_y-z md5");
    assert_eq!(path("info/wid%67et"), "document info/widget md5");
    assert_eq!(path("names"), "pass names");
    assert_eq!(path(""), "pass ");
    // A query has no meaning here, and could be another document upstream.
    assert_eq!(query("info/widget", "x=1"), "document info/widget md5");
}

#[test]
fn the_marshal_indexes() {
    assert_eq!(path("specs.4.8.gz"), "document specs.4.8.gz gzip");
    assert_eq!(path("latest_specs.4.8.gz"), "document latest_specs.4.8.gz gzip");
    assert_eq!(path("prerelease_specs.4.8"), "document prerelease_specs.4.8");
    assert_eq!(
        path("quick/Marshal.4.8/widget-1.0.0-java.gemspec.rz"),
        "document quick/Marshal.4.8/widget-1.0.0-java.gemspec.rz pinned"
    );
    for old in [
        "quick/Marshal.4.8/widget.gemspec.rz",
        "quick/widget-1.0.0.gemspec.rz",
        "Marshal.4.8.Z",
        "yaml",
        "quick/index",
    ] {
        assert_eq!(path(old), "not found", "{old}");
    }
}

#[test]
fn the_api() {
    assert_eq!(
        query("api/v1/dependencies", "gems=acme,widget"),
        "document api/v1/dependencies?gems=acme,widget"
    );
    assert_eq!(path("api/v1/dependencies"), "document api/v1/dependencies");
    assert_eq!(
        query("api/v1/dependencies.json", "gems=acme"),
        "document api/v1/dependencies.json?gems=acme"
    );
    assert_eq!(path("api/v1/gems/widget.json"), "document api/v1/gems/widget.json");
    assert_eq!(
        path("api/v1/versions/widget.json"),
        "document api/v1/versions/widget.json"
    );
    assert_eq!(
        path("api/v1/versions/widget/latest.json"),
        "document api/v1/versions/widget/latest.json"
    );
    assert_eq!(
        query("api/v2/rubygems/widget/versions/1.0.0.json", "platform=java"),
        "document api/v2/rubygems/widget/versions/1.0.0.json?platform=java"
    );
    assert_eq!(
        query("api/v1/search.json", "query=x"),
        "pass api/v1/search.json?query=x"
    );
    assert_eq!(
        path("api/v1/gems/widget/owners.json"),
        "pass api/v1/gems/widget/owners.json"
    );
    // The same in forms that are not read here.
    for other in [
        "api/v1/gems/widget.yaml",
        "api/v1/versions/widget.xml",
        "api/v1/gems/widget",
        "api/v1/api_key",
        "api",
    ] {
        assert_eq!(path(other), "not found", "{other}");
    }
}

#[test]
fn gems() {
    assert_eq!(
        path("gems/widget-1.0.0.gem"),
        "artifact gems/widget-1.0.0.gem widget-1.0.0.gem pkg:gem/widget@1.0.0"
    );
    assert_eq!(
        path("gems/w%69dget-1.0.0-x86_64-linux.gem"),
        "artifact gems/widget-1.0.0-x86_64-linux.gem widget-1.0.0-x86_64-linux.gem \
         pkg:gem/widget@1.0.0?platform=x86_64-linux"
    );
    assert_eq!(
        path("downloads/widget-1.0.0.gem"),
        "artifact downloads/widget-1.0.0.gem widget-1.0.0.gem pkg:gem/widget@1.0.0"
    );
    // The query is dropped: what was judged is what is fetched.
    assert_eq!(
        query("gems/widget-1.0.0.gem", "x"),
        "artifact gems/widget-1.0.0.gem widget-1.0.0.gem pkg:gem/widget@1.0.0"
    );
}

#[test]
fn what_is_not_understood_is_not_found() {
    for odd in [
        "gems",
        "gems/",
        "gems/widget-1.0.0.gem/",
        "gems/widget.gem",
        "gems/widget-1.0.0.GEM",
        "gems/widget-1.0.0.gem%00",
        "gems/a/widget-1.0.0.gem",
        "gems/%2e%2e%2fwidget-1.0.0.gem",
        "gems/widget%2d1.0.0%3f.gem",
        "gems/w%25idget-1.0.0.gem",
        "gems/wïdget-1.0.0.gem",
        "gems/w%ff-1.0.0.gem",
        "info",
        "info/",
        "info/widget/",
        "info/a/b",
        "info/..",
        "info/wid get",
        "versions/",
        "x/versions",
        "Versions",
    ] {
        assert_eq!(path(odd), "not found", "{odd}");
    }
    // An encoded slash divides as a plain one does.
    assert_eq!(path("info%2fwidget"), "document info/widget md5");
}

#[test]
fn only_reading() {
    for (method, at) in [
        ("POST", "api/v1/gems"),
        ("DELETE", "api/v1/gems/yank"),
        ("PUT", "gems/widget-1.0.0.gem"),
        ("POST", ""),
    ] {
        let request = Request {
            method: method.into(),
            ..get(at)
        };
        assert_eq!(told(request), "405", "{method} {at}");
    }
    let head = Request {
        method: "HEAD".into(),
        ..get("info/widget")
    };
    assert_eq!(told(head), "document info/widget md5");
}

//! Documents of chosen sizes, in the shape that registries give theirs.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::FILES;

const RELEASED: &str = "2020-01-01T00:00:00.000Z";

/// A packument of `versions` versions of about `each` bytes; `name` is 1 to 20 letters.
pub(crate) fn packument(name: &str, files: &str, versions: usize, each: usize) -> Vec<u8> {
    let mut members = Map::new();
    let mut times = Map::new();
    for number in 0..versions {
        let version = version(number);
        members.insert(version.clone(), manifest(name, files, &version, number, each));
        times.insert(version, RELEASED.into());
    }
    let document = json!({
        "_id": name,
        "name": name,
        "dist-tags": { "latest": version(versions.saturating_sub(1)) },
        "versions": members,
        "time": times,
    });
    document.to_string().into_bytes()
}

fn manifest(name: &str, files: &str, version: &str, number: usize, each: usize) -> Value {
    let mut manifest = json!({
        "name": name,
        "version": version,
        "description": "A made package of no use",
        "license": "MIT",
        "main": "index.js",
        "scripts": { "test": "node --test", "build": "tsc -p ." },
        "maintainers": [{ "name": "someone", "email": "someone@mail.example" }],
        "dist": {
            "integrity": format!("sha512-{}==", "A".repeat(86)),
            "shasum": "0".repeat(40),
            "tarball": format!("{files}/{name}/-/{name}-{version}.tgz"),
            "fileCount": 7,
            "unpackedSize": 12_345,
            "signatures": [{ "keyid": "SHA256:1a2b3c", "sig": "c".repeat(96) }],
        },
        "_id": format!("{name}@{version}"),
    });
    let bare = manifest.to_string().len();
    let dependencies: Map<String, Value> = (0..each.saturating_sub(bare) / 24)
        .map(|dependency| {
            let range = format!("^{dependency:02}.{}.0", number % 7);
            (format!("dependency-{dependency:03}"), range.into())
        })
        .collect();
    if let Some(members) = manifest.as_object_mut() {
        members.insert("dependencies".into(), dependencies.into());
    }
    manifest
}

/// As of a project with two files a version (PEP 691, PEP 700).
pub(crate) fn page_json(files: usize) -> Vec<u8> {
    let listed: Vec<Value> = (0..files)
        .map(|number| {
            json!({
                "filename": file(number),
                "hashes": { "sha256": hash(number) },
                "requires-python": ">=3.6",
                "size": 12_345_678,
                "upload-time": "2020-01-01T00:00:00.000000Z",
                "url": url(number),
                "yanked": false,
            })
        })
        .collect();
    let versions: Vec<String> = (0..files / 2).map(version).collect();
    let document = json!({
        "meta": { "api-version": "1.1" },
        "name": "made",
        "versions": versions,
        "files": listed,
    });
    document.to_string().into_bytes()
}

/// The same in HTML (PEP 503).
pub(crate) fn page_html(files: usize) -> Vec<u8> {
    let mut page = String::from(
        "<!DOCTYPE html>\n<html>\n  <head>\n    <meta name=\"pypi:repository-version\" content=\"1.1\">\n    \
         <title>Links for made</title>\n  </head>\n  <body>\n    <h1>Links for made</h1>\n",
    );
    for number in 0..files {
        let (url, hash, file) = (url(number), hash(number), file(number));
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "    <a href=\"{url}#sha256={hash}\" data-requires-python=\"&gt;=3.6\" >{file}</a><br />"
        );
    }
    page.push_str("  </body>\n</html>\n");
    page.into_bytes()
}

fn version(number: usize) -> String {
    format!("{}.{}.{}", number / 1000, number / 10 % 100, number % 10)
}

fn file(number: usize) -> String {
    let version = version(number / 2);
    if number.is_multiple_of(2) {
        format!("made-{version}-py3-none-any.whl")
    } else {
        format!("made-{version}.tar.gz")
    }
}

fn hash(number: usize) -> String {
    format!("{number:064x}")
}

fn url(number: usize) -> String {
    format!("{FILES}/packages/{number:02x}/{number:060x}/{}", file(number))
}

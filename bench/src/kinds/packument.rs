//! npm's packument.

use anyhow::Context as _;
use semver::Version;
use serde_json::{Map, Value, json};

use super::{FILES, Kind, Rewrite, Rewritten, origin_of, purl};
use crate::documents::Document;

const RELEASED: &str = "2020-01-01T00:00:00.000Z";

pub(super) struct Packument;

impl Kind for Packument {
    fn name(&self) -> &'static str {
        "packument"
    }

    fn section(&self) -> &'static str {
        "npm"
    }

    fn settings(&self, document: &Document) -> Value {
        json!({ "registry": document.origin })
    }

    fn path(&self, document: &Document) -> String {
        document.name.clone()
    }

    fn content_type(&self) -> &'static str {
        "application/json"
    }

    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        [
            ("made, 1 MB, 1 KB a version", 1_000, 1_000),
            ("made, 10 MB, 1 KB a version", 10_000, 1_000),
            ("made, 40 MB, 1 KB a version", 40_000, 1_000),
            ("made, 10 MB, 4 KB a version", 2_500, 4_000),
        ]
        .map(|(label, versions, each)| (label, packument("made", FILES, versions, each)))
        .into()
    }

    fn file_end(&self) -> Option<&'static str> {
        Some(".packument.json")
    }

    fn origin(&self, body: &[u8]) -> Option<String> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let version = document.get("versions")?.as_object()?.values().next()?;
        origin_of(version.pointer("/dist/tarball")?.as_str()?)
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let mut document: Value = serde_json::from_slice(&rewrite.document.body)?;
        let versions = members(&mut document, "versions")?;
        let package = format!("npm/{}", rewrite.document.name);
        let purls = versions.keys().map(|version| purl(&package, version)).collect();
        versions.retain(|version, _| !rewrite.refused.contains(version));
        for version in versions.values_mut() {
            if let Some(link) = version.pointer_mut("/dist/tarball")
                && let Some(path) = link
                    .as_str()
                    .and_then(|link| link.strip_prefix(&rewrite.document.origin))
            {
                *link = format!("{}{path}", rewrite.link_base).into();
            }
        }
        let kept: Vec<String> = versions.keys().cloned().collect();
        if let Ok(times) = members(&mut document, "time") {
            times.retain(|version, _| !rewrite.refused.contains(version));
        }
        let tags = members(&mut document, "dist-tags")?;
        if let Some(latest) = tags.get("latest").and_then(Value::as_str)
            && rewrite.refused.contains(latest)
            && let Some(instead) = highest(&kept, latest)
        {
            tags.insert("latest".into(), instead.into());
        }
        tags.retain(|_, version| {
            version
                .as_str()
                .is_none_or(|version| !rewrite.refused.contains(version))
        });
        let body = serde_json::to_vec(&document)?;
        Ok(Rewritten { purls, body })
    }

    fn target(&self) -> f64 {
        0.5
    }
}

fn members<'a>(document: &'a mut Value, key: &str) -> anyhow::Result<&'a mut Map<String, Value>> {
    let member = document.get_mut(key).and_then(Value::as_object_mut);
    member.with_context(|| format!("no object {key}"))
}

/// The highest not above `latest`, stable ones first.
fn highest<'a>(versions: &'a [String], latest: &str) -> Option<&'a str> {
    let latest = Version::parse(latest).ok()?;
    versions
        .iter()
        .filter_map(|text| Some((Version::parse(text).ok()?, text)))
        .filter(|(version, _)| *version <= latest)
        .max_by(|(one, _), (other, _)| (one.pre.is_empty(), one).cmp(&(other.pre.is_empty(), other)))
        .map(|(_, text)| text.as_str())
}

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

fn version(number: usize) -> String {
    format!("{}.{}.{}", number / 1000, number / 10 % 100, number % 10)
}

//! Composer's metadata of one package, versions told as differences.

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::{FILES, Kind, Rewrite, Rewritten, origin_of, purl};
use crate::documents::Document;

pub(super) struct Composer;

impl Kind for Composer {
    fn name(&self) -> &'static str {
        "p2/VENDOR/NAME.json"
    }

    fn section(&self) -> &'static str {
        "composer"
    }

    fn settings(&self, document: &Document) -> Value {
        json!({ "registry": "https://registry.example", "packages-registry": document.origin })
    }

    fn path(&self, document: &Document) -> String {
        format!("p2/acme/{}.json", document.name)
    }

    fn content_type(&self) -> &'static str {
        "application/json"
    }

    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        [
            ("made, 300 versions", 300, 0),
            ("made, 3,000 versions", 3_000, 0),
            ("made, 3,000 versions, 4 KB each", 3_000, 120),
        ]
        .map(|(label, versions, requires)| (label, metadata(versions, requires)))
        .into()
    }

    fn origin(&self, body: &[u8]) -> Option<String> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let versions = document.get("packages")?.as_object()?.values().next()?;
        origin_of(versions.pointer("/0/dist/url")?.as_str()?)
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let mut document: Value = serde_json::from_slice(&rewrite.document.body)?;
        let mut purls = Vec::new();
        for (name, versions) in packages(&mut document)? {
            let mut kept = Vec::new();
            for mut version in expand(versions)? {
                let number = version
                    .get("version")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                purls.push(purl(&format!("composer/{name}"), &number));
                if rewrite.refused.contains(&number) {
                    continue;
                }
                version.insert("source".into(), Value::Null);
                if let Some(url) = version.get_mut("dist").and_then(|dist| dist.get_mut("url"))
                    && let Some(path) = url.as_str().and_then(|url| url.strip_prefix(&rewrite.document.origin))
                {
                    *url = format!("{}/-/osa/{name}/{number}/-/-/packages{path}", rewrite.link_base).into();
                }
                kept.push(version);
            }
            *versions = minify(kept).into();
        }
        let body = serde_json::to_vec(&document)?;
        Ok(Rewritten { purls, body })
    }

    /// Differences can be told in more than one way.
    fn meaning(&self, body: &[u8]) -> anyhow::Result<Value> {
        let mut document: Value = serde_json::from_slice(body)?;
        for (_, versions) in packages(&mut document)? {
            *versions = expand(versions)?.into_iter().map(Value::from).collect();
        }
        Ok(document)
    }

    fn target(&self) -> f64 {
        0.6
    }
}

fn packages(document: &mut Value) -> anyhow::Result<impl Iterator<Item = (&String, &mut Value)>> {
    let packages = document.get_mut("packages").and_then(Value::as_object_mut);
    Ok(packages.context("no packages")?.iter_mut())
}

fn expand(versions: &Value) -> anyhow::Result<Vec<Map<String, Value>>> {
    let mut expanded: Vec<Map<String, Value>> = Vec::new();
    for delta in versions.as_array().context("no versions")? {
        let mut version = expanded.last().cloned().unwrap_or_default();
        for (key, value) in delta.as_object().context("no version")? {
            if value == "__unset" {
                version.remove(key);
            } else {
                version.insert(key.clone(), value.clone());
            }
        }
        expanded.push(version);
    }
    Ok(expanded)
}

fn minify(versions: Vec<Map<String, Value>>) -> Vec<Value> {
    let mut last = Map::new();
    let mut minified = Vec::with_capacity(versions.len());
    for version in versions {
        let mut delta = Map::new();
        for (key, value) in &version {
            if last.get(key) != Some(value) {
                delta.insert(key.clone(), value.clone());
            }
        }
        for key in last.keys().filter(|key| !version.contains_key(*key)) {
            delta.insert(key.clone(), "__unset".into());
        }
        last = version;
        minified.push(delta.into());
    }
    minified
}

/// What changes from version to version in large public repositories; `requires` lines change with each minor version.
fn metadata(versions: usize, requires: usize) -> Vec<u8> {
    let version = |number: usize| {
        let (major, minor, patch) = (number / 1000, number / 10 % 100, number % 10);
        let commit = format!("{number:040x}");
        let requires: Map<String, Value> = (0..=requires)
            .map(|at| (format!("acme/part-{at:03}"), format!("^{major}.{minor}").into()))
            .collect();
        let version = json!({
            "name": "acme/made",
            "description": "A made package of no use",
            "homepage": "https://acme.example/made",
            "license": ["MIT"],
            "authors": [{ "name": "someone", "email": "someone@mail.example" }],
            "version": format!("v{major}.{minor}.{patch}"),
            "version_normalized": format!("{major}.{minor}.{patch}.0"),
            "source": { "url": "https://git.example/acme/made.git", "type": "git", "reference": commit },
            "dist": { "url": format!("{FILES}/repos/acme/made/zipball/{commit}"), "type": "zip", "shasum": "", "reference": commit },
            "type": "library",
            "support": { "source": format!("https://git.example/acme/made/tree/v{major}.{minor}.{patch}") },
            "time": "2024-01-01T00:00:00+00:00",
            "autoload": { "psr-4": { "Acme\\Made\\": "src/" } },
            "require": requires,
        });
        match version {
            Value::Object(version) => version,
            _ => Map::new(),
        }
    };
    let versions = minify((0..versions).rev().map(version).collect());
    json!({ "minified": "composer/2.0", "packages": { "acme/made": versions } })
        .to_string()
        .into_bytes()
}

//! A simple index page in JSON (PEP 691).

use anyhow::Context as _;
use serde_json::{Value, json};

use super::pypi::{self, file, hash, url, version};
use super::{Kind, Rewrite, Rewritten, origin_of};
use crate::documents::Document;

pub(super) struct PageJson;

impl Kind for PageJson {
    fn name(&self) -> &'static str {
        "index page, JSON"
    }

    fn section(&self) -> &'static str {
        "pypi"
    }

    fn settings(&self, document: &Document) -> Value {
        pypi::settings(document)
    }

    fn path(&self, document: &Document) -> String {
        pypi::path(document)
    }

    fn content_type(&self) -> &'static str {
        "application/vnd.pypi.simple.v1+json"
    }

    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        [("made, 5,000 files", 5_000), ("made, 40,000 files", 40_000)]
            .map(|(label, files)| (label, made(files)))
            .into()
    }

    fn file_end(&self) -> Option<&'static str> {
        Some(".page.json")
    }

    fn origin(&self, body: &[u8]) -> Option<String> {
        let document: Value = serde_json::from_slice(body).ok()?;
        origin_of(document.pointer("/files/0/url")?.as_str()?)
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let mut document: Value = serde_json::from_slice(&rewrite.document.body)?;
        if let Some(versions) = document.get_mut("versions").and_then(Value::as_array_mut) {
            versions.retain(|version| {
                version
                    .as_str()
                    .is_none_or(|version| !rewrite.refused.contains(version))
            });
        }
        let files = document
            .get_mut("files")
            .and_then(Value::as_array_mut)
            .context("no files")?;
        let names = files.iter().filter_map(|file| file.get("filename")?.as_str());
        let purls = pypi::purls(rewrite, names);
        files.retain(|file| {
            let name = file.get("filename").and_then(Value::as_str);
            name.is_none_or(|name| !pypi::refuses(rewrite, name))
        });
        for file in files {
            if let Some(link) = file.get_mut("url")
                && let Some(path) = link
                    .as_str()
                    .and_then(|link| link.strip_prefix(&rewrite.document.origin))
            {
                *link = format!("{}/-/packages{path}", rewrite.link_base).into();
            }
        }
        let body = serde_json::to_vec(&document)?;
        Ok(Rewritten { purls, body })
    }

    fn target(&self) -> f64 {
        0.5
    }
}

/// As of a project with two files a version (PEP 691, PEP 700).
fn made(files: usize) -> Vec<u8> {
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

//! Go's `@v/list`.

use semver::Version;
use serde_json::{Value, json};

use super::{Kind, Rewrite, Rewritten, purl};
use crate::documents::Document;

pub(super) struct VersionList;

impl Kind for VersionList {
    fn name(&self) -> &'static str {
        "version list"
    }

    fn section(&self) -> &'static str {
        "go"
    }

    fn settings(&self, document: &Document) -> Value {
        json!({ "registry": document.origin })
    }

    fn path(&self, document: &Document) -> String {
        format!("example.com/{}/@v/list", document.name)
    }

    fn content_type(&self) -> &'static str {
        "text/plain"
    }

    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        [("made, 2,000 versions", 2_000), ("made, 20,000 versions", 20_000)]
            .map(|(label, versions)| (label, made(versions)))
            .into()
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let body = std::str::from_utf8(&rewrite.document.body)?;
        let mut versions = Vec::new();
        for line in body.lines() {
            let Some(word) = line.split_whitespace().next() else {
                continue;
            };
            let number = Version::parse(word.trim_start_matches('v'))?;
            versions.push((number, word.to_owned()));
        }
        let package = format!("golang/example.com/{}", rewrite.document.name);
        let purls = versions.iter().map(|(_, version)| purl(&package, version)).collect();
        versions.retain(|(_, word)| !rewrite.refused.contains(word));
        let words: Vec<_> = versions.iter().map(|(_, word)| word.as_str()).collect();
        let body = (words.join("\n") + "\n").into_bytes();
        Ok(Rewritten { purls, body })
    }

    fn meaning(&self, body: &[u8]) -> anyhow::Result<Value> {
        Ok(std::str::from_utf8(body)?.into())
    }

    fn target(&self) -> f64 {
        0.6
    }
}

/// A third of them pseudo-versions, which lists of real proxies leave out but others have.
fn made(versions: usize) -> Vec<u8> {
    let line = |number: usize| match number % 3 {
        0 => format!("v0.0.0-20240101{number:06}-0123456789ab\n"),
        _ => format!("v{}.{}.{}\n", number / 1000, number / 10 % 100, number % 10),
    };
    (0..versions).map(line).collect::<String>().into_bytes()
}

//! What both forms of an index page have in common.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{FILES, Rewrite, purl};
use crate::documents::Document;

pub(super) fn settings(document: &Document) -> Value {
    json!({ "registry": "https://index.example", "packages-registry": document.origin })
}

pub(super) fn path(document: &Document) -> String {
    format!("simple/{}/", document.name)
}

pub(super) fn refuses(rewrite: &Rewrite<'_>, file: &str) -> bool {
    version_of(file).is_some_and(|version| rewrite.refused.contains(version))
}

/// Of a wheel or a source archive whose project has no hyphen in its name.
fn version_of(file: &str) -> Option<&str> {
    let version = file.split('-').nth(1)?;
    let archive = [".tar.gz", ".zip", ".tar.bz2"];
    Some(
        archive
            .iter()
            .find_map(|end| version.strip_suffix(end))
            .unwrap_or(version),
    )
}

/// Of the releases that the files belong to.
pub(super) fn purls<'f>(rewrite: &Rewrite<'_>, files: impl Iterator<Item = &'f str>) -> Vec<String> {
    let versions: BTreeSet<_> = files.filter_map(version_of).collect();
    let package = format!("pypi/{}", rewrite.document.name);
    versions.into_iter().map(|version| purl(&package, version)).collect()
}

pub(super) fn version(number: usize) -> String {
    format!("{}.{}.{}", number / 1000, number / 10 % 100, number % 10)
}

pub(super) fn file(number: usize) -> String {
    let version = version(number / 2);
    if number.is_multiple_of(2) {
        format!("made-{version}-py3-none-any.whl")
    } else {
        format!("made-{version}.tar.gz")
    }
}

pub(super) fn hash(number: usize) -> String {
    format!("{number:064x}")
}

pub(super) fn url(number: usize) -> String {
    format!("{FILES}/packages/{number:02x}/{number:060x}/{}", file(number))
}

//! The side that is measured against: parse to a tree, rewrite, serialise, natively. What a firewall without a sandbox
//! would do.

mod packument;
mod page_html;
mod page_json;

use std::collections::HashSet;

use serde_json::Value;

use crate::documents::{Document, Form};

pub(crate) struct Rewrite<'a> {
    pub(crate) document: &'a Document,
    /// Versions.
    pub(crate) refused: HashSet<String>,
    pub(crate) link_base: &'a str,
}

// === impl Rewrite ===

impl Rewrite<'_> {
    pub(crate) fn run(&self) -> anyhow::Result<Vec<u8>> {
        match self.document.form {
            Form::Packument => packument::rewrite(self),
            Form::PageJson => page_json::rewrite(self),
            Form::PageHtml => page_html::rewrite(self),
        }
    }

    /// What of a rewritten document counts: equal for two that say the same.
    pub(crate) fn meaning(&self, body: &[u8]) -> anyhow::Result<Value> {
        match self.document.form {
            Form::PageHtml => page_html::meaning(body),
            _ => Ok(serde_json::from_slice(body)?),
        }
    }

    fn refuses_file(&self, file: &str) -> bool {
        version(file).is_some_and(|version| self.refused.contains(version))
    }
}

/// Of a wheel or a source archive whose project has no hyphen in its name.
fn version(file: &str) -> Option<&str> {
    let version = file.split('-').nth(1)?;
    let archive = [".tar.gz", ".zip", ".tar.bz2"];
    Some(
        archive
            .iter()
            .find_map(|end| version.strip_suffix(end))
            .unwrap_or(version),
    )
}

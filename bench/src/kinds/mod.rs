//! The kinds of documents that are measured, a file each: what the sandbox is asked, made documents of chosen sizes, and
//! the side that is measured against, which parses to a tree, rewrites and serialises, natively: what a firewall without
//! a sandbox would do.

mod composer;
mod gem_info;
mod gem_specs;
mod gem_versions;
mod metadata;
mod packument;
mod page_html;
mod page_json;
mod pypi;
mod registration;
mod version_list;

use std::collections::HashSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::documents::Document;

pub(crate) use packument::packument;

/// What links in made documents begin with.
pub(crate) const FILES: &str = "https://files.example";

pub(crate) static ALL: [&dyn Kind; 10] = [
    &packument::Packument,
    &page_json::PageJson,
    &page_html::PageHtml,
    &gem_info::GemInfo,
    &gem_versions::GemVersions,
    &gem_specs::GemSpecs,
    &metadata::Metadata,
    &registration::Registration,
    &composer::Composer,
    &version_list::VersionList,
];

pub(crate) trait Kind: Sync {
    /// For people.
    fn name(&self) -> &'static str;

    /// Of osa-proxy.yml.
    fn section(&self) -> &'static str;

    /// The repository's part of osa-proxy.yml.
    fn settings(&self, document: &Document) -> Value;

    /// Where the document is asked for.
    fn path(&self, document: &Document) -> String;

    fn content_type(&self) -> &'static str;

    /// Documents of chosen sizes: what is special about each, and the bytes.
    fn made(&self) -> Vec<(&'static str, Vec<u8>)>;

    /// How the files of real documents end, in the folder that `make bench` fills.
    fn file_end(&self) -> Option<&'static str> {
        None
    }

    /// Scheme and host of the first link to a file in a real document.
    fn origin(&self, _body: &[u8]) -> Option<String> {
        None
    }

    /// Parse to a tree, name every component, rewrite, serialise.
    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten>;

    /// What of a rewritten document counts: equal for two that say the same.
    fn meaning(&self, body: &[u8]) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(body)?)
    }

    /// Of the time that `rewrite` takes, the most that the sandbox may.
    fn target(&self) -> f64;

    /// Of the document's size, the most memory that the sandbox may take.
    fn memory_target(&self) -> f64 {
        1.6
    }
}

pub(crate) struct Rewrite<'a> {
    pub(crate) document: &'a Document,
    /// What the index calls them: package URLs without its prefix, so versions where the document is about one package.
    pub(crate) refused: HashSet<String>,
    pub(crate) link_base: &'a str,
}

pub(crate) struct Rewritten {
    /// Package URLs, each once or as often as it stands there: what Judge is asked about.
    pub(crate) purls: Vec<String>,
    pub(crate) body: Vec<u8>,
}

/// `KIND/NAME` is of the purl specification; a version is encoded as it says.
fn purl(package: &str, version: &str) -> String {
    format!("pkg:{package}@{}", utf8_percent_encode(version, VERSION))
}

/// The specification leaves letters, digits, `.-_~` and the colon as they are.
const VERSION: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// Scheme and host of a link.
fn origin_of(link: &str) -> Option<String> {
    let (scheme, rest) = link.split_once("://")?;
    Some(format!("{scheme}://{}", rest.split('/').next()?))
}

//! What a path means.

use osa_plugin_sdk::path;

use crate::names::{Digest, is_name, is_tag};
use crate::settings::Settings;

/// A path of the registry's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    Ping,
    Catalog,
    /// The path on the token service that is asked for; empty for the usual one.
    Token(String),
    Manifest(Manifest),
    /// Names a blob, and the digest.
    Blob(String, String),
    Tags(String),
    Referrers(String, String),
    /// Below `v2/`, and wrong: a code of the registry's errors and a sentence.
    Wrong(&'static str, &'static str),
    NotOurs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// As upstream knows it.
    pub(crate) name: String,
    /// A tag or a digest.
    pub(crate) reference: String,
}

impl Manifest {
    pub(crate) fn digest(&self) -> Option<Digest<'_>> {
        Digest::parse(&self.reference)
    }
}

const WRONG_NAME: Resource = Resource::Wrong("NAME_INVALID", "this is no name of a repository of images");
const WRONG_REFERENCE: Resource = Resource::Wrong(
    "TAG_INVALID",
    "this is neither a tag nor a digest of a kind that is known here (sha256, sha512)",
);
const WRONG_DIGEST: Resource = Resource::Wrong(
    "DIGEST_INVALID",
    "this is no digest of a kind that is known here (sha256, sha512)",
);

// === impl Resource ===

impl Resource {
    pub(crate) fn of(settings: &Settings, path: &str) -> Self {
        let Some(decoded) = path::decode(path) else {
            return if path.starts_with("v2/") {
                WRONG_NAME
            } else {
                Self::NotOurs
            };
        };
        let path = decoded.as_ref();
        if let Some(rest) = path.strip_prefix("token") {
            return match rest.strip_prefix('/') {
                Some(rest) => Self::Token(rest.to_owned()),
                None if rest.is_empty() => Self::Token(String::new()),
                None => Self::NotOurs,
            };
        }
        if matches!(path, "v2" | "v2/") {
            return Self::Ping;
        }
        let Some(path) = path.strip_prefix("v2/") else {
            return Self::NotOurs;
        };
        if path == "_catalog" {
            return Self::Catalog;
        }
        // Names may have the words in them that separate them from what follows: the last ones count.
        let mut ends = path.rsplitn(3, '/');
        let (last, word, name) = (ends.next(), ends.next(), ends.next());
        let (Some(last), Some(word), Some(name)) = (last, word, name) else {
            return Self::Wrong("UNSUPPORTED", "this is no path of a registry");
        };
        if !matches!(
            (word, last),
            ("manifests" | "blobs" | "referrers", _) | ("tags", "list")
        ) {
            return Self::Wrong("UNSUPPORTED", "this is no path of a registry that is served here");
        }
        if !is_name(name) {
            return WRONG_NAME;
        }
        let name = settings.full_name(name);
        let is_digest = Digest::parse(last).is_some();
        match word {
            "manifests" if is_digest || is_tag(last) => Self::Manifest(Manifest {
                name,
                reference: last.to_owned(),
            }),
            "manifests" => WRONG_REFERENCE,
            "tags" => Self::Tags(name),
            _ if !is_digest => WRONG_DIGEST,
            "blobs" => Self::Blob(name, last.to_owned()),
            _ => Self::Referrers(name, last.to_owned()),
        }
    }
}

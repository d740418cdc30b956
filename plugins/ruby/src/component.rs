//! Gems as package URLs: `pkg:gem/NAME@VERSION`, with `?platform=` for what runs on one platform only.

use osa_plugin_sdk::{Candidate, Index, purl};

use crate::platform;

pub(crate) const PREFIX: &str = "pkg:gem/";

/// One gem that can be downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Component<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    /// Empty or `ruby` for any.
    pub(crate) platform: &'a str,
}

// === impl Component ===

impl Component<'_> {
    pub(crate) fn purl(&self) -> String {
        format!("{PREFIX}{}", self.suffix())
    }

    /// Behind [`PREFIX`].
    pub(crate) fn suffix(&self) -> String {
        let name = purl::encode(self.name);
        let mut suffix = String::with_capacity(name.len() + self.version.len() + 2);
        suffix.push_str(&name);
        suffix.push('@');
        suffix.push_str(&version_suffix(self.version, self.platform));
        suffix
    }
}

/// Behind the `@`.
pub(crate) fn version_suffix(version: &str, platform: &str) -> String {
    let mut suffix = purl::encode(version).into_owned();
    if let Some(platform) = platform::named(platform) {
        suffix.push_str("?platform=");
        suffix.push_str(&purl::encode(platform));
    }
    suffix
}

/// The index of a document that is about one gem.
pub(crate) fn one(component: &Component<'_>) -> Index {
    Index {
        candidates: vec![Candidate {
            suffix: component.suffix(),
            published: None,
        }],
        ..no_candidates()
    }
}

pub(crate) fn no_candidates() -> Index {
    Index {
        prefix: PREFIX.into(),
        candidates: Vec::new(),
        notes: Vec::new(),
    }
}

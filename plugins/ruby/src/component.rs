//! Gems as package URLs: `pkg:gem/NAME@VERSION`, with `?platform=` for what runs on one platform only.

use osa_plugin_sdk::{Candidates, Index, purl};

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
        self.parts(|parts| [&[PREFIX], parts].concat().concat())
    }

    /// Adds it to candidates behind [`PREFIX`].
    pub(crate) fn push(&self, candidates: &mut Candidates) -> u32 {
        self.parts(|parts| candidates.push(parts.iter().copied()))
    }

    fn parts<T>(&self, take: impl FnOnce(&[&str]) -> T) -> T {
        let name = purl::encode(self.name);
        version_parts(self.version, self.platform, |[version, key, platform]| {
            take(&[&name, "@", version, key, platform])
        })
    }
}

/// Adds a version to candidates behind a prefix that ends in `@`.
pub(crate) fn push_version(version: &str, platform: &str, candidates: &mut Candidates) -> u32 {
    version_parts(version, platform, |parts| candidates.push(parts))
}

fn version_parts<T>(version: &str, platform: &str, take: impl FnOnce([&str; 3]) -> T) -> T {
    let version = purl::encode(version);
    match platform::named(platform) {
        None => take([&version, "", ""]),
        Some(platform) => take([&version, "?platform=", &purl::encode(platform)]),
    }
}

/// The index of a document that is about one gem.
pub(crate) fn one(component: &Component<'_>) -> Index {
    let mut candidates = Candidates::new();
    component.push(&mut candidates);
    Index {
        candidates: candidates.finish(),
        ..no_candidates()
    }
}

pub(crate) fn no_candidates() -> Index {
    Index {
        prefix: PREFIX.into(),
        candidates: String::new(),
        notes: Vec::new(),
    }
}

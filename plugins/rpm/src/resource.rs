//! What a path means.

use osa_plugin_sdk::path;

use crate::nevra::Nevra;

/// Checksums and signatures beside a package: they go the way of their package.
const SIDE_CARS: [&str; 9] = [
    ".asc",
    ".sig",
    ".md5",
    ".sha1",
    ".sha224",
    ".sha256",
    ".sha384",
    ".sha512",
    ".metadata",
];

/// Files with the mirrors of the file whose name they add to.
const LINKS: [&str; 2] = [".metalink", ".meta4"];

/// Words that ask for a list of mirrors, as a folder or a file, or in the query.
const LISTS: [&str; 3] = ["mirrorlist", "metalink", "meta4"];

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resource<'p> {
    /// The mirrors of a repository.
    Mirrors,
    /// The mirrors of one file, by its path as it was asked for.
    MirrorsOf {
        path: &'p str,
    },
    Package(Package),
    /// A package file of which nobody can tell what package it is.
    Nameless(String),
    /// Describes packages, or is a folder.
    Metadata,
    /// Any other file: images, release notes.
    Other(String),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// Decoded.
    pub(crate) folders: Vec<String>,
    pub(crate) file_name: String,
    stem: usize,
    delta: bool,
    /// Whether this is the file itself, not a checksum or signature of it.
    pub(crate) itself: bool,
}

// === impl Resource ===

impl<'p> Resource<'p> {
    /// `path` is percent-encoded, without leading slash. None for what no client asks for.
    pub(crate) fn of(path: &'p str, query: Option<&str>) -> Option<Self> {
        let decoded = path::decode(path)?;
        // Repository managers take what follows a semicolon for properties of the file before it.
        let segments: Vec<&str> = decoded
            .split('/')
            .map(|segment| segment.split(';').next().unwrap_or_default())
            .collect();
        let (name, folders) = segments.split_last()?;
        if folders.iter().any(|folder| folder.is_empty() || package_of(folder).is_some())
            || (name.is_empty() && !decoded.is_empty() && !decoded.ends_with('/'))
            // Some file systems pass over these.
            || name.ends_with(['.', ' '])
        {
            return None;
        }
        if LINKS.iter().any(|link| strip_end(name, link).is_some()) {
            let path = LINKS.iter().find_map(|link| strip_end(path, link))?;
            return Some(Self::MirrorsOf { path });
        }
        let asks = |list: &str| {
            let mut keys = query.into_iter().flat_map(|query| query.split('&'));
            keys.any(|part| part.split('=').next().is_some_and(|key| key.eq_ignore_ascii_case(list)))
        };
        if LISTS.iter().any(|list| asks(list)) {
            return Some(Self::MirrorsOf { path });
        }
        if let Some(package) = package_of(name) {
            let Some((stem, delta, itself)) = package else {
                return Some(Self::Nameless((*name).to_owned()));
            };
            return Some(Self::Package(Package {
                folders: folders.iter().map(|folder| (*folder).to_owned()).collect(),
                file_name: (*name).to_owned(),
                stem,
                delta,
                itself,
            }));
        }
        let is_list = |segment: Option<&&str>| segment.is_some_and(|segment| LISTS.contains(segment));
        if is_list(segments.first()) || is_list(segments.last()) || (decoded.is_empty() && asks("repo")) {
            return Some(Self::Mirrors);
        }
        let described = folders
            .last()
            .is_some_and(|folder| matches!(*folder, "repodata" | "media.1"));
        if described || name.is_empty() || is_known(name) {
            return Some(Self::Metadata);
        }
        Some(Self::Other((*name).to_owned()))
    }
}

// === impl Package ===

impl Package {
    pub(crate) fn nevra(&self) -> Option<Nevra<'_>> {
        let stem = self.file_name.get(..self.stem)?;
        if self.delta {
            Nevra::parse_delta(stem)
        } else {
            Nevra::parse(stem)
        }
    }
}

/// None for a name that has nothing to do with package files; else how long its stem is, whether it is a delta, and whether
/// it is the file itself, or none when it cannot be told.
#[allow(clippy::option_option, reason = "two questions, asked in this order")]
fn package_of(name: &str) -> Option<Option<(usize, bool, bool)>> {
    let mut file = name;
    while let Some(rest) = SIDE_CARS.iter().find_map(|end| strip_end(file, end)) {
        file = rest;
    }
    let itself = file.len() == name.len();
    if let Some(stem) = strip_end(file, ".drpm").or_else(|| strip_end(file, ".delta.rpm")) {
        return Some(Some((stem.len(), true, itself)));
    }
    if let Some(stem) = strip_end(file, ".rpm").filter(|stem| strip_end(stem, ".patch").is_none()) {
        return Some(Some((stem.len(), false, itself)));
    }
    // `a-1-1.noarch.rpm.zsync`, `a-1-1.noarch.rpm~`: made of a package, in a way not known here.
    let lower = name.to_ascii_lowercase();
    let mut inside = lower
        .match_indices("rpm")
        .map(|(at, _)| (&lower[..at], &lower[at + 3..]));
    inside
        .any(|(before, after)| {
            let before = before.strip_suffix('d').unwrap_or(before);
            before.ends_with('.') && !after.starts_with(char::is_alphanumeric)
        })
        .then_some(None)
}

/// Whatever the case: some servers do not tell it apart.
fn strip_end<'a>(name: &'a str, end: &str) -> Option<&'a str> {
    let at = name.len().checked_sub(end.len())?;
    let (stem, tail) = name.split_at_checked(at)?;
    tail.eq_ignore_ascii_case(end).then_some(stem)
}

/// What stands beside `repodata`: keys, signatures, and the descriptions of installation trees and media.
fn is_known(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let names = [
        "repomd.xml",
        ".treeinfo",
        "treeinfo",
        ".discinfo",
        ".composeinfo",
        "compose_id",
        "media.repo",
        "content",
        "gpl",
        "eula",
        "directory.yast",
        "products",
        "media",
        "extra_files.json",
    ];
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    names.contains(&name.as_str())
        || name.starts_with("rpm-gpg-key")
        || matches!(
            extension,
            "asc" | "key" | "gpg" | "pub" | "repo" | "ymp" | "html" | "htm"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_files_are_known_by_their_ends() {
        assert_eq!(package_of("a-1-1.noarch.rpm"), Some(Some((12, false, true))));
        assert_eq!(package_of("a-1-1.noarch.RPM"), Some(Some((12, false, true))));
        assert_eq!(package_of("a-1-1_2-1.noarch.drpm"), Some(Some((16, true, true))));
        assert_eq!(package_of("a-1-1_2-1.noarch.delta.rpm"), Some(Some((16, true, true))));
        assert_eq!(
            package_of("a-1-1.noarch.rpm.asc.sha256"),
            Some(Some((12, false, false)))
        );
        for made_of_one in [
            "a-1-1.noarch.patch.rpm",
            "a.rpm.zsync",
            "a.rpm~",
            "a.drpm.bak",
            "a.rpm;1",
            "a.rpm.",
        ] {
            assert_eq!(package_of(made_of_one), Some(None), "{made_of_one}");
        }
        for other in [
            "RPM-GPG-KEY-acme",
            "acme.rpmlintrc",
            "rpm",
            "drpm",
            "repomd.xml.asc",
            "",
            "arpm-1",
            "é",
        ] {
            assert_eq!(package_of(other), None, "{other}");
        }
    }
}

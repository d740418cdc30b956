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
    ending: Ending,
}

/// How the name of a package file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ending {
    /// How long the name is without it.
    stem: usize,
    delta: bool,
    /// Whether this is a checksum or signature of the package.
    side_car: bool,
}

// === impl Resource ===

impl<'p> Resource<'p> {
    /// `path` is percent-encoded, without leading slash. None for what no client asks for.
    pub(crate) fn of(path: &'p str, query: Option<&str>) -> Option<Self> {
        let decoded = path::decode(path)?;
        let segments: Vec<&str> = decoded.split('/').collect();
        let (name, folders) = segments.split_last()?;
        // Some file systems pass over a dot or a blank at the end.
        if folders.iter().any(|folder| is_of_package(folder)) || name.ends_with(['.', ' ']) {
            return None;
        }
        // Repository managers take what follows a semicolon for properties of what stands before it.
        let folders: Vec<&str> = folders.iter().map(|folder| without_properties(folder)).collect();
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
        if is_of_package(name) {
            // Other servers take the semicolon for a part of the name: then it tells two.
            let ending = Ending::of(name).filter(|_| !name.contains(';'));
            let file_name = (*name).to_owned();
            let folders = || folders.iter().map(|folder| (*folder).to_owned()).collect();
            return Some(match ending {
                Some(ending) => Self::Package(Package {
                    folders: folders(),
                    file_name,
                    ending,
                }),
                None => Self::Nameless(file_name),
            });
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
    /// Whether this is the package itself.
    pub(crate) fn is_whole(&self) -> bool {
        !self.ending.side_car
    }

    pub(crate) fn nevra(&self) -> Option<Nevra<'_>> {
        let stem = self.file_name.get(..self.ending.stem)?;
        if self.ending.delta {
            Nevra::parse_delta(stem)
        } else {
            Nevra::parse(stem)
        }
    }
}

fn without_properties(segment: &str) -> &str {
    segment.split(';').next().unwrap_or_default()
}

/// Whether this is a package file, or made of one in whatever way: `a-1-1.noarch.rpm.zsync`, `a-1-1.noarch.rpm~`.
fn is_of_package(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.match_indices("rpm").any(|(at, word)| {
        let (before, after) = (lower.get(..at), lower.get(at + word.len()..));
        let before = before.map(|before| before.strip_suffix('d').unwrap_or(before));
        before.is_some_and(|before| before.ends_with('.'))
            && after.is_some_and(|after| !after.starts_with(char::is_alphanumeric))
    })
}

// === impl Ending ===

impl Ending {
    fn of(name: &str) -> Option<Self> {
        let mut file = name;
        while let Some(rest) = SIDE_CARS.iter().find_map(|end| strip_end(file, end)) {
            file = rest;
        }
        let side_car = file.len() < name.len();
        let ending = |stem: &str, delta| Self {
            stem: stem.len(),
            delta,
            side_car,
        };
        let delta = strip_end(file, ".drpm").or_else(|| strip_end(file, ".delta.rpm"));
        if let Some(stem) = delta {
            return Some(ending(stem, true));
        }
        // A patch of a package holds only what has changed since another one, and does not tell which.
        let whole = strip_end(file, ".rpm").filter(|stem| strip_end(stem, ".patch").is_none());
        whole.map(|stem| ending(stem, false))
    }
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
        let read = |name: &str| {
            assert!(is_of_package(name), "{name}");
            Ending::of(name).map(|ending| (ending.stem, ending.delta, ending.side_car))
        };
        assert_eq!(read("a-1-1.noarch.rpm"), Some((12, false, false)));
        assert_eq!(read("a-1-1.noarch.RPM"), Some((12, false, false)));
        assert_eq!(read("a-1-1_2-1.noarch.drpm"), Some((16, true, false)));
        assert_eq!(read("a-1-1_2-1.noarch.delta.rpm"), Some((16, true, false)));
        assert_eq!(read("a-1-1.noarch.rpm.asc.sha256"), Some((12, false, true)));
        for made_of_one in [
            "a-1-1.noarch.patch.rpm",
            "a.rpm.zsync",
            "a.rpm~",
            "a.drpm.bak",
            "a.rpm;1",
            "a.rpm.",
        ] {
            assert_eq!(read(made_of_one), None, "{made_of_one}");
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
            assert!(!is_of_package(other), "{other}");
        }
    }
}

//! What a path means, relative to its upstream.

use std::borrow::Cow;

use osa_plugin_sdk::path;

use crate::version::{self, Version};

/// Files of the flat container without an extension, which are parts of the package.
const PARTS: [&str; 3] = ["icon", "readme", "license"];

/// One version of a package, as package URLs name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    /// Lower case: ids have no case, and paths are lower case.
    pub(crate) id: String,
    /// As [`version::canonical`] gives it.
    pub(crate) version: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A package file or a part of it.
    File { release: Release, file_name: String },
    /// The package's `.nuspec`, which NuGet calls its manifest.
    Manifest(Release),
    /// A package file whose path does not tell of which version it is, or tells two.
    Unreadable { file_name: String },
    /// A certificate of `RepositorySignatures`.
    Certificate,
    /// JSON, with the package and the version that it seems to be about.
    Document {
        id: Option<String>,
        version: Option<String>,
    },
}

/// A path that was understood, written anew for upstream.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

// === impl Place ===

impl Place {
    /// `path` is percent-encoded, without leading slash and query. None for paths that could be read in two ways.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let segments = path::segments(path)?;
        Some(Self {
            path: path::encode(segments.iter().map(AsRef::as_ref)),
            kind: kind(&segments),
        })
    }
}

fn kind(segments: &[Cow<'_, str>]) -> Kind {
    let (last, before) = match segments.split_last() {
        Some((last, before)) => (last.as_ref(), before),
        None => ("", segments),
    };
    let named = || match before {
        [.., id, version] => Release::named(id, version),
        _ => None,
    };
    let lower = last.to_ascii_lowercase();
    let (stem, extension) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    match extension {
        "nupkg" | "snupkg" | "nuspec" => {
            let release =
                named().filter(|release| release.is_told_by(stem) || extension == "nuspec" && stem == release.id);
            match release {
                Some(release) if extension == "nuspec" => Kind::Manifest(release),
                Some(release) => Kind::File {
                    release,
                    file_name: last.to_owned(),
                },
                None => Kind::Unreadable {
                    file_name: last.to_owned(),
                },
            }
        }
        "crt" | "cer" => Kind::Certificate,
        "json" => document(before, stem),
        _ => match (part(segments, &lower), segments) {
            (Some(release), _) => Kind::File {
                release,
                file_name: last.to_owned(),
            },
            // As old feeds have it.
            (None, [.., package, id, version]) if package.eq_ignore_ascii_case("package") => {
                match Release::named(id, version) {
                    Some(release) => Kind::File {
                        file_name: format!("{}.{}.nupkg", release.id, release.version),
                        release,
                    },
                    None => document(before, ""),
                }
            }
            _ => document(before, ""),
        },
    }
}

/// `ID/VERSION/icon` and the like.
fn part(segments: &[Cow<'_, str>], last: &str) -> Option<Release> {
    match segments {
        [.., id, version, _] if PARTS.contains(&last) => Release::named(id, version),
        _ => None,
    }
}

/// `ID/index.json`, `ID/VERSION.json`, `ID/page/LOWER/UPPER.json` or something else.
fn document(before: &[Cow<'_, str>], stem: &str) -> Kind {
    let id = |id: &Cow<'_, str>| (!id.is_empty()).then(|| id.to_lowercase());
    let is_version = Version::parse(stem).is_some();
    let (id, version) = match before {
        [.., name, page, _] if is_version && page == "page" => (id(name), None),
        [.., name] if is_version => (id(name), Some(version::canonical(stem).into_owned())),
        [.., name] if stem == "index" => (id(name), None),
        _ => (None, None),
    };
    Kind::Document { id, version }
}

// === impl Release ===

impl Release {
    fn named(id: &str, version: &str) -> Option<Self> {
        Version::parse(version)?;
        let release = Self {
            id: id.to_lowercase(),
            version: version::canonical(version).into_owned(),
        };
        (!release.id.is_empty()).then_some(release)
    }

    /// Whether a file name without its extension, in lower case, is that of this release and can be of no other.
    fn is_told_by(&self, stem: &str) -> bool {
        let version = stem
            .strip_prefix(self.id.as_str())
            .and_then(|rest| rest.strip_prefix('.'));
        // `symbols` are package files as well, from before `.snupkg`.
        let version = version.map(|version| version.strip_suffix(".symbols").unwrap_or(version));
        version.is_some_and(|version| Version::parse(version).is_some() && version::canonical(version) == self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(path: &str) -> Kind {
        Place::of(path).unwrap().kind
    }

    fn release(id: &str, version: &str) -> Release {
        Release {
            id: id.into(),
            version: version.into(),
        }
    }

    #[test]
    fn package_files_tell_id_and_version() {
        for (path, id, version) in [
            (
                "v3-flatcontainer/widget.core/1.2.0/widget.core.1.2.0.nupkg",
                "widget.core",
                "1.2.0",
            ),
            (
                "v3-flatcontainer/Widget.Core/1.2/WIDGET.core.1.2.0.NUPKG",
                "widget.core",
                "1.2.0",
            ),
            (
                "f/widget/1.0.0-Beta.1/widget.1.0.0-beta.1.snupkg",
                "widget",
                "1.0.0-beta.1",
            ),
            ("f/widget/1.0.0%2Bx/widget.1.0.0+x.nupkg", "widget", "1.0.0"),
            ("f/widget/1.0.0/widget.1.0.0.symbols.nupkg", "widget", "1.0.0"),
            (
                "repository/feed/v3/content/widget.2/1.0.0.0/widget.2.1.0.nupkg",
                "widget.2",
                "1.0.0",
            ),
            ("api/v2/package/Widget/1.0", "widget", "1.0.0"),
            ("f/widget/1.0.0/icon", "widget", "1.0.0"),
        ] {
            let Kind::File { release: found, .. } = kind_of(path) else {
                panic!("{path}: {:?}", kind_of(path))
            };
            assert_eq!(found, release(id, version), "{path}");
        }
        for path in ["f/widget/1.0.0/widget.nuspec", "f/widget/1.0.0/widget.1.0.0.nuspec"] {
            assert_eq!(kind_of(path), Kind::Manifest(release("widget", "1.0.0")));
        }
    }

    #[test]
    fn package_files_that_tell_nothing_or_two_things_are_unreadable() {
        for path in [
            "widget.1.0.0.nupkg",
            "f/widget.1.0.0.nupkg",
            "f/widget/1.0.0/gadget.1.0.0.nupkg",
            "f/widget/1.0.0/widget.2.0.0.nupkg",
            "f/widget/latest/widget.latest.nupkg",
            "f/widget/1.0.0/widget.1.0.0-.nupkg",
            "f//1.0.0/.1.0.0.nupkg",
            "f/widget/1.0.0/x.nuspec",
        ] {
            assert!(
                matches!(kind_of(path), Kind::Unreadable { .. }),
                "{path}: {:?}",
                kind_of(path)
            );
        }
    }

    #[test]
    fn documents_tell_what_they_are_about() {
        for (path, id, version) in [
            (
                "v3/registration5-gz-semver2/Widget.Core/index.json",
                Some("widget.core"),
                None,
            ),
            (
                "v3/registration5-gz-semver2/widget/1.0.0-Beta.json",
                Some("widget"),
                Some("1.0.0-beta"),
            ),
            (
                "v3/registration5-gz-semver2/widget/page/1.0.0/2.0.0.json",
                Some("widget"),
                None,
            ),
            ("index.json", None, None),
            ("query", None, None),
            ("", None, None),
            ("v3/catalog0/page7.json", None, None),
        ] {
            let expected = Kind::Document {
                id: id.map(Into::into),
                version: version.map(Into::into),
            };
            assert_eq!(kind_of(path), expected, "{path}");
        }
    }

    #[test]
    fn paths_are_written_anew() {
        assert_eq!(Place::of("a/W%69dget%2b/x y").unwrap().path, "a/Widget+/x%20y");
        for path in [
            "a%2fb",
            "a/%252e/b",
            "a/%2e%2e/b",
            "../a",
            "a%00",
            "a%5cb",
            "a%ff",
            "a%3fb",
        ] {
            assert!(Place::of(path).is_none(), "{path}");
        }
    }
}

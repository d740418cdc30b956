//! What a path means.

use std::borrow::Cow;

use osa_plugin_sdk::path;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::package::Package;
use crate::semver;
use crate::{
    bound,
    tarball::{self, Tarball},
};

/// As `encodeURIComponent`, but for the `@` of a scope.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'@');

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// All versions of a package, or the part of them that `view` says.
    Packument {
        package: Package,
        view: View,
    },
    /// One version, asked for by its number.
    Manifest {
        package: Package,
        version: String,
    },
    Tarball(Tarball),
    /// Beside the tarballs of a package: a licence, a signature. Its path, percent-encoded, and its name.
    Beside {
        path: String,
        file: String,
    },
    /// Below `-/`: the decoded segments behind it.
    Service(Vec<String>),
    Root,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum View {
    Whole,
    /// The manifest of the version that a dist-tag points at.
    Tag(String),
    DistTags,
}

// === impl Resource ===

impl Resource {
    /// `path` is percent-encoded, without leading slash and query.
    pub(crate) fn of(path: &str) -> Self {
        let Some(decoded) = decode(path) else {
            return Self::Unknown;
        };
        let segments: Vec<_> = decoded.split('/').collect();
        match segments.as_slice() {
            [""] => Self::Root,
            ["-", "package", rest @ .., "dist-tags"] => match Package::take(rest) {
                Some((package, [])) => Self::Packument {
                    package,
                    view: View::DistTags,
                },
                _ => Self::Unknown,
            },
            ["-", "osa", ..] => bound::parse(path).map_or(Self::Unknown, Self::Tarball),
            ["-", service @ ..] => Self::Service(service.iter().map(|&segment| segment.to_owned()).collect()),
            segments => Self::of_package(segments),
        }
    }

    /// A file that is no package: not judged, so it must not be one under another name.
    fn beside(package: &Package, file: &[&str]) -> Self {
        match file {
            [name] if has_other_extension(name) && !tarball::is_named(package, name) => Self::Beside {
                path: format!("{package}/-/{}", encode(name)),
                file: (*name).to_owned(),
            },
            _ => Self::Unknown,
        }
    }

    fn of_package(segments: &[&str]) -> Self {
        match Package::take(segments) {
            Some((package, [])) => Self::Packument {
                package,
                view: View::Whole,
            },
            Some((package, ["-", file @ ..])) => {
                tarball::of(&package, file).map_or_else(|| Self::beside(&package, file), Self::Tarball)
            }
            Some((package, [wanted])) => match semver::Version::parse(wanted) {
                Some(version) => Self::Manifest {
                    package,
                    version: version.canonical().into_owned(),
                },
                None => Self::Packument {
                    package,
                    view: View::Tag((*wanted).to_owned()),
                },
            },
            _ => Self::Unknown,
        }
    }
}

/// Whether a name has an extension, and not that of an archive: a registry might look for its package under such a name.
fn has_other_extension(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let archive = ["tgz", "tar", "gz", "zip", "bz2", "xz"]
        .iter()
        .any(|archive| archive.eq_ignore_ascii_case(extension));
    let word = extension.starts_with(|first: char| first.is_ascii_alphabetic())
        && extension.chars().all(|letter| letter.is_ascii_alphanumeric());
    word && !archive
}

/// One segment of a path, to be sent upstream.
pub(crate) fn encode(segment: &str) -> Cow<'_, str> {
    utf8_percent_encode(segment, SEGMENT).into()
}

/// A decoded path without slashes at its end.
pub(crate) fn decode(path: &str) -> Option<Cow<'_, str>> {
    path::decode(path).map(|decoded| match decoded {
        Cow::Borrowed(path) => Cow::Borrowed(path.trim_end_matches('/')),
        Cow::Owned(path) => Cow::Owned(path.trim_end_matches('/').to_owned()),
    })
}

/// A path without query and fragment.
pub(crate) fn original_path(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

//! What a path means.

use std::borrow::Cow;

use osa_plugin_sdk::purl;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::package::Package;
use crate::semver;

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

/// Where links go whose own path does not tell package and version: `-/osa/{package}/{version}/{path}`.
pub(crate) const BOUND: &str = "-/osa";

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

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tarball {
    pub(crate) package: Package,
    /// In its canonical form.
    pub(crate) version: String,
    /// Percent-encoded, relative to the registry.
    pub(crate) path: String,
    pub(crate) file: String,
    /// Asked for through a link made by [`bind`].
    pub(crate) bound: bool,
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
            ["-", "osa", ..] => bound(path).map_or(Self::Unknown, Self::Tarball),
            ["-", service @ ..] => Self::Service(service.iter().map(|&segment| segment.to_owned()).collect()),
            segments => Self::of_package(segments),
        }
    }

    fn of_package(segments: &[&str]) -> Self {
        match Package::take(segments) {
            Some((package, [])) => Self::Packument {
                package,
                view: View::Whole,
            },
            Some((package, ["-", file @ ..])) => tarball(&package, file).map_or(Self::Unknown, Self::Tarball),
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

// === impl Tarball ===

impl Tarball {
    pub(crate) fn purl(&self) -> String {
        self.package.purl_prefix() + &purl::encode(&self.version)
    }
}

/// One segment of a path, to be sent upstream.
pub(crate) fn encode(segment: &str) -> Cow<'_, str> {
    utf8_percent_encode(segment, SEGMENT).into()
}

/// Decodes a path once. What would read otherwise when decoded again, or as a path of other segments, is refused.
fn decode(path: &str) -> Option<Cow<'_, str>> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let plain = |segment: &str| !matches!(segment, "" | "." | "..");
    let clean = decoded.is_empty() || decoded.trim_end_matches('/').split('/').all(plain);
    let odd = |char: char| char.is_control() || matches!(char, '%' | '\\' | '?' | '#');
    (clean && !decoded.contains(odd)).then_some(match decoded {
        Cow::Borrowed(path) => Cow::Borrowed(path.trim_end_matches('/')),
        Cow::Owned(path) => Cow::Owned(path.trim_end_matches('/').to_owned()),
    })
}

/// `{base}-{version}.tgz` behind `{package}/-/`; behind a scoped package also with the scope before it, as a segment
/// (verdaccio, GitLab, Nexus) or as `npm pack` names files.
fn tarball(package: &Package, file: &[&str]) -> Option<Tarball> {
    let (scope, name) = match (file, package.scope()) {
        ([name], _) => (None, *name),
        ([scope, name], Some(own)) if *scope == own => (Some(own), *name),
        _ => return None,
    };
    let version = version_of(package, name)?;
    let mut path = format!("{package}/-/");
    if let Some(scope) = scope {
        path.push_str(scope);
        path.push('/');
    }
    path.push_str(&encode(name));
    Some(Tarball {
        package: package.clone(),
        version,
        path,
        file: name.to_owned(),
        bound: false,
    })
}

/// The version in a tarball's name, in canonical form: node-semver takes `04.17.20` for `4.17.20`, and so might a
/// registry. A leading `v` or `=` is no part of any tarball's name.
fn version_of(package: &Package, file: &str) -> Option<String> {
    let stem = file.strip_suffix(".tgz")?;
    let version = |stem: &str| {
        let text = stem.strip_prefix(package.base())?.strip_prefix('-')?;
        let version = text
            .starts_with(|first: char| first.is_ascii_digit())
            .then(|| semver::Version::parse(text))??;
        Some(version.canonical().into_owned())
    };
    version(stem).or_else(|| {
        version(
            stem.strip_prefix(package.scope()?.strip_prefix('@')?)?
                .strip_prefix('-')?,
        )
    })
}

/// A link made by [`bind`].
fn bound(path: &str) -> Option<Tarball> {
    let rest = path.strip_prefix(BOUND)?.strip_prefix('/')?;
    let (name, rest) = if rest.starts_with('@') {
        let (scope, rest) = rest.split_once('/')?;
        let (name, rest) = rest.split_once('/')?;
        (format!("{scope}/{name}"), rest)
    } else {
        let (name, rest) = rest.split_once('/')?;
        (name.to_owned(), rest)
    };
    let (version, original) = rest.split_once('/')?;
    let name = decode(&name)?.into_owned();
    let segments: Vec<_> = name.split('/').collect();
    let (package, []) = Package::take(&segments)? else {
        return None;
    };
    let version = decode(version)?;
    let file = names(&package, &version, original)?;
    Some(Tarball {
        version: semver::Version::parse(&version)?.canonical().into_owned(),
        package,
        path: original.to_owned(),
        file,
        bound: true,
    })
}

/// A link of a version whose own path is not that of a tarball, as a path that tells package and version and keeps
/// the original; none when nothing in the original vouches for them, since then a link could be forged to pass
/// refused bytes under an allowed name.
pub(crate) fn bind(package: &Package, version: &str, original: &str) -> Option<String> {
    let path = format!("{BOUND}/{package}/{}/{original}", encode(version));
    bound(original_path(&path)).map(|_| path)
}

/// A path without query and fragment.
pub(crate) fn original_path(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// The last segment of a path that itself names this package and this version and no other version: the package's
/// name as whole segments, behind it the version as a whole segment, and nowhere behind the name a number `x.y.z`
/// that is not this version's.
fn names(package: &Package, version: &str, original: &str) -> Option<String> {
    let decoded = decode(original)?;
    let segments: Vec<_> = decoded.split('/').collect();
    if matches!(segments.first(), Some(&"-")) {
        return None;
    }
    if let Some(tarball) = Package::take(&segments).and_then(|(package, rest)| match rest {
        ["-", file @ ..] => tarball(&package, file),
        _ => None,
    }) {
        let same = tarball.package == *package && tarball.version == semver::Version::parse(version)?.canonical();
        return same.then_some(tarball.file);
    }
    let own = package.to_string();
    let own: Vec<_> = own.split('/').collect();
    let start = segments.windows(own.len()).position(|window| window == own)?;
    let behind = segments.get(start + own.len()..)?;
    let told = behind.contains(&version) && behind.iter().all(|segment| no_other(segment, version));
    told.then(|| segments.last().map(|&last| last.to_owned()))?
}

/// Whether every `x.y.z` in a segment begins this version.
fn no_other(segment: &str, version: &str) -> bool {
    let numbers = |text: &str| {
        let mut parts = text.split(|char: char| !char.is_ascii_digit());
        let dots: Vec<_> = text
            .match_indices(|char: char| !char.is_ascii_digit())
            .take(2)
            .collect();
        parts.by_ref().take(3).filter(|part| !part.is_empty()).count() == 3 && dots.iter().all(|(_, dot)| *dot == ".")
    };
    let mut before = None;
    segment.char_indices().all(|(at, char)| {
        let rest = segment.get(at..).unwrap_or_default();
        let starts =
            char.is_ascii_digit() && !before.is_some_and(|before: char| before.is_ascii_digit() || before == '.');
        before = Some(char);
        !(starts && numbers(rest)) || {
            let behind = rest.strip_prefix(version);
            behind.is_some_and(|behind| !behind.starts_with(|next: char| next.is_ascii_digit()))
        }
    })
}

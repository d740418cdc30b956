//! Tarballs whose own path is of another form: links that bind package and version to it.

use crate::package::Package;
use crate::resource::{decode, encode, original_path};
use crate::semver;
use crate::tarball::{self, Tarball};

/// Where links go whose own path does not tell package and version: `-/osa/{package}/{version}/{path}`.
const BOUND: &str = "-/osa";

/// A link made by [`bind`].
pub(crate) fn parse(path: &str) -> Option<Tarball> {
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
    parse(original_path(&path)).map(|_| path)
}

/// The last segment of a path that itself names this package and this version and no other version: the package's
/// name as whole segments, behind it the version as a whole segment, and nowhere else a number `x.y.z` that is not
/// this version's.
fn names(package: &Package, version: &str, original: &str) -> Option<String> {
    let decoded = decode(original)?;
    let segments: Vec<_> = decoded.split('/').collect();
    if matches!(segments.first(), Some(&"-")) {
        return None;
    }
    if let Some(tarball) = Package::take(&segments).and_then(|(package, rest)| match rest {
        ["-", file @ ..] => tarball::of(&package, file),
        _ => None,
    }) {
        let same = tarball.package == *package && tarball.version == semver::Version::parse(version)?.canonical();
        return same.then_some(tarball.file);
    }
    let own = package.to_string();
    let own: Vec<_> = own.split('/').collect();
    let start = segments.windows(own.len()).position(|window| window == own)?;
    let (before, behind) = (segments.get(..start)?, segments.get(start + own.len()..)?);
    let told = behind.contains(&version) && before.iter().chain(behind).all(|segment| no_other(segment, version));
    told.then(|| segments.last().map(|&last| last.to_owned()))?
}

/// Whether every `x.y.z` in a segment is this version, to the segment's end or a file's extension.
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
        let whole = || matches!(rest.strip_prefix(version), Some("" | ".tgz" | ".tar.gz"));
        !(starts && numbers(rest)) || whole()
    })
}

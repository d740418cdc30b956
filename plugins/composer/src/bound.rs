//! Links to archives: `-/osa/VENDOR/NAME/VERSION/-/PATH`, where PATH is that of the archive through the proxy.
//!
//! An archive's own URL seldom names its version (`repos/OWNER/REPO/zipball/COMMIT`), so the link does, and that version
//! is what is judged. A lock file keeps these links, so all that they say stands in them. Whoever writes such a link
//! by hand can put another archive of the same hosts behind the name of an allowed version; where the archive's name
//! tells a version, it has to be the link's.

use std::borrow::Cow;

use osa_plugin_sdk::purl;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::version;

const BOUND: &str = "-/osa/";
/// Ends the version, which may have slashes of its own: branches do.
const END: &str = "-";

/// What is left as it is in a segment of a link.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'+');

/// A link, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bound<'p> {
    /// `vendor/name` in lower case.
    pub(crate) package: String,
    pub(crate) version: String,
    /// Percent-encoded, without query.
    pub(crate) path: &'p str,
}

/// Whether a path is one of these links, or was meant to be.
pub(crate) fn is_bound(path: &str) -> bool {
    path.starts_with(BOUND)
}

/// What comes before the archive's path in a link, a slash at the end; none for names that cannot stand in one.
pub(crate) fn stem(package: &str, version: &str) -> Option<String> {
    let (vendor, name) = package.split_once('/')?;
    if !is_name(vendor) || !is_name(name) {
        return None;
    }
    let mut stem = format!("{BOUND}{vendor}/{name}/");
    for segment in version.split('/') {
        if !is_segment(segment) {
            return None;
        }
        if segment == END {
            stem.push_str("%2D");
        } else {
            stem.extend(utf8_percent_encode(segment, SEGMENT));
        }
        stem.push('/');
    }
    stem.push_str(END);
    stem.push('/');
    Some(stem)
}

pub(crate) fn parse(path: &str) -> Option<Bound<'_>> {
    let (vendor, rest) = path.strip_prefix(BOUND)?.split_once('/')?;
    let (name, mut rest) = rest.split_once('/')?;
    if !is_name(vendor) || !is_name(name) {
        return None;
    }
    let mut version = String::new();
    loop {
        let (segment, behind) = rest.split_once('/')?;
        rest = behind;
        if segment == END {
            break;
        }
        let segment = percent_decode_str(segment).decode_utf8().ok()?;
        if !is_segment(&segment) || segment.contains('/') {
            return None;
        }
        if !version.is_empty() {
            version.push('/');
        }
        version.push_str(&segment);
    }
    (!version.is_empty() && !rest.is_empty()).then(|| Bound {
        package: format!("{vendor}/{name}").to_ascii_lowercase(),
        version,
        path: rest,
    })
}

// === impl Bound ===

impl Bound<'_> {
    pub(crate) fn purl(&self) -> String {
        prefix(&self.package) + &purl::encode(&self.version)
    }

    /// What the file-type filter judges: the last segment, or the kind of archive that it is on hosts of git
    /// repositories, whose last segment is a commit.
    pub(crate) fn file_name(&self) -> String {
        let mut segments = self.path.trim_end_matches('/').rsplit('/');
        let last = segments.next().unwrap_or_default();
        let last = percent_decode_str(last).decode_utf8().unwrap_or(Cow::Borrowed(last));
        let kind = segments.find_map(|segment| match segment {
            "zipball" => Some(".zip"),
            "tarball" => Some(".tar.gz"),
            _ => None,
        });
        last.into_owned() + kind.unwrap_or_default()
    }

    /// Whether the archive's name tells a version, and not this one.
    pub(crate) fn is_contradicted(&self) -> bool {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let Ok(name) = percent_decode_str(last).decode_utf8() else {
            return true;
        };
        let own = version::numbers(&self.version);
        let mut told = version::triples(&name).peekable();
        told.peek().is_some() && !told.any(|numbers| Some(numbers) == own)
    }
}

/// `pkg:composer/vendor/name@`. The type's definition has names in lower case.
pub(crate) fn prefix(package: &str) -> String {
    let (vendor, name) = package.rsplit_once('/').unwrap_or(("", package));
    purl::prefix("composer", vendor, name)
}

/// <https://getcomposer.org/doc/04-schema.md#name>, more loosely.
fn is_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(known)
}

fn is_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..") && !segment.chars().any(|char| char.is_control() || char == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn there_and_back(version: &str, path: &str) {
        let link = stem("acme/hello", version).unwrap() + path;
        let bound = parse(&link).unwrap();
        assert_eq!(
            (bound.package.as_str(), bound.version.as_str(), bound.path),
            ("acme/hello", version, path)
        );
    }

    #[test]
    fn a_link_tells_what_it_was_made_of() {
        there_and_back("v1.2.3", "dist/acme/hello.zip");
        there_and_back("dev-main", "-/files/git.example/repos/acme/hello/zipball/c0ffee");
        there_and_back("dev-feature/-/x y%41#?ü", "-/packages/a.zip");
        assert_eq!(stem("acme/hello", "1.0").unwrap(), "-/osa/acme/hello/1.0/-/");
    }

    #[test]
    fn names_that_cannot_stand_in_a_link_have_none() {
        for (package, version) in [
            ("hello", "1"),
            ("a/b/c", "1"),
            ("../b", "1"),
            ("-/b", "1"),
            ("a/b", ""),
            ("a/b", "dev-x//y"),
            ("a/b", "x/../y"),
            ("a/b", "1\n"),
        ] {
            assert_eq!(stem(package, version), None, "{package} {version}");
        }
    }

    #[test]
    fn what_only_looks_like_a_link_is_none() {
        for path in [
            "-/osa/a/b/1",
            "-/osa/a/b/-/x",
            "-/osa/a/b/1/-/",
            "-/osa/a/b/1%2F2/-/x",
            "-/osa/a//1/-/x",
            "a/b",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }

    #[test]
    fn an_archive_that_names_another_version_is_known() {
        let contradicted = |version: &str, path: &str| {
            let link = stem("acme/hello", version).unwrap() + path;
            parse(&link).unwrap().is_contradicted()
        };
        assert!(contradicted("1.0.0", "dist/acme-hello-2.0.0.zip"));
        assert!(contradicted("dev-main", "hello-2.0.0.zip"));
        assert!(contradicted("1.0.0", "hello-1%2E0%2E1.zip"));
        for (version, path) in [
            ("2.0.0", "acme-hello-2.0.0.zip"),
            ("v2.0", "acme-hello-2.0.0.0-c0ffee.zip"),
            ("2.0.0-RC1", "hello-php8.1.2-v2.0.0-RC1.tar.gz"),
            ("1.0.0", "-/files/git.example/repos/acme/2.0.0/zipball/c0ffee"),
            ("dev-main", "hello-main-1.2.zip"),
        ] {
            assert!(!contradicted(version, path), "{version} {path}");
        }
    }

    #[test]
    fn archives_of_git_hosts_have_a_type() {
        let name = |path: &str| parse(&format!("-/osa/a/b/1/-/{path}")).unwrap().file_name();
        assert_eq!(name("repos/a/b/zipball/c0ffee"), "c0ffee.zip");
        assert_eq!(name("repos/a/b/tarball/c0ffee"), "c0ffee.tar.gz");
        assert_eq!(name("dist/a%2Db.zip"), "a-b.zip");
    }
}

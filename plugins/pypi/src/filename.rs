//! Which release a file name belongs to.
//!
//! The name alone decides, on a page as at the download, so that both name the same component.
//! Where a name can be read in several ways the page's project tells whether ours is the client's
//! ([`claims`]); if not, the link is taken out.

use crate::version;

/// What pip, uv, poetry or setuptools install.
const INSTALLABLE: [&str; 14] = [
    ".whl",
    ".egg",
    ".zip",
    ".tar.gz",
    ".tgz",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tar.lz",
    ".tlz",
    ".tar.lzma",
    ".tar.zst",
    ".tar",
];
/// What people install by hand: the `bdist_*` commands of old.
const INSTALLERS: [&str; 5] = [".exe", ".msi", ".rpm", ".dmg", ".deb"];
/// Files about a file (PEP 658, PEP 740, signatures, checksums), judged as what they are about.
const SIDECARS: [&str; 9] = [
    ".metadata",
    ".asc",
    ".sig",
    ".md5",
    ".sha1",
    ".sha256",
    ".sha512",
    ".provenance",
    ".attestation",
];
/// What starts the platform in names like `widget-1.0.linux-x86_64.tar.gz`.
const PLATFORMS: [&str; 8] = [
    ".linux-",
    ".win32",
    ".win-",
    ".macosx-",
    ".darwin-",
    ".cygwin-",
    ".mingw",
    ".freebsd-",
];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Release {
    /// Normalised by PEP 503.
    pub(crate) name: String,
    /// As in the package URL: see [`version::canonical`].
    pub(crate) version: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum File {
    /// A package file, or a file about one.
    Of(Release),
    /// A package file that names no release: it cannot be judged.
    Unreadable,
    /// No package file.
    Other,
}

/// Reads a file name, percent-decoded.
pub(crate) fn read(file_name: &str) -> File {
    let lower = file_name.to_ascii_lowercase();
    let mut stem = lower.as_str();
    while let Some(base) = SIDECARS.iter().find_map(|sidecar| stem.strip_suffix(sidecar)) {
        stem = base;
    }
    let kept = file_name.get(..stem.len()).unwrap_or_default();
    let Some(extension) = INSTALLABLE
        .iter()
        .chain(&INSTALLERS)
        .find(|extension| stem.ends_with(*extension))
    else {
        // `widget.whl;a=b`, `widget.whl::$DATA`: some servers give the file itself for these.
        let hidden = INSTALLABLE.iter().any(|extension| lower.contains(extension));
        return if hidden { File::Unreadable } else { File::Other };
    };
    let stem = kept.get(..kept.len() - extension.len()).unwrap_or_default();
    let parts = match *extension {
        ".whl" => wheel(stem),
        ".egg" => egg(stem),
        ".rpm" => rpm(stem),
        ".deb" => None,
        _ => source(stem),
    };
    let release = parts.and_then(|(name, version)| {
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"/\\@?#%".contains(c);
        let fine = !version.is_empty() && version.chars().all(plain);
        Some(Release {
            name: normalise(name)?,
            version: fine.then(|| version::canonical(&version))?,
        })
    });
    release.map_or(File::Unreadable, File::Of)
}

/// Whether a client that looks for `project` could take the file for one of its, whatever we read:
/// uv and pip cut the known name off the front.
pub(crate) fn claims(file_name: &str, project: &str) -> bool {
    file_name.char_indices().skip(1).any(|(at, _)| {
        file_name
            .get(..at)
            .and_then(normalise)
            .is_some_and(|name| name == project)
    })
}

/// A project name in its normal form (PEP 503); none when it is no name by PEP 508.
pub(crate) fn normalise(name: &str) -> Option<String> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !plain || !ends(name.chars().next()) || !ends(name.chars().next_back()) {
        return None;
    }
    let mut out = String::with_capacity(name.len());
    for part in name.split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(&part.to_ascii_lowercase());
    }
    Some(out)
}

type Parts<'a> = Option<(&'a str, String)>;

/// `name-version(-build)?-python-abi-platform`, where `-` inside a part is written `_`.
fn wheel(stem: &str) -> Parts<'_> {
    let parts: Vec<_> = stem.split('-').collect();
    match parts.as_slice() {
        [name, version, _, _, _] => Some((name, version.replace('_', "-"))),
        [name, version, build, _, _, _] if build.starts_with(|c: char| c.is_ascii_digit()) => {
            Some((name, version.replace('_', "-")))
        }
        _ => None,
    }
}

/// `name-version(-pyX.Y(-platform)?)?`, where `-` inside a part is written `_`.
fn egg(stem: &str) -> Parts<'_> {
    let mut parts = stem.split('-');
    Some((parts.next()?, parts.next()?.replace('_', "-")))
}

/// `name-version-release.arch`.
fn rpm(stem: &str) -> Parts<'_> {
    let (rest, _arch) = stem.rsplit_once('.')?;
    let (rest, _release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    Some((name, version.to_owned()))
}

/// `name-version`, where both may hold dashes: the longest version that PEP 440 knows; for what it
/// does not know, from the first dash before a digit, or from the last dash.
fn source(stem: &str) -> Parts<'_> {
    let platform = stem.bytes().enumerate().position(|(at, b)| {
        let begins = |platform: &str| {
            let here = stem.as_bytes().get(at..at + platform.len());
            here.is_some_and(|here| here.eq_ignore_ascii_case(platform.as_bytes()))
        };
        b == b'.' && PLATFORMS.iter().any(|platform| begins(platform))
    });
    let stem = stem.get(..platform.unwrap_or(stem.len()))?;
    let splits = || {
        stem.match_indices('-')
            .filter_map(|(at, _)| Some((stem.get(..at)?, stem.get(at + 1..)?)))
    };
    let (name, version) = splits()
        .find(|(_, version)| version::is_known(version))
        .or_else(|| splits().find(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit())))
        .or_else(|| stem.rsplit_once('-'))?;
    Some((name, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(file: &str, name: &str, version: &str) {
        assert_eq!(
            read(file),
            File::Of(Release {
                name: name.into(),
                version: version.into()
            }),
            "{file}"
        );
    }

    #[test]
    fn wheels_name_their_release() {
        is("Widget_Kit-1.0.0-py3-none-any.whl", "widget-kit", "1.0.0");
        is("widget-1.0-1-cp312-cp312-manylinux_2_17_x86_64.whl", "widget", "1.0");
        is(
            "widget-2.0.0+cu118-cp310-cp310-linux_x86_64.whl",
            "widget",
            "2.0.0+cu118",
        );
        is("widget-1.0_post1-py2.py3-none-any.whl", "widget", "1.0.post1");
        is("zope.interface-5.0-py3-none-any.WHL", "zope-interface", "5.0");
    }

    #[test]
    fn sources_name_their_release() {
        is("widget-1.0.tar.gz", "widget", "1.0");
        is("widget-kit-1.0-1.tar.gz", "widget-kit", "1.0.post1");
        is("widget-2-1.0.zip", "widget-2", "1.0");
        is("widget-1.0-alpha-test.tar.gz", "widget", "1.0-alpha-test");
        is("widget-latest.tgz", "widget", "latest");
        is("Widget-1!2.0rc1.tar.bz2", "widget", "1!2.0rc1");
        is("pytz-2011k.tar.gz", "pytz", "2011k");
    }

    #[test]
    fn old_binaries_name_their_release() {
        is("widget-1.0-py2.7.egg", "widget", "1.0");
        is("widget_kit-1.0_1-py2.7-linux-x86_64.egg", "widget-kit", "1.0.post1");
        is("widget-1.0.win32-py2.7.exe", "widget", "1.0");
        is("widget-1.0.win-amd64.msi", "widget", "1.0");
        is("widget-1.0.linux-x86_64.tar.gz", "widget", "1.0");
        is("widget-kit-1.0-1.noarch.rpm", "widget-kit", "1.0");
    }

    #[test]
    fn a_wheel_and_a_source_of_one_release_agree() {
        assert_eq!(read("a_b-1.0.post1-py3-none-any.whl"), read("A.b-1.0-1.tar.gz"));
    }

    #[test]
    fn files_about_a_file_are_judged_as_it() {
        is("widget-1.0-py3-none-any.whl.metadata", "widget", "1.0");
        is("widget-1.0.tar.gz.asc", "widget", "1.0");
        is("widget-1.0.tar.gz.asc.sha256", "widget", "1.0");
    }

    #[test]
    fn package_files_that_name_no_release_are_unreadable() {
        for file in [
            "widget.tar.gz",
            "widget-1.0.whl",
            "widget-1.0-b-py3-none-any.whl",
            "-1.0.tar.gz",
            "widget-.zip",
            ".whl",
            "widget-1.0-py3-none-any.whl;x=1",
            "widget-1.0-py3-none-any.whl.",
            "widget-1.0.tar.gz.exotic",
            "wid get-1.0.tar.gz",
            "python3-widget_1.0-1_all.deb",
            "widget-1.0/2.zip",
        ] {
            assert_eq!(read(file), File::Unreadable, "{file}");
        }
    }

    #[test]
    fn other_files_are_no_packages() {
        for file in ["index.html", "", "style.css", "1.0", "README", "widget.asc"] {
            assert_eq!(read(file), File::Other, "{file}");
        }
    }

    #[test]
    fn names_are_normalised_by_pep_503() {
        assert_eq!(normalise("Zope._-Interface").as_deref(), Some("zope-interface"));
        assert_eq!(normalise("-widget"), None);
        assert_eq!(normalise("wid get"), None);
        assert_eq!(normalise(""), None);
    }

    #[test]
    fn a_client_may_read_a_name_by_the_project_it_looks_for() {
        assert!(claims("widget-3-1.tar.gz", "widget-3"));
        assert!(claims("widget_1-2.tar.gz", "widget"));
        assert!(!claims("gadget-1.0.tar.gz", "widget"));
    }
}

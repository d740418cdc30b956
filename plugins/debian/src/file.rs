//! What the name of a file tells of its package.

use osa_plugin_sdk::file_name::{SIDE_CARS, strip, strip_any};

use crate::architectures::ARCHITECTURES;

/// Of systems, of installers, of debug symbols.
const PACKAGES: [&str; 3] = [".deb", ".udeb", ".ddeb"];
const COMPRESSIONS: [&str; 5] = [".gz", ".xz", ".bz2", ".lzma", ".zst"];

/// A package, as far as the name of its file tells: an epoch hardly ever stands in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: Option<&'a str>,
    /// `source` for a part of a source package.
    pub(crate) arch: Option<&'a str>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum File<'a> {
    /// What a package manager installs.
    Package(Package<'a>),
    /// Part of a source package, or a checksum or signature of a package's file.
    Beside(Package<'a>),
    Other,
}

// === impl File ===

impl<'a> File<'a> {
    pub(crate) fn of(name: &'a str) -> Self {
        if let Some(stem) = strip_any(name, &PACKAGES) {
            return Self::Package(Package::binary(stem));
        }
        let subject = strip_any(name, &SIDE_CARS).unwrap_or(name);
        let package = match strip_any(subject, &PACKAGES) {
            Some(stem) => Some(Package::binary(stem)),
            None => Package::source(subject),
        };
        package.map_or(Self::Other, Self::Beside)
    }
}

// === impl Package ===

impl<'a> Package<'a> {
    /// `NAME_VERSION_ARCH` as dpkg writes it, the same with other separators, or with parts missing. A file that tells no
    /// version keeps its name.
    fn binary(stem: &'a str) -> Self {
        if let [name, version, arch] = stem.split('_').collect::<Vec<_>>().as_slice()
            && !name.is_empty()
            && let Some(version) = version_of(version)
        {
            let version = Some(version);
            let arch = Some(*arch).filter(|arch| !arch.is_empty());
            return Self { name, version, arch };
        }
        let (rest, arch) = split_architecture(stem);
        // `NAME-VERSION-ARCH`; in `NAME_ARCH` hyphens and digits are part of the name.
        let dashed = stem.get(rest.len()..).is_none_or(|behind| !behind.starts_with('_'));
        let (name, version) = split_version(rest, dashed).map_or((rest, None), |(name, version)| (name, Some(version)));
        Self { name, version, arch }
    }

    /// `NAME_VERSION.dsc`, `NAME_UPSTREAM.orig.tar.gz`, `NAME_UPSTREAM.orig-COMPONENT.tar.gz`, `NAME_VERSION.debian.tar.xz`,
    /// `NAME_VERSION.diff.gz`, `NAME_VERSION.tar.xz`.
    fn source(file: &'a str) -> Option<Self> {
        let stem = strip_any(file, &[".dsc", ".diff.gz"]).or_else(|| {
            let packed = strip_any(file, &COMPRESSIONS)?;
            let stem = strip_any(packed, &[".tar"])?;
            let component = || {
                stem.rsplit_once(".orig-")
                    .filter(|(_, component)| !component.is_empty())
            };
            let whole = strip_any(stem, &[".orig", ".debian"]).or_else(|| component().map(|(whole, _)| whole));
            Some(whole.unwrap_or(stem))
        })?;
        let (name, version) = stem.split_once('_')?;
        (!name.is_empty()).then_some(Self {
            name,
            version: Some(version_of(version)?),
            arch: Some("source"),
        })
    }
}

/// Begins with a digit; a `v` before it is no part of it.
fn version_of(text: &str) -> Option<&str> {
    let version = text.strip_prefix(['v', 'V']).unwrap_or(text);
    version
        .starts_with(|first: char| first.is_ascii_digit())
        .then_some(version)
}

/// An architecture at the end, behind `_`, `-` or `.`.
fn split_architecture(stem: &str) -> (&str, Option<&str>) {
    let ends = |arch: &&str| strip(stem, arch).is_some_and(|rest| rest.len() > 1 && rest.ends_with(['_', '-', '.']));
    let longest = ARCHITECTURES.into_iter().filter(ends).max_by_key(|arch| arch.len());
    let Some(arch) = longest else {
        return (stem, None);
    };
    let at = stem.len() - arch.len();
    (stem.get(..at - 1).unwrap_or_default(), stem.get(at..))
}

/// Behind the first `_` that a digit follows, up to the next one; or behind a hyphen: the first where there is a dot before
/// the next hyphen, else, if `dashed`, the first at all.
fn split_version(rest: &str, dashed: bool) -> Option<(&str, &str)> {
    let starts = |mark: char| {
        rest.match_indices(mark).filter_map(move |(at, _)| {
            let name = rest.get(..at)?;
            let version = version_of(rest.get(at + 1..)?)?;
            (!name.is_empty() && !name.ends_with("x86")).then_some((name, version))
        })
    };
    let first_part = |version: &str, mark: char| version.split(mark).next().map_or(0, str::len);
    if let Some((name, version)) = starts('_').next() {
        return Some((name, version.get(..first_part(version, '_'))?));
    }
    let dotted = starts('-').find(|(_, version)| {
        version
            .get(..first_part(version, '-'))
            .is_some_and(|part| part.contains('.'))
    });
    dotted.or_else(|| starts('-').next().filter(|_| dashed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `KIND NAME VERSION ARCH`
    fn told(name: &str) -> String {
        let (kind, package) = match File::of(name) {
            File::Package(package) => ("package", package),
            File::Beside(package) => ("beside", package),
            File::Other => return "other".into(),
        };
        let or_none = |part: Option<&str>| part.unwrap_or("-").to_owned();
        format!(
            "{kind} {} {} {}",
            package.name,
            or_none(package.version),
            or_none(package.arch)
        )
    }

    #[test]
    fn names_as_dpkg_writes_them() {
        for (name, expected) in [
            ("hello_2.10-3_amd64.deb", "package hello 2.10-3 amd64"),
            (
                "libc6_2.36-9+deb12u9_kfreebsd-amd64.deb",
                "package libc6 2.36-9+deb12u9 kfreebsd-amd64",
            ),
            ("g++-12_12.2.0-14_amd64.deb", "package g++-12 12.2.0-14 amd64"),
            (
                "libgtk-3-0_3.24.38-2~deb12u3_arm64.deb",
                "package libgtk-3-0 3.24.38-2~deb12u3 arm64",
            ),
            (
                "docker-ce_5:24.0.7-1~debian.12~bookworm_amd64.deb",
                "package docker-ce 5:24.0.7-1~debian.12~bookworm amd64",
            ),
            ("di-utils_1.144_all.udeb", "package di-utils 1.144 all"),
            ("hello-dbgsym_2.10-3_amd64.ddeb", "package hello-dbgsym 2.10-3 amd64"),
            ("HELLO_1.0_AMD64.DEB", "package HELLO 1.0 AMD64"),
            ("sudo_1.9.14-2ubuntu1_s390x.deb", "package sudo 1.9.14-2ubuntu1 s390x"),
            ("new_1.0_future128.deb", "package new 1.0 future128"),
        ] {
            assert_eq!(told(name), expected, "{name}");
        }
    }

    #[test]
    fn names_as_others_write_them() {
        for (name, expected) in [
            ("elasticsearch-8.15.0-amd64.deb", "package elasticsearch 8.15.0 amd64"),
            ("influxdb2-2.7.1-1-amd64.deb", "package influxdb2 2.7.1-1 amd64"),
            (
                "grafana-agent-0.40.0-1.amd64.deb",
                "package grafana-agent 0.40.0-1 amd64",
            ),
            ("openjdk-17-jdk-17.0.9-amd64.deb", "package openjdk-17-jdk 17.0.9 amd64"),
            ("foo-7-amd64.deb", "package foo 7 amd64"),
            ("foo-1.0_x86_64.deb", "package foo 1.0 x86_64"),
            ("foo_v1.2.3_linux_amd64.deb", "package foo 1.2.3 amd64"),
            ("foo_v1.2.3_amd64.deb", "package foo 1.2.3 amd64"),
            ("foo_1.2.3-arm64.deb", "package foo 1.2.3 arm64"),
            ("foo_1.2.3.deb", "package foo 1.2.3 -"),
            ("foo-1.2.3.deb", "package foo 1.2.3 -"),
            ("my_pkg_1.0_amd64.deb", "package my_pkg 1.0 amd64"),
            (
                "database-tools-ubuntu2204-x86_64-100.9.4.deb",
                "package database-tools-ubuntu2204-x86_64 100.9.4 -",
            ),
        ] {
            assert_eq!(told(name), expected, "{name}");
        }
    }

    #[test]
    fn a_package_without_version_keeps_its_name() {
        for (name, expected) in [
            (
                "chrome-stable_current_amd64.deb",
                "package chrome-stable_current - amd64",
            ),
            ("gitlab-runner_amd64.deb", "package gitlab-runner - amd64"),
            ("packages-prod.deb", "package packages-prod - -"),
            ("libgtk-3-0_amd64.deb", "package libgtk-3-0 - amd64"),
            ("_1.0_amd64.deb", "package _1.0 - amd64"),
            ("amd64.deb", "package amd64 - -"),
            ("_.deb", "package _ - -"),
        ] {
            assert_eq!(told(name), expected, "{name}");
        }
    }

    #[test]
    fn parts_of_source_packages_and_side_cars() {
        for (name, expected) in [
            ("hello_2.10-3.dsc", "beside hello 2.10-3 source"),
            ("hello_2.10.orig.tar.gz", "beside hello 2.10 source"),
            ("node-foo_1.0.orig-bar-baz.tar.xz", "beside node-foo 1.0 source"),
            ("hello_2.10.orig.tar.gz.asc", "beside hello 2.10 source"),
            ("hello_2.10-3.debian.tar.xz", "beside hello 2.10-3 source"),
            ("hello_2.10-3.diff.gz", "beside hello 2.10-3 source"),
            ("dpkg_1.21.22.tar.xz", "beside dpkg 1.21.22 source"),
            ("hello_2.10-3_amd64.deb.asc", "beside hello 2.10-3 amd64"),
            ("Packages.gz", "other"),
            ("data.tar.gz", "other"),
            ("data_dir.tar.gz", "other"),
            ("hello_2.10-3_amd64.buildinfo", "other"),
            (".deb", "other"),
            (".dsc", "other"),
            ("", "other"),
            ("deb", "other"),
            ("é.deb", "package é - -"),
        ] {
            assert_eq!(told(name), expected, "{name}");
        }
    }
}

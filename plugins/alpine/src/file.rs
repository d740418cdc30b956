//! What the name of a file tells of its package.

use osa_plugin_sdk::file_name::{SIDE_CARS, strip_any};

use crate::version::is_version;

const PACKAGES: [&str; 1] = [".apk"];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: Option<&'a str>,
    /// Whether this is the package, not a checksum or signature beside it.
    pub(crate) itself: bool,
}

// === impl Package ===

impl<'a> Package<'a> {
    /// Of `NAME-VERSION.apk`; a file that tells no version keeps its name. None for other files.
    pub(crate) fn of(file: &'a str) -> Option<Self> {
        let (stem, itself) = match strip_any(file, &PACKAGES) {
            Some(stem) => (stem, true),
            None => (strip_any(strip_any(file, &SIDE_CARS)?, &PACKAGES)?, false),
        };
        let (name, version) = match split(stem) {
            Some((name, version)) => (name, Some(version)),
            None => (stem, None),
        };
        Some(Self { name, version, itself })
    }
}

/// At the last hyphen before a digit: versions have none (`apk_pkg_parse_name` of apk-tools).
fn split(stem: &str) -> Option<(&str, &str)> {
    let digit = |at: usize| stem.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit);
    let (at, _) = stem.rmatch_indices('-').find(|(at, _)| *at > 0 && digit(*at))?;
    let (name, version) = (stem.get(..at)?, stem.get(at + 1..)?);
    Some((name, without_hash(version)))
}

/// apk-tools 3 can have names end in a part of the package's hash, `1.2-r0.0a1b2c3d`.
fn without_hash(version: &str) -> &str {
    match version.rsplit_once('.') {
        Some((rest, hash)) if !is_version(version) && is_version(rest) && is_hash(hash) => rest,
        _ => version,
    }
}

fn is_hash(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_behind_any_name() {
        for (file, name, version) in [
            ("curl-8.9.0-r0.apk", "curl", "8.9.0-r0"),
            ("gtk+3.0-3.24.42-r0.apk", "gtk+3.0", "3.24.42-r0"),
            ("py3-2to3-1.0-r1.apk", "py3-2to3", "1.0-r1"),
            ("font-noto-2-1.0-r0.apk", "font-noto-2", "1.0-r0"),
            ("lua5.4-md5-1.3_git20240101-r3.apk", "lua5.4-md5", "1.3_git20240101-r3"),
            (
                "php83-pecl-imagick-3.7.0_rc1-r0.apk",
                "php83-pecl-imagick",
                "3.7.0_rc1-r0",
            ),
            ("openssl-3.3.1a.apk", "openssl", "3.3.1a"),
            ("R-4.4.0-r0.apk", "R", "4.4.0-r0"),
            ("7zip-23.01-r0.APK", "7zip", "23.01-r0"),
            ("hello-1.2-r0.0a1b2c3d.apk", "hello", "1.2-r0"),
            ("hello-1.2~0a1b-r0.apk", "hello", "1.2~0a1b-r0"),
            ("hello-1.2-rc1.apk", "hello", "1.2-rc1"),
            ("a-1-2.apk", "a-1", "2"),
        ] {
            let package = Package::of(file).unwrap();
            assert_eq!((package.name, package.version), (name, Some(version)), "{file}");
            assert!(package.itself, "{file}");
        }
    }

    #[test]
    fn a_package_without_version_keeps_its_name() {
        for (file, name) in [
            ("hello.apk", "hello"),
            ("hello-r0.apk", "hello-r0"),
            ("-1.apk", "-1"),
            ("é-.apk", "é-"),
        ] {
            let package = Package::of(file).unwrap();
            assert_eq!((package.name, package.version), (name, None), "{file}");
        }
    }

    #[test]
    fn side_cars_belong_to_their_package_and_others_to_none() {
        let side_car = Package::of("curl-8.9.0-r0.apk.sha512").unwrap();
        assert_eq!((side_car.name, side_car.itself), ("curl", false));
        for file in [
            "",
            ".apk",
            "apk",
            "APKINDEX.tar.gz",
            "curl.apk.exe",
            ".apk.asc",
            "curl.asc",
        ] {
            assert_eq!(Package::of(file), None, "{file}");
        }
    }
}

//! Versions of modules: semantic ones behind a `v` (<https://go.dev/ref/mod#versions>).

use std::cmp::Ordering;

use osa_plugin_sdk::order;

/// A canonical version: three numbers, perhaps a pre-release, no build metadata but `+incompatible`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    number: semver::Version,
    incompatible: bool,
}

/// Whether [`Version::parse`] takes it, without the cost of keeping its parts: lists have thousands.
pub(crate) fn is_version(text: &str) -> bool {
    let rest = [b'v', b'.', b'.']
        .into_iter()
        .try_fold(text.as_bytes(), |rest, before| {
            behind_number(rest.strip_prefix(&[before])?)
        });
    let Some(rest) = rest else {
        return false;
    };
    match rest.strip_suffix(b"+incompatible").unwrap_or(rest) {
        [] => true,
        [b'-', pre @ ..] => pre.split(|byte| *byte == b'.').all(is_identifier),
        _ => false,
    }
}

/// A version as a package URL has it, in parts: the plus is all of it that has to be encoded.
pub(crate) fn encoded(version: &str) -> [&str; 2] {
    match version.strip_suffix("+incompatible") {
        Some(number) => [number, "%2Bincompatible"],
        None => [version, ""],
    }
}

/// What stands behind a number that 64 bits hold, without leading zeros.
fn behind_number(text: &[u8]) -> Option<&[u8]> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(length);
    let fits = || std::str::from_utf8(number).is_ok_and(|number| number.parse::<u64>().is_ok());
    match number {
        [] | [b'0', _, ..] => None,
        _ => (length < 20 || fits()).then_some(rest),
    }
}

/// Of a pre-release: numbers of any length, without leading zeros, and words.
fn is_identifier(text: &[u8]) -> bool {
    let is_word = text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let has_zeros = matches!(text, [b'0', _, ..]) && text.iter().all(u8::is_ascii_digit);
    is_word && !text.is_empty() && !has_zeros
}

// === impl Version ===

impl Version {
    /// As written, so that equal texts are equal versions and other texts other ones.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix('v')?;
        let (number, incompatible) = match number.strip_suffix("+incompatible") {
            Some(number) => (number, true),
            None => (number, false),
        };
        let number = semver::Version::parse(number)
            .ok()
            .filter(|number| number.build.is_empty())?;
        Some(Self { number, incompatible })
    }

    /// Build metadata does not count (`golang.org/x/mod/semver`, `Compare`).
    fn compare(&self, other: &Self) -> Ordering {
        self.number.cmp_precedence(&other.number)
    }
}

pub(crate) fn ranks(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, Version::parse, Version::compare)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_a_version_is_what_parses(
            text in "v?(0|[0-9]{1,2}|1844674407370955161[56]|[0-9]{20,22})(\\.[0-9]{1,2}){0,3}(-[0-9a-z.-]{0,6})?(\\+(incompatible|x))?",
            any in "\\PC{0,12}",
        ) {
            for text in [text, any] {
                prop_assert_eq!(is_version(&text), Version::parse(&text).is_some(), "{}", text);
                if is_version(&text) {
                    prop_assert_eq!(encoded(&text).concat(), osa_plugin_sdk::purl::encode(&text));
                }
            }
        }
    }

    #[test]
    fn only_canonical_versions_are_versions() {
        for text in [
            "v0.0.0",
            "v1.2.3",
            "v1.2.3-rc.1",
            "v2.0.0+incompatible",
            "v0.0.0-20191109021931-daa7c04131f5",
        ] {
            assert!(Version::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "v",
            "1.2.3",
            "v1",
            "v1.2",
            "V1.2.3",
            "v01.2.3",
            "v1.2.3+meta",
            "v1.2.3-",
            "v1.2.3-01",
            "master",
            " v1.2.3",
            "v99999999999999999999.0.0",
            "v1.2.3-rc+incompatible+incompatible",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn versions_are_ranked() {
        let versions = [
            "v1.10.0",
            "v1.9.0",
            "nothing",
            "v1.10.0-rc.1",
            "v2.0.0+incompatible",
            "v2.0.0",
            "v1.10.0-rc.2",
        ]
        .map(str::to_owned);
        let expected = [Some(3), Some(0), None, Some(1), Some(4), Some(4), Some(2)];
        assert_eq!(ranks(&versions), expected);
    }
}

//! Versions of modules: semantic ones behind a `v` (<https://go.dev/ref/mod#versions>).

use std::cmp::Ordering;

use osa_plugin_sdk::order;

/// A canonical version: three numbers, perhaps a pre-release, no build metadata but `+incompatible`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    number: semver::Version,
    incompatible: bool,
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
    use super::*;

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

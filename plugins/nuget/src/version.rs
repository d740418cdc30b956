//! NuGet versions: up to four numbers, then Semantic Versioning's labels, whose case does not count.
//!
//! Follows NuGet.Versioning: `1.0`, `1.0.0`, `1.0.0.0`, `01.0` and `1.0.0+metadata` are one version.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write as _;

use osa_plugin_sdk::order;

/// Longer texts are no versions; registries allow 64 characters.
const LONGEST: usize = 256;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Version<'a> {
    /// Missing ones are 0.
    numbers: [u32; 4],
    /// Behind the hyphen; empty for none.
    labels: &'a str,
}

// === impl Version ===

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let text = text.trim();
        let (text, metadata) = text
            .split_once('+')
            .map_or((text, None), |(text, data)| (text, Some(data)));
        let (core, labels) = text
            .split_once('-')
            .map_or((text, None), |(core, labels)| (core, Some(labels)));
        if !metadata.into_iter().chain(labels).all(are_labels) {
            return None;
        }
        let mut numbers = [0; 4];
        let mut slots = numbers.iter_mut();
        for part in core.split('.') {
            *slots.next()? = number(part)?;
        }
        Some(Self {
            numbers,
            labels: labels.unwrap_or_default(),
        })
    }

    pub(crate) fn is_stable(&self) -> bool {
        self.labels.is_empty()
    }

    fn canonical(&self) -> String {
        let [major, minor, patch, revision] = self.numbers;
        let mut text = format!("{major}.{minor}.{patch}");
        let mut add = |part: std::fmt::Arguments<'_>| {
            // Writing to a string does not fail.
            let _ = text.write_fmt(part);
        };
        if revision > 0 {
            add(format_args!(".{revision}"));
        }
        for (position, label) in self.labels.split('.').filter(|label| !label.is_empty()).enumerate() {
            let sign = if position == 0 { '-' } else { '.' };
            match number(label) {
                Some(number) => add(format_args!("{sign}{number}")),
                None => add(format_args!("{sign}{}", label.to_ascii_lowercase())),
            }
        }
        text
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let labels = || {
            self.labels
                .split('.')
                .map(Label)
                .cmp(other.labels.split('.').map(Label))
        };
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| match (self.is_stable(), other.is_stable()) {
                (false, false) => labels(),
                (one, two) => one.cmp(&two),
            })
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version<'_> {}

/// A part of the labels: numbers stand below words, words compare without regard to case.
struct Label<'a>(&'a str);

impl Ord for Label<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let letters = |label: &Self| {
            label
                .0
                .bytes()
                .map(|byte| byte.to_ascii_uppercase())
                .collect::<Vec<_>>()
        };
        match (number(self.0), number(other.0)) {
            (Some(one), Some(two)) => one.cmp(&two),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => letters(self).cmp(&letters(other)),
        }
    }
}

impl PartialOrd for Label<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Label<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Label<'_> {}

/// As NuGet holds numbers: 32 bits with a sign. Greater ones are no numbers, which for a label means a word.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok().filter(|number| i32::try_from(*number).is_ok()))?
}

fn are_labels(text: &str) -> bool {
    text.split('.')
        .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

/// The form in which a version stands in package URLs: normalised, without metadata, in lower case, since paths of
/// package files know no other. What is no version stands as it is, in lower case.
pub(crate) fn canonical(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    match Version::parse(text) {
        Some(version) => Cow::Owned(version.canonical()),
        None => Cow::Owned(text.to_lowercase()),
    }
}

/// The usual `1.2.3`, which is canonical as it stands.
fn is_plain(text: &str) -> bool {
    let plain =
        |part: &str| part.len() < 10 && !part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split('.');
    let three = parts
        .by_ref()
        .take(3)
        .filter(|part| *part == "0" || (!part.is_empty() && plain(part)))
        .count()
        == 3;
    three && parts.next().is_none()
}

/// For each version its rank among those given.
pub(crate) fn ranks(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, Version::parse, Version::cmp)
}

/// The highest allowed version that is not above the old one, stable ones first; if there is none, the highest
/// stable one of all, and if there is none either, the highest.
pub(crate) fn latest<'a>(old: &str, allowed: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let old = Version::parse(old);
    let ranked = allowed.filter_map(|text| {
        let version = Version::parse(text)?;
        let below = old.is_none_or(|old| version <= old);
        Some(((below, version.is_stable(), version), text))
    });
    ranked.max_by(|(one, _), (two, _)| one.cmp(two)).map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_version_has_one_form() {
        for (text, form) in [
            ("1.0", "1.0.0"),
            ("1", "1.0.0"),
            ("1.0.0", "1.0.0"),
            ("1.0.0.0", "1.0.0"),
            ("1.0.0.7", "1.0.0.7"),
            ("01.002.3", "1.2.3"),
            ("1.00.0.1", "1.0.0.1"),
            ("1.2.3+build.5", "1.2.3"),
            ("1.2.3-Beta.1+build", "1.2.3-beta.1"),
            ("1.2-RC-1", "1.2.0-rc-1"),
            ("1.0.0-beta.01", "1.0.0-beta.1"),
            ("1.0.0-20240101123456", "1.0.0-20240101123456"),
            (" 1.0 ", "1.0.0"),
            ("0.0.0", "0.0.0"),
            ("10.20.30", "10.20.30"),
            ("2147483647.0.0", "2147483647.0.0"),
            ("2147483648.0.0", "2147483648.0.0"),
            ("Nonsense", "nonsense"),
            ("1.0.0-", "1.0.0-"),
            ("1.0.0-a..B", "1.0.0-a..b"),
            ("1.2.3.4.5", "1.2.3.4.5"),
            ("1..2", "1..2"),
            ("", ""),
        ] {
            assert_eq!(canonical(text), form, "{text}");
            assert_eq!(canonical(&canonical(text)), form, "{text} again");
        }
    }

    #[test]
    fn versions_stand_in_nugets_order() {
        let ordered = [
            "0.9",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-Alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-BETA",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc",
            "1.0",
            "1.0.0.1",
            "1.0.1-a",
            "1.2",
            "1.10",
            "2",
        ];
        let texts: Vec<_> = ordered.iter().rev().map(ToString::to_string).collect();
        let expected: Vec<_> = (0..texts.len() as u32).rev().map(Some).collect();
        assert_eq!(ranks(&texts), expected);
        let same = [
            "1.0", "01.0.0", "1.0.0.0", "1.0.0+x", "1.0.0-a", "1.0.0-A", "nonsense", "1.0.0-01", "1.0.0-1",
        ];
        let same = ranks(&same.map(str::to_owned));
        assert_eq!(same, [2, 2, 2, 2, 1, 1, 9, 0, 0].map(|rank| (rank < 9).then_some(rank)));
    }

    #[test]
    fn the_version_shown_is_the_highest_that_is_not_above() {
        let all = ["1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "2.1.0", "nonsense"];
        let choose = |old, all: &[&'static str]| latest(old, all.iter().copied());
        assert_eq!(choose("2.0.0", &all), Some("1.10.0"));
        assert_eq!(choose("3.0", &all), Some("2.1.0"));
        assert_eq!(choose("2.0.0", &["2.0.0-rc.1", "2.1.0"]), Some("2.0.0-rc.1"));
        assert_eq!(choose("0.1", &["1.0.0", "2.0.0-rc.1"]), Some("1.0.0"));
        assert_eq!(choose("0.1", &["nonsense"]), None);
    }
}

//! The order of `Gem::Version`.

use std::cmp::Ordering;

use osa_plugin_sdk::order;

/// Longer texts are no versions that anybody published.
const LONGEST: usize = 256;

/// A part of a version. Letters stand before numbers: `1.0.a` is a prerelease of `1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Letters(&'a str),
    /// Digits without leading zeros: the longer number is the larger one.
    Number(usize, &'a str),
}

const ZERO: Segment<'static> = Segment::Number(0, "");

#[derive(Debug, Clone)]
pub(crate) struct Version<'a>(Vec<Segment<'a>>);

/// Whether this is a version as file names and the compact index write it: digits, then parts of letters and digits behind
/// dots (`Gem::Version::VERSION_PATTERN`; a hyphen becomes `.pre.` before anything is published).
pub(crate) fn is_version(text: &str) -> bool {
    let mut parts = text.split('.');
    text.len() <= LONGEST
        && parts
            .next()
            .is_some_and(|first| !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// For each version its rank among those given.
pub(crate) fn ranks(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, Version::parse, Version::cmp)
}

// === impl Version ===

impl<'a> Version<'a> {
    /// Also what people write in requirements: blanks around it, and hyphens.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
        let (release, pre) = match text.split_once('-') {
            Some((release, pre)) => (release, Some(pre)),
            None => (text, None),
        };
        let dashed = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !is_version(release) || text.len() > LONGEST || pre.is_some_and(|pre| !pre.split('.').all(dashed)) {
            return None;
        }
        let mut segments = Vec::new();
        split(release, &mut segments);
        for part in pre.iter().flat_map(|pre| pre.split('-')) {
            segments.push(Segment::Letters("pre"));
            split(part, &mut segments);
        }
        // Zeros count for nothing at the end, nor where the numbers end before letters.
        let significant =
            |segments: &[Segment<'_>]| segments.iter().rposition(|part| *part != ZERO).map_or(0, |at| at + 1);
        segments.truncate(significant(&segments));
        if let Some(letters) = segments.iter().position(|part| matches!(part, Segment::Letters(_))) {
            let kept = significant(segments.get(..letters).unwrap_or_default());
            segments.drain(kept..letters);
        }
        Some(Self(segments))
    }
}

/// Runs of digits and runs of letters.
fn split<'a>(text: &'a str, segments: &mut Vec<Segment<'a>>) {
    for part in text.split('.') {
        let mut rest = part;
        while let Some(first) = rest.bytes().next() {
            let digits = first.is_ascii_digit();
            let end = rest.bytes().position(|byte| byte.is_ascii_digit() != digits);
            let (run, behind) = rest.split_at(end.unwrap_or(rest.len()));
            let number = run.trim_start_matches('0');
            segments.push(if digits {
                Segment::Number(number.len(), number)
            } else {
                Segment::Letters(run)
            });
            rest = behind;
        }
    }
}

impl Ord for Version<'_> {
    /// What is missing counts as zero.
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.0.len().max(other.0.len());
        let at = |version: &Self, at: usize| version.0.get(at).copied().unwrap_or(ZERO);
        (0..length)
            .map(|position| at(self, position).cmp(&at(other, position)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_rubygems() {
        let ordered = [
            "0",
            "0.a",
            "0.0.1",
            "1.0.a",
            "1.0.a1",
            "1.0.a2",
            "1.0.a10",
            "1.0.b",
            "1.0.pre.1",
            "1.0.rc1",
            "1",
            "1.0.1",
            "1.1.a",
            "1.1",
            "1.2",
            "1.10",
            "9",
            "10",
            "100000000000000000000000",
        ];
        // `0.a` stands before `0`, which comes first here for the sake of equality below.
        let mut versions: Vec<String> = ordered.iter().skip(1).map(ToString::to_string).collect();
        let before = ranks(&versions);
        versions.reverse();
        let mut after = ranks(&versions);
        after.reverse();
        assert_eq!(before, after);
        assert!(before.is_sorted() && before.iter().all(Option::is_some), "{before:?}");
        let pre = ranks(&["0".to_owned(), "0.a".to_owned()]);
        assert_eq!(pre, [Some(1), Some(0)]);
    }

    #[test]
    fn equal_versions_share_a_rank() {
        for (one, other) in [
            ("1", "1.0.0"),
            ("1.0.a", "1.a"),
            ("1.0.a.0", "1.a"),
            ("01.002", "1.2"),
            ("1.0-rc1", "1.0.pre.rc1"),
            (" 1.0\n", "1.0"),
            ("1.b2", "1.b.2"),
        ] {
            let ranks = ranks(&[one.to_owned(), other.to_owned()]);
            assert_eq!(ranks, [Some(0), Some(0)], "{one} {other}");
        }
        let apart = ranks(&["1.A".to_owned(), "1.a".to_owned()]);
        assert_eq!(apart, [Some(0), Some(1)]);
    }

    #[test]
    fn other_texts_have_no_rank() {
        for text in ["", "a", "1.", ".1", "1..2", "1 2", "v1", "1.ä", "1_0", "1.0-", "~> 1.0"] {
            assert_eq!(ranks(&[text.to_owned()]), [None], "{text}");
        }
        assert_eq!(ranks(&["1".repeat(LONGEST + 1)]), [None]);
    }
}

//! Versions and their order, as apk-tools has them (`apk_version_match` of apk-tools 3, `src/version.c`):
//! `{digits}{.digits}...{letter}{_suffix{digits}}...{~hash}{-r{digits}}`.

use osa_plugin_sdk::order;

/// Longer texts are no versions that anybody published.
const LONGEST: usize = 256;
/// Before a release, and behind it, each in order.
const PRE: [&str; 4] = ["alpha", "beta", "pre", "rc"];
const POST: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

/// Where two versions differ first, the greater part makes the greater version; another kind of part counts in the order
/// of these kinds, so that `1.0_rc1` < `1.0` < `1.0-r0` < `1.0_p1` < `1.0a` < `1.0.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Pre(usize),
    End,
    Revision(Number<'a>),
    Hash(&'a str),
    SuffixNumber(Number<'a>),
    Post(usize),
    Letter(u8),
    /// Behind a dot: with a zero in front it is compared as text, and stands before other numbers.
    Zeroed(&'a str),
    Digits(Number<'a>),
    First(Number<'a>),
}

/// Digits without zeros in front, behind their count.
type Number<'a> = (usize, &'a str);

pub(crate) fn ranks(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, parse, Ord::cmp)
}

pub(crate) fn is_version(text: &str) -> bool {
    parse(text).is_some()
}

/// None for what apk does not take for a version.
fn parse(text: &str) -> Option<Vec<Part<'_>>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut rest = text;
    let mut parts = vec![Part::First(number(digits(&mut rest)?))];
    while let Some(behind) = rest.strip_prefix('.') {
        rest = behind;
        let digits = digits(&mut rest)?;
        parts.push(if digits.starts_with('0') {
            Part::Zeroed(digits)
        } else {
            Part::Digits(number(digits))
        });
    }
    if let Some(letter) = rest.bytes().next().filter(u8::is_ascii_lowercase) {
        rest = rest.get(1..)?;
        parts.push(Part::Letter(letter));
    }
    while let Some(behind) = rest.strip_prefix('_') {
        let end = behind.bytes().position(|byte| !byte.is_ascii_lowercase());
        let (suffix, behind) = behind.split_at(end.unwrap_or(behind.len()));
        let known = |list: &[&str]| list.iter().position(|known| *known == suffix);
        parts.push(known(&PRE).map(Part::Pre).or_else(|| known(&POST).map(Part::Post))?);
        rest = behind;
        if let Some(digits) = digits(&mut rest) {
            parts.push(Part::SuffixNumber(number(digits)));
        }
    }
    if let Some(behind) = rest.strip_prefix('~') {
        let end = behind
            .bytes()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let (hash, behind) = behind.split_at(end.unwrap_or(behind.len()));
        parts.push(Part::Hash(Some(hash).filter(|hash| !hash.is_empty())?));
        rest = behind;
    }
    if let Some(behind) = rest.strip_prefix("-r") {
        rest = behind;
        parts.push(Part::Revision(number(digits(&mut rest)?)));
    }
    parts.push(Part::End);
    rest.is_empty().then_some(parts)
}

fn digits<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit());
    let (digits, behind) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = behind;
    Some(digits).filter(|digits| !digits.is_empty())
}

fn number(digits: &str) -> Number<'_> {
    let digits = digits.trim_start_matches('0');
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_order_is_that_of_apk() {
        let ordered = [
            "0",
            "0.1.0_alpha",
            "0.1.0_alpha1",
            "0.1.0_alpha2",
            "0.1.0_alpha10",
            "0.1.0_beta",
            "0.1.0_pre2",
            "0.1.0_rc1",
            "0.1.0_rc1-r1",
            "0.1.0_rc1_p1",
            "0.1.0",
            "0.1.0-r0",
            "0.1.0-r1",
            "0.1.0-r10",
            "0.1.0~0a1b-r0",
            "0.1.0_cvs",
            "0.1.0_svn1",
            "0.1.0_git20240101-r0",
            "0.1.0_hg",
            "0.1.0_p1_alpha",
            "0.1.0_p1",
            "0.1.0_p1-r3",
            "0.1.0_p10",
            "0.1.0a",
            "0.1.0b",
            "0.1.0.1",
            "0.1.001",
            "0.1.01",
            "0.1.1",
            "0.1.10",
            "0.2",
            "1_alpha_beta",
            "1",
            "1.99999999999999999999",
            "2",
            "10",
            "20240101",
        ];
        let mut versions = ordered.map(str::to_owned).to_vec();
        let expected: Vec<_> = (0..ordered.len() as u32).map(Some).collect();
        assert_eq!(ranks(&versions), expected);
        versions.reverse();
        let mut backwards = ranks(&versions);
        backwards.reverse();
        assert_eq!(backwards, expected);
    }

    #[test]
    fn equal_versions_share_a_rank() {
        for (one, other) in [("1.2", "1.2"), ("01.2", "1.2"), ("1_p01", "1_p1"), ("1-r01", "1-r1")] {
            let ranks = ranks(&[one.to_owned(), other.to_owned()]);
            assert_eq!(ranks, [Some(0), Some(0)], "{one} {other}");
        }
    }

    #[test]
    fn other_texts_have_no_rank() {
        for text in [
            "", "a", "v1", "1.", ".1", "1..2", "1ab", "1A", "1_", "1_foo", "1_p1a", "1-r", "1-1", "1-r1-r2", "1-r1_p1",
            "1~", "1~xyz", "1 ", "1+2", "1:2", "ä", "1ä",
        ] {
            assert_eq!(ranks(&[text.to_owned()]), [None], "{text}");
        }
        assert_eq!(ranks(&["1".repeat(LONGEST + 1)]), [None]);
    }

    proptest! {
        #[test]
        fn it_is_an_order(mut versions in proptest::collection::vec("[0-2](\\.[0-1]{1,2}){0,2}[ab]?(_(rc|p)[01]?){0,2}(-r[01])?", 3)) {
            let first = ranks(&versions);
            versions.rotate_left(1);
            let mut again = ranks(&versions);
            again.rotate_right(1);
            prop_assert!(first.iter().all(Option::is_some));
            prop_assert_eq!(first, again);
        }
    }
}

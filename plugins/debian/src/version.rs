//! Versions and their order (Debian Policy, section 5.6.12; `deb-version(7)`).

use std::cmp::Ordering;

use osa_plugin_sdk::order;

/// Longer texts are no versions that anybody published.
const LONGEST: usize = 256;

#[derive(Debug, Clone, Copy)]
struct Version<'a> {
    /// Digits.
    epoch: &'a str,
    upstream: &'a str,
    revision: &'a str,
}

pub(crate) fn ranks(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, Version::parse, Version::compare)
}

// === impl Version ===

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\n']);
        let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let of = |text: &str, marks: &[u8]| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
        };
        let fits = text.len() <= LONGEST
            && digits(epoch)
            && upstream.starts_with(|first: char| first.is_ascii_digit())
            && of(upstream, b".+-~:")
            && !revision.is_empty()
            && of(revision, b".+~");
        fits.then_some(Self {
            epoch,
            upstream,
            revision,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        number(self.epoch, other.epoch)
            .then_with(|| part(self.upstream, other.upstream))
            .then_with(|| part(self.revision, other.revision))
    }
}

/// Runs of other characters and runs of digits take turns.
fn part(mut one: &str, mut other: &str) -> Ordering {
    while !(one.is_empty() && other.is_empty()) {
        let (texts, digits) = (run(&mut one, false), run(&mut one, true));
        let (other_texts, other_digits) = (run(&mut other, false), run(&mut other, true));
        let order = text(texts, other_texts).then_with(|| number(digits, other_digits));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Takes what comes first, of digits or of anything else.
fn run<'a>(text: &mut &'a str, digits: bool) -> &'a str {
    let end = text.bytes().position(|byte| byte.is_ascii_digit() != digits);
    let (run, rest) = text.split_at(end.unwrap_or(text.len()));
    *text = rest;
    run
}

/// A tilde stands before the end, the end before letters, letters before all other characters.
fn text(one: &str, other: &str) -> Ordering {
    let weight = |byte: Option<u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(byte),
        Some(byte) => i32::from(byte) + 256,
    };
    let (mut one, mut other) = (one.bytes(), other.bytes());
    loop {
        let pair = (one.next(), other.next());
        let order = weight(pair.0).cmp(&weight(pair.1));
        if order.is_ne() || pair == (None, None) {
            return order;
        }
    }
}

/// Digits as a number of any length; none are zero.
fn number(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_order_is_that_of_dpkg() {
        let ordered = [
            "0~~",
            "0~",
            "0",
            "0.1",
            "1.0~~",
            "1.0~~a",
            "1.0~",
            "1.0~beta1~svn1245",
            "1.0~beta1",
            "1.0~rc1-1",
            "1.0-0~bpo1",
            "1.0",
            "1.0-0+b1",
            "1.0-1~deb11u1",
            "1.0-1",
            "1.0-1ubuntu1",
            "1.0-1+b1",
            "1.0-1+deb12u1",
            "1.0-1.1",
            "1.0-10",
            "1.0a",
            "1.0a1",
            "1.0+dfsg-1",
            "1.0-1-1",
            "1.0.1",
            "1.1",
            "1.2",
            "1.10",
            "1.99999999999999999999999999",
            "2",
            "2b",
            "2+",
            "2.",
            "1:0.1",
            "1:1:1",
            "2:0",
            "10:0",
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
        for (one, other) in [
            ("1.0", "1.0-0"),
            ("1.0", "0:1.0"),
            ("1.0", "00:1.0"),
            ("1.00", "1.0"),
            ("1.a", "1.a0"),
            (" 1.0\n", "1.0"),
        ] {
            let ranks = ranks(&[one.to_owned(), other.to_owned()]);
            assert_eq!(ranks, [Some(0), Some(0)], "{one} {other}");
        }
    }

    #[test]
    fn other_texts_have_no_rank() {
        for text in [
            "", "a", "-1", "1.0-", ":1", "a:1", "1:", "1:a", "1_0", "1 0", "1.0-1:2", "ä", "1ä", ">= 1", "~1", "v1",
        ] {
            assert_eq!(ranks(&[text.to_owned()]), [None], "{text}");
        }
        assert_eq!(ranks(&["1".repeat(LONGEST + 1)]), [None]);
    }

    proptest! {
        #[test]
        fn it_is_an_order(mut versions in proptest::collection::vec("([0-2]:)?[0-2][a1.+~-]{0,4}(-[a0-1~.+]{1,3})?", 3)) {
            let first = ranks(&versions);
            versions.rotate_left(1);
            let mut again = ranks(&versions);
            again.rotate_right(1);
            prop_assert_eq!(first, again);
        }
    }
}

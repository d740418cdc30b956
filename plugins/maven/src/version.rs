//! Versions and their order, by the "Version Order Specification" of Maven's POM reference.
//!
//! A version is split at dots, hyphens and between digits and other characters (which counts as a hyphen). Trailing null
//! values (`0`, `ga`, `final`, `release`) are trimmed, at the end and before each hyphen. What is left is compared token by
//! token, case-insensitively, qualifiers in an order of their own. As in Maven 3.9 and 4, a dot before a qualifier is a
//! hyphen; before, `1.0.RC1` was above `1.0-RC2`, and the order was none (1.0.0.a > 1.0.sp > 1.0 > 1.0.0.a).

use osa_plugin_sdk::order;

/// Longer texts are no versions that anybody published.
const LONGEST: usize = 1024;

/// Where a version stands: what is smaller as bytes is lower. Each token is a rank, with what tells it from others of the
/// rank.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(Vec<u8>);

/// Ranks of tokens. The end of the shorter version is a null value: above the qualifiers that come before a release, below
/// all that comes after it.
mod rank {
    pub(super) const ALPHA: u8 = 1;
    pub(super) const BETA: u8 = 2;
    pub(super) const MILESTONE: u8 = 3;
    pub(super) const RELEASE_CANDIDATE: u8 = 4;
    pub(super) const SNAPSHOT: u8 = 5;
    pub(super) const END: u8 = 6;
    /// `ga` with more behind it.
    pub(super) const RELEASE: u8 = 7;
    pub(super) const SERVICE_PACK: u8 = 8;
    /// Any other, in the order of the alphabet.
    pub(super) const QUALIFIER: u8 = 9;
    pub(super) const HYPHEN_NUMBER: u8 = 10;
    pub(super) const NUMBER: u8 = 11;
}

#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    /// Whether it comes behind a hyphen, or what counts as one.
    hyphen: bool,
    value: Value<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    /// Digits, without leading zeros.
    Number(&'a str),
    /// Its rank, and its text in lower case.
    Qualifier(u8, &'a str),
}

// === impl Place ===

impl Place {
    /// None for what is no version: an empty or an absurdly long text.
    pub(crate) fn of(version: &str) -> Option<Self> {
        if version.is_empty() || version.len() > LONGEST {
            return None;
        }
        let lower = version.to_lowercase();
        let mut place = Vec::with_capacity(lower.len() + 16);
        for token in trimmed(tokens(&lower)) {
            token.put(&mut place);
        }
        place.push(rank::END);
        Some(Self(place))
    }
}

/// Whether nothing in a version says that its release is still to come.
pub(crate) fn is_stable(version: &str) -> bool {
    let lower = version.to_lowercase();
    let early = |token: &Token<'_>| matches!(token.value, Value::Qualifier(rank, _) if rank < rank::END);
    !tokens(&lower).iter().any(early)
}

/// For each version its rank among those given.
pub(crate) fn rank(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, Place::of, Place::cmp)
}

fn tokens(lower: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut hyphen = false;
    let mut rest = lower;
    while !rest.is_empty() {
        let digits = rest.starts_with(|char: char| char.is_ascii_digit());
        let ends = |char: char| matches!(char, '.' | '-') || char.is_ascii_digit() != digits;
        let (text, behind) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        let value = if digits || text.is_empty() {
            Value::Number(text.trim_start_matches('0'))
        } else {
            let before_digit = behind.starts_with(|char: char| char.is_ascii_digit());
            Value::Qualifier(qualifier(text, before_digit), text)
        };
        // A dot before a qualifier is a hyphen.
        let hyphen_here = hyphen || matches!(value, Value::Qualifier(..));
        tokens.push(Token {
            hyphen: hyphen_here,
            value,
        });
        (hyphen, rest) = match behind.strip_prefix('.') {
            Some(rest) => (false, rest),
            None => (true, behind.strip_prefix('-').unwrap_or(behind)),
        };
    }
    tokens
}

fn qualifier(text: &str, before_digit: bool) -> u8 {
    match text {
        "alpha" => rank::ALPHA,
        "beta" => rank::BETA,
        "milestone" => rank::MILESTONE,
        "a" if before_digit => rank::ALPHA,
        "b" if before_digit => rank::BETA,
        "m" if before_digit => rank::MILESTONE,
        "rc" | "cr" => rank::RELEASE_CANDIDATE,
        "snapshot" => rank::SNAPSHOT,
        "ga" | "final" | "release" => rank::RELEASE,
        "sp" => rank::SERVICE_PACK,
        _ => rank::QUALIFIER,
    }
}

/// Without the null values at the end and before each hyphen.
fn trimmed(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut before_hyphen = true;
    for token in tokens.into_iter().rev() {
        if before_hyphen && token.value.is_null() {
            continue;
        }
        before_hyphen = token.hyphen;
        kept.push(token);
    }
    kept.reverse();
    kept
}

// === impl Token ===

impl Token<'_> {
    fn put(self, place: &mut Vec<u8>) {
        match self.value {
            Value::Number(digits) => {
                place.push(if self.hyphen { rank::HYPHEN_NUMBER } else { rank::NUMBER });
                // Numbers may be as large as they like: the longer is the greater.
                place.extend((digits.len() as u32).to_be_bytes());
                place.extend(digits.bytes());
            }
            Value::Qualifier(rank::QUALIFIER, text) => {
                place.push(rank::QUALIFIER);
                place.extend(text.bytes());
                place.push(0);
            }
            Value::Qualifier(rank, _) => place.push(rank),
        }
    }
}

// === impl Value ===

impl Value<'_> {
    fn is_null(self) -> bool {
        matches!(self, Self::Number("") | Self::Qualifier(rank::RELEASE, _))
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    fn compare(one: &str, two: &str) -> Ordering {
        Place::of(one).cmp(&Place::of(two))
    }

    #[track_caller]
    fn ascending(versions: &[&str]) {
        for (at, high) in versions.iter().enumerate() {
            for low in &versions[..at] {
                assert_eq!(compare(low, high), Ordering::Less, "{low} < {high}");
            }
        }
    }

    #[track_caller]
    fn equal(versions: &[&str]) {
        for version in versions {
            assert_eq!(
                compare(versions[0], version),
                Ordering::Equal,
                "{} = {version}",
                versions[0]
            );
        }
    }

    /// The examples of the specification.
    #[test]
    fn versions_stand_as_the_specification_says() {
        equal(&[
            "1",
            "1.0",
            "1.0.0",
            "1.ga",
            "1.final",
            "1-release",
            "1.",
            "1-",
            "1.0.0-0.0.0",
            "1-0",
            "01",
        ]);
        equal(&["1-foo", "1.0.0-foo.0.0", "1.foo", "1-0-foo", "1.0-FOO", "1-ga-foo"]);
        equal(&["1-a1", "1-alpha-1", "1.alpha1", "1alpha-1", "1.0-A1"]);
        equal(&["1-1.foo-bar1baz-.1", "1-1-foo-bar-1-baz-0.1"]);
        equal(&["1-rc1", "1-cr1"]);
        ascending(&["1", "1.1"]);
        ascending(&["1-snapshot", "1", "1-sp"]);
        ascending(&["1-foo2", "1-foo10"]);
        ascending(&["1.foo", "1-1", "1.1"]);
        ascending(&["1-sp", "1-ga.1"].iter().rev().copied().collect::<Vec<_>>());
        ascending(&["1-sp-1", "1-sp.1"]);
        ascending(&[
            "1-a1",
            "1-b1",
            "1-m1",
            "1-rc1",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-a",
            "1-x",
            "1-1",
            "1.1",
        ]);
    }

    #[test]
    fn qualifiers_numbers_and_hyphens_have_their_order() {
        ascending(&[
            "1-alpha2snapshot",
            "1-alpha2",
            "1-alpha-123",
            "1-beta-2",
            "1-beta123",
            "1-m2",
            "1-m11",
            "1-rc",
            "1-cr2",
            "1-rc123",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-sp2",
            "1-sp123",
            "1-abc",
            "1-def",
            "1-pom-1",
            "1-1-snapshot",
            "1-1",
            "1-2",
            "1-123",
        ]);
        ascending(&[
            "2.0", "2.0.a", "2-1", "2.0.2", "2.0.123", "2.1.0", "2.1-a", "2.1b", "2.1-c", "2.1-1", "2.1.0.1", "2.2",
            "2.123", "11.a2", "11.a11", "11.b2", "11.b11", "11.m2", "11.m11", "11", "11.a", "11b", "11c", "11m",
        ]);
        ascending(&["1.0.M1", "1.0.RC1", "1.0-RC2", "1.0.0.BUILD-SNAPSHOT"]);
        ascending(&["33.0-android", "33.0-jre", "33.0.1-android"]);
        ascending(&["9223372036854775807", "99999999999999999999", "100000000000000000000"]);
        ascending(&["20040616", "20040616.1", "20041010.1"]);
    }

    #[test]
    fn early_versions_are_not_stable() {
        for early in [
            "1-alpha",
            "1.0a1",
            "1.0.M3",
            "1-rc1",
            "2.CR1",
            "1.0-SNAPSHOT",
            "1-beta-2.jre",
        ] {
            assert!(!is_stable(early), "{early}");
        }
        for stable in ["1", "1.0.Final", "33.0-jre", "1-sp1", "1.0.a", "r09", "Finchley.SR1"] {
            assert!(is_stable(stable), "{stable}");
        }
    }

    #[test]
    fn what_is_no_version_has_no_rank() {
        let ranks = rank(&["1.0".into(), String::new(), "1".into(), "0.9".into(), "1".repeat(2000)]);
        assert_eq!(ranks, [Some(1), None, Some(1), Some(0), None]);
    }

    /// The specification word for word, slowly, over tokens and null values instead of bytes.
    mod naive {
        use std::cmp::Ordering;

        /// Prefix and token.
        type Word = (char, String);

        pub(super) fn words(version: &str) -> Vec<Word> {
            let mut words: Vec<Word> = Vec::new();
            let mut prefix = '.';
            let mut text = String::new();
            let chars: Vec<char> = version.to_lowercase().chars().collect();
            for (at, char) in chars.iter().enumerate() {
                let splits = matches!(char, '.' | '-');
                if !splits {
                    text.push(*char);
                }
                let next = chars.get(at + 1);
                let turns = !splits
                    && next.is_some_and(|next| {
                        !matches!(next, '.' | '-') && next.is_ascii_digit() != char.is_ascii_digit()
                    });
                if splits || turns || next.is_none() {
                    if text.is_empty() {
                        text.push('0');
                    }
                    if turns && !char.is_ascii_digit() {
                        text = match text.as_str() {
                            "a" => "alpha".into(),
                            "b" => "beta".into(),
                            "m" => "milestone".into(),
                            _ => text,
                        };
                    }
                    text = match text.as_str() {
                        "cr" => "rc".into(),
                        "ga" | "final" | "release" => String::new(),
                        _ => text,
                    };
                    let numeric = text.starts_with(|c: char| c.is_ascii_digit());
                    // Prefixes of qualifiers do not matter.
                    words.push((if numeric { prefix } else { '-' }, std::mem::take(&mut text)));
                    prefix = if *char == '.' { '.' } else { '-' };
                }
            }
            loop {
                let end = words.len();
                let null = (0..end).rev().find(|at| {
                    let (_, word) = &words[*at];
                    let null = word.is_empty() || (word.bytes().all(|byte| byte == b'0'));
                    null && words.get(at + 1).is_none_or(|(prefix, _)| *prefix == '-')
                });
                match null {
                    Some(at) => words.remove(at),
                    None => return words,
                };
            }
        }

        const KNOWN: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

        fn qualifier(one: &str, two: &str) -> Ordering {
            let place = |text: &str| KNOWN.iter().position(|known| *known == text).unwrap_or(KNOWN.len());
            place(one).cmp(&place(two)).then_with(|| {
                if place(one) == KNOWN.len() {
                    one.cmp(two)
                } else {
                    Ordering::Equal
                }
            })
        }

        fn number(one: &str, two: &str) -> Ordering {
            let value = |text: &str| text.parse::<u128>().unwrap();
            value(one).cmp(&value(two))
        }

        fn one(left: Option<&Word>, right: Option<&Word>) -> Ordering {
            let is_number = |word: &Word| word.1.starts_with(|c: char| c.is_ascii_digit());
            match (left, right) {
                (None, None) => Ordering::Equal,
                (Some(word), None) if is_number(word) => number(&word.1, "0"),
                (Some(word), None) => qualifier(&word.1, ""),
                (None, Some(_)) => one(right, left).reverse(),
                (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                    (true, true) if left.0 == right.0 => number(&left.1, &right.1),
                    (true, true) => (left.0 == '.').cmp(&(right.0 == '.')),
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    (false, false) => qualifier(&left.1, &right.1),
                },
            }
        }

        pub(super) fn compare(left: &str, right: &str) -> Ordering {
            let (left, right) = (words(left), words(right));
            (0..left.len().max(right.len()))
                .map(|at| one(left.get(at), right.get(at)))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        }
    }

    fn version() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[0-9]{1,3}",
            Just("0".to_owned()),
            Just("0".to_owned()),
            Just("1".to_owned()),
            "(alpha|beta|milestone|rc|cr|SNAPSHOT|ga|final|release|sp|a|b|m|x|jre)",
        ];
        prop::collection::vec((part, prop_oneof![Just("."), Just("-"), Just("")]), 1..6).prop_map(|parts| {
            parts
                .iter()
                .map(|(part, separator)| [part.as_str(), separator].concat())
                .collect()
        })
    }

    proptest! {
        #[test]
        fn places_compare_as_the_specification_says(one in version(), two in version()) {
            prop_assert_eq!(compare(&one, &two), naive::compare(&one, &two), "{} {}", one, two);
        }

        #[test]
        fn any_text_ranks_and_does_not_depend_on_its_place(texts in prop::collection::vec("[0-9a-zA-Z.+_-]{0,12}", 0..20)) {
            let forward = rank(&texts);
            let turned: Vec<_> = texts.iter().rev().cloned().collect();
            let mut backward = rank(&turned);
            backward.reverse();
            prop_assert_eq!(forward, backward);
        }
    }
}

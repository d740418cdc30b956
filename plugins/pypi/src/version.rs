//! Versions by PEP 440, and the ones older than it.

use std::str::FromStr as _;

use osa_plugin_sdk::order;
use pep440_rs::Version;

/// Longer texts are no versions that anybody published.
const LONGEST: usize = 256;

pub(crate) fn parse(text: &str) -> Option<Version> {
    if text.len() > LONGEST {
        None
    } else {
        Version::from_str(text).ok()
    }
}

/// Whether PEP 440 knows it.
pub(crate) fn is_known(text: &str) -> bool {
    is_plain(text) || parse(text).is_some()
}

/// Numbers and dots, written as they are printed again: nearly every version, and cheaper told than parsed.
fn is_plain(text: &str) -> bool {
    let number = |part: &[u8]| {
        // 19 digits fit 64 bits.
        (1..=19).contains(&part.len())
            && part.iter().all(u8::is_ascii_digit)
            && (part.len() == 1 || !part.starts_with(b"0"))
    };
    text.len() <= LONGEST && text.as_bytes().split(|b| *b == b'.').all(number)
}

/// The form in which all writings of a version are equal as text (`1.0-1` is `1.0.post1`), which
/// goes into the package URL. What PEP 440 does not know keeps its text.
pub(crate) fn canonical(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    parse(text).map_or_else(|| text.trim().to_owned(), |version| version.to_string())
}

/// Ranks by PEP 440. What it does not know ranks below all it knows, by its text; an empty text is
/// no version.
pub(crate) fn rank(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, place, Ord::cmp)
}

/// `None` sorts below every version.
fn place(text: &str) -> Option<(Option<Version>, &str)> {
    match (parse(text), text.trim()) {
        (None, "") => None,
        (None, unknown) => Some((None, unknown)),
        (version, _) => Some((version, "")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranks(versions: &[&str]) -> Vec<Option<u32>> {
        rank(&versions.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn versions_rank_by_pep_440() {
        let order = [
            "garbage",
            "2011k",
            "1.0.dev1",
            "1.0a1",
            "1.0a2.dev1",
            "1.0b1",
            "1.0rc1",
            "1.0",
            "1.0+cu118",
            "1.0.post1",
            "1.1",
            "1.10",
            "2!0.1",
        ];
        let expected: Vec<_> = [1, 0].into_iter().chain(2..13).map(Some).collect();
        assert_eq!(ranks(&order), expected);
    }

    #[test]
    fn equal_versions_share_a_rank() {
        assert_eq!(
            ranks(&["1.0", "v1", "1.0.0", "1.1", "", "1-1", "1.post1"]),
            [0, 0, 0, 2, u32::MAX, 1, 1].map(|r| (r < 9).then_some(r))
        );
    }

    #[test]
    fn all_writings_of_a_version_give_one_text() {
        assert_eq!(canonical("1.0-1"), "1.0.post1");
        assert_eq!(canonical("1.0RC1"), "1.0rc1");
        assert_eq!(canonical("1.0+cu_118"), "1.0+cu.118");
        assert_eq!(canonical("2011k"), "2011k");
        assert_eq!(canonical("99999999999999999999999"), "99999999999999999999999");
    }

    proptest! {
        #[test]
        fn any_text_ranks_and_does_not_depend_on_its_place(texts in prop::collection::vec("[0-9a-z.!+-]{0,12}", 0..20)) {
            let forward = rank(&texts);
            let turned: Vec<_> = texts.iter().rev().cloned().collect();
            let mut backward = rank(&turned);
            backward.reverse();
            prop_assert_eq!(forward, backward);
        }

        #[test]
        fn a_plain_version_is_its_own_canonical_text(text in "[0-9]{1,20}([.][0-9]{0,2}){0,4}") {
            if is_plain(&text) {
                prop_assert_eq!(parse(&text).map(|version| version.to_string()), Some(text));
            }
        }

        #[test]
        fn the_canonical_text_is_stable(text in "[0-9]{1,3}([.][0-9]{1,3}){0,3}(-?(a|rc|post|dev)[0-9]?)?([+][a-z0-9_.]{1,5})?") {
            let once = canonical(&text);
            prop_assert_eq!(canonical(&once), once);
        }
    }
}

//! Version ranges: `>=1.0,<2.0 || =3.1`. Which version is higher is for the ecosystem to say; here ranks are compared.

use std::cmp::Ordering;

/// Alternatives, each of comparators that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range(Vec<Vec<Comparator>>);

/// A [`Range`] among versions that have been put in order.
#[derive(Debug)]
pub(super) struct RankedRange(Vec<Vec<(Operator, Option<u32>)>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparator {
    operator: Operator,
    bound: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Longer ones first, as they begin like the shorter.
const OPERATORS: [(&str, Operator); 7] = [
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("=", Operator::Equal),
];

impl Range {
    /// None when the range is every version. Errors read on from the text: "is not ...".
    pub(super) fn parse(text: &str) -> Result<Option<Self>, String> {
        let alternatives = text.split("||").map(alternative).collect::<Result<Vec<_>, _>>()?;
        let everything = alternatives.iter().any(Vec::is_empty);
        Ok((!everything).then_some(Self(alternatives)))
    }

    /// Every version that the range names.
    pub(super) fn bounds(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(|comparator| comparator.bound.as_str())
    }

    /// The range in ranks of the versions it names.
    pub(super) fn ranked(&self, rank_of: impl Fn(&str) -> Option<u32>) -> RankedRange {
        let ranked = |comparator: &Comparator| (comparator.operator, rank_of(&comparator.bound));
        let alternatives = self.0.iter();
        RankedRange(
            alternatives
                .map(|alternative| alternative.iter().map(ranked).collect())
                .collect(),
        )
    }
}

impl RankedRange {
    /// Whether a version of `rank` is in the range; none when that hangs on a bound without rank.
    pub(super) fn contains(&self, rank: u32) -> Option<bool> {
        let mut unknown = false;
        for alternative in &self.0 {
            match holds(alternative, rank) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unknown = true,
            }
        }
        (!unknown).then_some(false)
    }
}

fn holds(comparators: &[(Operator, Option<u32>)], rank: u32) -> Option<bool> {
    let mut unknown = false;
    for (operator, bound) in comparators {
        let Some(bound) = bound else {
            unknown = true;
            continue;
        };
        let order = rank.cmp(bound);
        let holds = match operator {
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterOrEqual => order != Ordering::Less,
            Operator::Equal => order == Ordering::Equal,
            Operator::NotEqual => order != Ordering::Equal,
        };
        if !holds {
            return Some(false);
        }
    }
    (!unknown).then_some(true)
}

/// No comparators: every version.
fn alternative(text: &str) -> Result<Vec<Comparator>, String> {
    let mut words = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .peekable();
    if words.peek().is_none() {
        return Err("is not a version range: there is nothing between its parts".into());
    }
    let mut comparators = Vec::new();
    let mut everything = false;
    while let Some(word) = words.next() {
        if word == "*" {
            everything = true;
            continue;
        }
        let found = OPERATORS
            .iter()
            .find_map(|(sign, operator)| Some((*operator, word.strip_prefix(sign)?)));
        let (operator, bound) = match found {
            // `>= 1.0`
            Some((operator, "")) => (operator, words.next().unwrap_or_default()),
            Some(found) => found,
            None => (Operator::Equal, word),
        };
        let plain = bound.starts_with(|c: char| c.is_alphanumeric()) && !bound.contains(['<', '>', '=', '*', '|']);
        if !plain {
            return Err(
                "is not a version range: it takes `<`, `<=`, `>`, `>=`, `=`, `!=` or nothing before each version, \
                 commas for \"and\", `||` for \"or\", and `*` for every version"
                    .into(),
            );
        }
        comparators.push(Comparator {
            operator,
            bound: bound.to_owned(),
        });
    }
    if everything && !comparators.is_empty() {
        return Err("is not a version range: `*` stands beside other parts".into());
    }
    Ok(comparators)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions are numbers here; `x` has no rank.
    fn contains(range: &str, version: u32) -> Option<bool> {
        match Range::parse(range).unwrap() {
            Some(range) => range.ranked(|bound| bound.parse().ok()).contains(version),
            None => Some(true),
        }
    }

    #[test]
    fn ranges_contain_what_they_say() {
        for (range, inside, outside) in [
            ("<5", vec![0, 4], vec![5, 6]),
            ("<=5", vec![5], vec![6]),
            (">5", vec![6], vec![5]),
            (">= 5", vec![5, 6], vec![4]),
            ("5", vec![5], vec![4, 6]),
            ("=5", vec![5], vec![4]),
            ("==5", vec![5], vec![4]),
            ("!=5", vec![4, 6], vec![5]),
            (">=2,<5", vec![2, 4], vec![1, 5]),
            (">=2 <5 !=3", vec![2, 4], vec![3, 5]),
            ("<2 || >= 5, <7||9", vec![1, 5, 6, 9], vec![2, 4, 7, 8, 10]),
            ("*", vec![0, 9], vec![]),
            ("<2 || *", vec![0, 9], vec![]),
        ] {
            for version in inside {
                assert_eq!(contains(range, version), Some(true), "{version} in {range}");
            }
            for version in outside {
                assert_eq!(contains(range, version), Some(false), "{version} in {range}");
            }
        }
    }

    #[test]
    fn a_bound_without_rank_leaves_open_only_what_depends_on_it() {
        assert_eq!(contains("<x", 1), None);
        assert_eq!(contains("<2 || <x", 1), Some(true));
        assert_eq!(contains("<x, <2", 3), Some(false));
        assert_eq!(contains("<x, <2", 1), None);
    }

    #[test]
    fn bad_ranges_are_told() {
        for range in [
            "", " ", "<1 ||", "|| <1", "^1.2", "~1", "~=1", "<", ">=1,<", "<>1", "1 - 2", "* <3", "<*", ">==1", "<1|2",
        ] {
            assert!(Range::parse(range).is_err(), "{range}");
        }
    }
}

//! Versions as composer/semver reads and orders them.

use std::cmp::Ordering;

use osa_plugin_sdk::order;

/// Longer ones are branches at best.
const LONGEST: usize = 256;
/// What stands for `x` in a numeric branch.
const ANY: &str = "9999999";

/// Lowest first: branches, then numbers by [`Release`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Version<'a> {
    /// `dev-main`; not to be compared with numbers, so below all of them.
    Branch(&'a str),
    Release(Release<'a>),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Release<'a> {
    numbers: Vec<Number<'a>>,
    stability: Stability,
    /// Behind the stability: `beta2`.
    counter: Vec<Number<'a>>,
    /// Whether it does not end in `-dev`, on top of the stability.
    whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stability {
    Dev,
    Alpha,
    Beta,
    Candidate,
    Stable,
    Patch,
}

/// Digits, however many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number<'a>(&'a str);

/// Longer ones before what they begin with.
const STABILITIES: [(&str, Stability); 9] = [
    ("stable", Stability::Stable),
    ("beta", Stability::Beta),
    ("b", Stability::Beta),
    ("rc", Stability::Candidate),
    ("alpha", Stability::Alpha),
    ("a", Stability::Alpha),
    ("patch", Stability::Patch),
    ("pl", Stability::Patch),
    ("p", Stability::Patch),
];

// === impl Number ===

impl<'a> Number<'a> {
    fn new(digits: &'a str) -> Self {
        Self(digits.trim_start_matches('0'))
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

// === impl Version ===

impl<'a> Version<'a> {
    /// What `VersionParser::normalize` takes, each of its forms.
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let text = text.split_once(" as ").map_or(text, |(version, _)| version.trim_end());
        let text = match text.rsplit_once('@') {
            Some((version, flag)) if is_stability(flag) => version,
            _ => text,
        };
        if matches!(text, "master" | "trunk" | "default") {
            return Some(Self::Branch(text));
        }
        if let Some((prefix, branch)) = text.split_at_checked(4)
            && prefix.eq_ignore_ascii_case("dev-")
        {
            return Some(Self::Branch(branch));
        }
        if text.len() > LONGEST {
            return None;
        }
        let text = match text.split_once('+') {
            Some((version, build)) if !build.is_empty() && !build.contains(char::is_whitespace) => version,
            _ => text,
        };
        let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
        classical(bare)
            .or_else(|| dated(bare))
            .or_else(|| numeric_branch(bare))
            .map(Self::Release)
    }
}

/// `1.2.3.4-beta2-dev`
fn classical(text: &str) -> Option<Release<'_>> {
    let (first, mut rest) = digits(text)?;
    let mut numbers = vec![Number::new(first)];
    while let Some((number, behind)) = rest.strip_prefix('.').and_then(digits).filter(|_| numbers.len() < 4) {
        numbers.push(Number::new(number));
        rest = behind;
    }
    (first.len() <= 5).then(|| release(numbers, rest))?
}

/// `20240105`, `2024.01.05-12:30`
fn dated(text: &str) -> Option<Release<'_>> {
    let (first, mut rest) = digits(text)?;
    let mut numbers = vec![Number::new(first)];
    while let Some((number, behind)) = rest.strip_prefix(['.', ':', '-']).and_then(digits) {
        numbers.push(Number::new(number));
        rest = behind;
    }
    (first.len() >= 4 && numbers.len() <= 8).then(|| release(numbers, rest))?
}

/// `2.x-dev`, `2.1.*-dev`
fn numeric_branch(text: &str) -> Option<Release<'_>> {
    let end = text.len().checked_sub(3)?;
    let (branch, dev) = text.split_at_checked(end)?;
    let branch = branch.strip_suffix(['.', '-']).unwrap_or(branch);
    let mut numbers = Vec::new();
    for part in branch.split('.') {
        match digits(part) {
            Some((number, "")) => numbers.push(Number::new(number)),
            _ if matches!(part, "x" | "X" | "*") && !numbers.is_empty() => numbers.push(Number(ANY)),
            _ => return None,
        }
    }
    numbers.resize(numbers.len().max(4), Number(ANY));
    (dev.eq_ignore_ascii_case("dev") && numbers.len() == 4).then_some(Release {
        numbers,
        stability: Stability::Dev,
        counter: Vec::new(),
        whole: true,
    })
}

/// Numbers and what stands behind them: a stability, its counter, `-dev`.
fn release<'a>(mut numbers: Vec<Number<'a>>, text: &'a str) -> Option<Release<'a>> {
    numbers.resize(numbers.len().max(4), Number(""));
    let rest = text.strip_prefix(['.', '_', '-']).unwrap_or(text);
    let named = STABILITIES.iter().find_map(|(name, stability)| {
        let (start, behind) = rest.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some((*stability, behind))
    });
    let (mut stability, mut rest) = named.unwrap_or((Stability::Stable, rest));
    let mut counter = Vec::new();
    if named.is_some() {
        while let Some((number, behind)) = digits(rest.strip_prefix(['.', '-']).unwrap_or(rest)) {
            counter.push(Number::new(number));
            rest = behind;
        }
        rest = rest.strip_prefix(['.', '-']).unwrap_or(rest);
    }
    let mut whole = match rest {
        "" => true,
        dev if dev.eq_ignore_ascii_case("dev") => false,
        _ => return None,
    };
    if named.is_none() && !whole {
        stability = Stability::Dev;
    }
    if matches!(stability, Stability::Stable | Stability::Dev) {
        // Nothing behind the word `stable` counts, and `-dev` alone is a stability itself.
        counter.clear();
        whole = true;
    }
    Some(Release {
        numbers,
        stability,
        counter,
        whole,
    })
}

/// Leading digits, and the rest.
fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    (end > 0).then(|| text.split_at_checked(end))?
}

fn is_stability(flag: &str) -> bool {
    ["stable", "rc", "beta", "alpha", "dev"]
        .iter()
        .any(|known| flag.eq_ignore_ascii_case(known))
}

/// For each version its rank among those given.
pub(crate) fn ranks(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, Version::parse, Version::cmp)
}

/// The four numbers of a version that is no branch.
pub(crate) fn numbers(version: &str) -> Option<[Number<'_>; 4]> {
    match Version::parse(version)? {
        Version::Release(release) => release.numbers.try_into().ok(),
        Version::Branch(_) => None,
    }
}

/// Every `1.2.3` or `1.2.3.4` in a text, as the numbers of a version.
pub(crate) fn triples(text: &str) -> impl Iterator<Item = [Number<'_>; 4]> {
    let runs = text.split(|char: char| !char.is_ascii_digit() && char != '.');
    runs.filter_map(|run| {
        let parts: Vec<_> = run.trim_matches('.').split('.').collect();
        match parts.as_slice() {
            [one, two, three] => Some([*one, *two, *three, ""]),
            [one, two, three, four] => Some([*one, *two, *three, *four]),
            _ => None,
        }
        .filter(|numbers| numbers.iter().take(3).all(|number| !number.is_empty()))
        .map(|numbers| numbers.map(Number::new))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ranked(versions: &[&str]) -> Vec<Option<u32>> {
        ranks(&versions.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_order_is_composers() {
        let ordered = [
            "dev-feature/x",
            "dev-main",
            "0.9",
            "1.0.0-dev",
            "1.0.0-alpha",
            "1.0-alpha2",
            "1.0.0-alpha10",
            "1.0.0-beta-dev",
            "1.0.0-beta",
            "1.0.0.0-beta.2",
            "v1.0.0RC1",
            "1.0.0",
            "1.0.0-p1",
            "1.0.0-patch2",
            "1.0.1",
            "1.0.1.1",
            "1.10.0",
            "1.x-dev",
            "2.0.0.x-dev",
            "2.0.9999999.9999999-dev",
            "20240105",
        ];
        let ranks = ranked(&ordered);
        assert_eq!(ranks, (0..ordered.len() as u32).map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn what_composer_reads_alike_is_equal() {
        for (one, two) in [
            ("1", "v1.0.0.0"),
            ("1.2", "1.2.0"),
            ("1.0.0-beta1", "1.0.0b1"),
            ("1.0-rc.1", "1.0.0-RC1"),
            ("1.0.0-pl3", "1.0.0-patch3"),
            ("1.0.0+build.7", "1.0.0"),
            ("1.0.0@dev", "1.0.0"),
            ("1.0.0-stable", "1.0.0"),
            ("dev-main as 1.0.0", "dev-main"),
            ("DEV-main", "dev-main"),
            ("master", "dev-master"),
            ("1.x-dev", "1.9999999.9999999.9999999-dev"),
            ("1.2.*-dev", "1.2.x-dev"),
            ("2024.01.05", "2024.1.5"),
            ("99999999999999999999.1.2.3-dev", "99999999999999999999.1.2.3dev"),
        ] {
            let ranks = ranked(&[one, two]);
            assert!(ranks[0].is_some() && ranks[0] == ranks[1], "{one} {two}: {ranks:?}");
        }
    }

    #[test]
    fn other_texts_are_no_versions() {
        for text in [
            "",
            "latest",
            "1.0.0-foo",
            "1.0.0.0.0",
            "1..0",
            "feature-dev",
            "x-dev",
            "1.0.0 beta",
            "dev",
            "v",
        ] {
            assert_eq!(ranked(&[text]), [None], "{text}");
        }
        assert_eq!(ranked(&[&"1".repeat(100_000)]), [None]);
    }
}

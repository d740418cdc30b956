use std::cmp::Ordering;

use crate::semver::Version;

/// The version that `latest` points at instead of a refused one: the highest allowed that is not above it, stable
/// ones first; if there is none, the highest stable one of all, and if there is none either, the highest.
pub(super) fn latest<'a>(old: &str, allowed: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let old = Version::parse(old);
    let mut best: Option<((bool, bool), &str, Version<'_>)> = None;
    for text in allowed {
        let Some(version) = Version::parse(text) else {
            continue;
        };
        let below = old.is_none_or(|old| version.precedence(&old) != Ordering::Greater);
        let class = (below, version.is_stable());
        let better = best.as_ref().is_none_or(|(top, _, highest)| {
            class.cmp(top).then_with(|| version.precedence(highest)) == Ordering::Greater
        });
        if better {
            best = Some((class, text, version));
        }
    }
    best.map(|(_, text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::latest;

    #[test]
    fn the_highest_that_is_not_above_is_chosen_stable_ones_first() {
        let all = [
            "1.0.0",
            "1.2.0",
            "1.10.0",
            "2.0.0-rc.1",
            "2.1.0",
            "3.0.0-rc.1",
            "nonsense",
        ];
        let choose = |old, all: &[&'static str]| latest(old, all.iter().copied());
        assert_eq!(choose("2.0.0", &all), Some("1.10.0"));
        assert_eq!(choose("2.5.0", &all), Some("2.1.0"));
        assert_eq!(choose("1.10.1-beta", &all), Some("1.10.0"));
        assert_eq!(
            choose("2.0.0", &["2.0.0-rc.1", "2.0.0-rc.2", "2.1.0"]),
            Some("2.0.0-rc.2")
        );
    }

    #[test]
    fn where_all_are_above_the_highest_stable_one_is_chosen() {
        assert_eq!(
            latest("0.1.0", ["1.0.0", "2.0.0", "3.0.0-rc.1"].into_iter()),
            Some("2.0.0")
        );
        assert_eq!(latest("0.1.0", ["1.0.0-a", "1.0.0-b"].into_iter()), Some("1.0.0-b"));
        assert_eq!(latest("nonsense", ["1.0.0", "1.1.0-a"].into_iter()), Some("1.0.0"));
        assert_eq!(latest("1.0.0", ["nonsense"].into_iter()), None);
    }
}

use crate::version::{Place, is_stable};

/// The version that is named instead of a refused one: the highest left that is not above it, stable ones first; if there
/// is none, the highest stable one of all, and if there is none either, the highest.
pub(super) fn instead<'a>(old: &str, left: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let old = Place::of(old);
    left.filter_map(|text| {
        let place = Place::of(text)?;
        let below = old.as_ref().is_none_or(|old| place <= *old);
        Some(((below, is_stable(text), place), text))
    })
    .max_by(|(one, _), (two, _)| one.cmp(two))
    .map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::instead;

    #[test]
    fn the_highest_that_is_not_above_is_named_stable_ones_first() {
        let all = ["1.0", "1.2", "1.10", "2.0-rc-1", "2.1.Final", "3.0-M1"];
        let choose = |old, all: &[&'static str]| instead(old, all.iter().copied());
        assert_eq!(choose("2.0", &all), Some("1.10"));
        assert_eq!(choose("2.5", &all), Some("2.1.Final"));
        assert_eq!(choose("2.0", &["2.0-rc1", "2.0-rc2", "2.1"]), Some("2.0-rc2"));
    }

    #[test]
    fn where_all_are_above_the_highest_stable_one_is_named() {
        assert_eq!(instead("0.1", ["1.0", "2.0", "3.0-rc1"].into_iter()), Some("2.0"));
        assert_eq!(instead("0.1", ["1.0-a1", "1.0-b1"].into_iter()), Some("1.0-b1"));
        assert_eq!(instead("0.1", std::iter::empty()), None);
    }
}

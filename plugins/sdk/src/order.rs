//! `rank-versions`, from a plugin's own order.

use std::cmp::Ordering;

/// For each version its rank among those given: equal ones share theirs, and what `parse` takes for no version has none.
pub fn ranks<'v, V>(
    versions: &'v [String],
    parse: impl Fn(&'v str) -> Option<V>,
    compare: impl Fn(&V, &V) -> Ordering,
) -> Vec<Option<u32>> {
    let mut sorted: Vec<(V, usize)> = versions
        .iter()
        .enumerate()
        .filter_map(|(at, text)| Some((parse(text)?, at)))
        .collect();
    sorted.sort_by(|(one, _), (other, _)| compare(one, other));
    let mut ranks = vec![None; versions.len()];
    let mut rank = 0;
    let mut before: Option<&V> = None;
    for (version, at) in &sorted {
        if before.is_some_and(|before| compare(before, version).is_ne()) {
            rank += 1;
        }
        before = Some(version);
        if let Some(slot) = ranks.get_mut(*at) {
            *slot = Some(rank);
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_versions_share_a_rank_and_others_have_none() {
        let versions = ["10", "9", "none", "09", "", "11"].map(str::to_owned);
        let ranks = ranks(&versions, |text| text.parse::<u32>().ok(), u32::cmp);
        assert_eq!(ranks, [Some(1), Some(0), None, Some(0), None, Some(2)]);
    }
}

//! "Did you mean ...?"

/// The one of `known` that `given` is most likely a misspelling of.
pub(crate) fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let allowed = (given.chars().count() / 3).clamp(1, 4);
    let spelled = given.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&spelled, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn misspellings_are_recognised_and_strangers_are_not() {
        let known = ["registry", "repository", "scan-manifest", "url"];
        assert_eq!(nearest("registy", known), Some("registry"));
        assert_eq!(nearest("scan_manifest", known), Some("scan-manifest"));
        assert_eq!(nearest("scanManifest", known), Some("scan-manifest"));
        assert_eq!(nearest("uri", known), Some("url"));
        assert_eq!(nearest("colour", known), None);
    }
}

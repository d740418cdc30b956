//! A repository's part of osa-proxy.yml, for plugins with one upstream; others use [`crate::origins`].

use serde::Deserialize;

use crate::url::Location;

#[derive(Deserialize)]
struct Section {
    registry: String,
}

/// The place that `registry` names.
///
/// # Errors
/// For the operator: what is wrong with it, and what a right one looks like.
pub fn registry(section: &str, settings: &str) -> Result<Location, String> {
    let Section { registry } =
        serde_json::from_str(settings).map_err(|error| format!("{section} needs the setting `registry`: {error}"))?;
    let end = registry.find(['?', '#']).unwrap_or(registry.len());
    let place = registry.get(..end).and_then(|url| Location::parse(url.trim()));
    place.ok_or_else(|| format!("`registry: {registry}` is no http or https URL, e.g. https://registry.example"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Location, String> {
        registry("widget", &serde_json::json!({ "registry": url }).to_string())
    }

    #[test]
    fn a_registry_is_a_place_on_the_web() {
        let place = of("https://Registry.example:443/some/place?x=/y").unwrap();
        assert_eq!(
            (place.host.as_str(), place.path.as_str()),
            ("registry.example", "/some/place")
        );
        for url in [
            "registry.example",
            "https://",
            "ftp://registry.example",
            "http:///x",
            "https://?a",
        ] {
            let error = of(url).unwrap_err();
            assert!(error.contains("no http or https URL"), "{url}: {error}");
        }
        assert!(registry("widget", "{}").unwrap_err().contains("`registry`"));
    }
}

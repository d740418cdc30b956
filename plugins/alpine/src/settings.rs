//! The repository's part of osa-proxy.yml.

use osa_plugin_sdk::url::Location;
use serde::Deserialize;

use crate::path;

/// What package URLs get from the configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) namespace: String,
    pub(crate) distro: Option<String>,
    /// Of the registry's own URL.
    pub(crate) branch: Option<String>,
}

#[derive(Deserialize)]
struct Section {
    registry: String,
    distro: Option<String>,
    namespace: Option<String>,
}

// === impl Settings ===

impl Settings {
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let section: Section =
            serde_json::from_str(json).map_err(|error| format!("alpine needs the setting `registry`: {error}"))?;
        let registry = Location::parse(section.registry.trim());
        let folders = registry.iter().flat_map(|at| at.path.split('/'));
        Ok(Self {
            branch: path::branch(folders).map(str::to_owned),
            namespace: given("namespace", "wolfi", section.namespace)?.unwrap_or_else(|| "alpine".into()),
            distro: given("distro", "v3.20", section.distro)?,
        })
    }
}

/// None for an empty text, which an unset variable leaves.
fn given(key: &str, example: &str, value: Option<String>) -> Result<Option<String>, String> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    if value.bytes().all(allowed) {
        Ok(Some(value))
    } else {
        Err(format!(
            "{key}: `{value}` is no name in lower case; a valid one is `{example}`"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_registry_may_be_left_out() {
        let bare = Settings::parse(r#"{"registry": "https://registry.example/alpine", "distro": ""}"#).unwrap();
        assert_eq!(
            (bare.namespace.as_str(), bare.distro, bare.branch),
            ("alpine", None, None)
        );
        let all = r#"{"registry": "https://registry.example/v3.19/", "distro": "v3.20", "namespace": "wolfi"}"#;
        let all = Settings::parse(all).unwrap();
        assert_eq!(all.namespace, "wolfi");
        assert_eq!(
            (all.distro.as_deref(), all.branch.as_deref()),
            (Some("v3.20"), Some("v3.19"))
        );
        for (settings, expected) in [
            ("{}", "`registry`"),
            (
                r#"{"registry": "https://registry.example", "distro": "v3 20"}"#,
                "`v3.20`",
            ),
            (
                r#"{"registry": "https://registry.example", "namespace": "Wolfi"}"#,
                "`wolfi`",
            ),
        ] {
            let error = Settings::parse(settings).unwrap_err();
            assert!(error.contains(expected), "{settings}: {error}");
        }
    }
}

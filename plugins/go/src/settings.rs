//! The repository's part of osa-proxy.yml.

use serde::Deserialize;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Whether a checksum database is configured.
    pub(crate) sumdb: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Section {
    #[serde(rename = "registry")]
    _registry: String,
    sumdb_registry: Option<String>,
}

// === impl Settings ===

impl Settings {
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let section: Section =
            serde_json::from_str(json).map_err(|error| format!("go needs the setting `registry`: {error}"))?;
        Ok(Self {
            sumdb: section.sumdb_registry.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_needed_and_a_checksum_database_is_not() {
        assert!(Settings::parse("{}").unwrap_err().contains("`registry`"));
        let without = Settings::parse(r#"{"registry": "https://registry.example"}"#).unwrap();
        assert!(!without.sumdb);
        let with = r#"{"registry": "https://registry.example", "sumdb-registry": "https://sumdb.example"}"#;
        assert!(Settings::parse(with).unwrap().sumdb);
    }
}

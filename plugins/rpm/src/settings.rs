//! The repository's part of osa-proxy.yml.

use osa_plugin_sdk::url::Location;
use serde::Deserialize;

use crate::describe::{DISTRO, NAMESPACE};
use crate::vendor;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) registry: Location,
    namespace: Option<String>,
    distro: Option<String>,
    /// Whether lists of mirrors come from a server of their own.
    pub(crate) mirrorlist: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Section {
    registry: String,
    mirrorlist_registry: Option<String>,
    namespace: Option<String>,
    distro: Option<String>,
}

// === impl Settings ===

impl Settings {
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let section: Section = serde_json::from_str(json).map_err(|error| format!("the settings: {error}"))?;
        let registry = Location::parse(&section.registry)
            .filter(|at| !at.path.contains(['?', '#']))
            .ok_or_else(|| {
                format!(
                    "registry: `{}` is no http or https URL, such as `https://registry.example/9/AppStream/x86_64/os`",
                    section.registry
                )
            })?;
        Ok(Self {
            registry,
            namespace: word(NAMESPACE, section.namespace, "fedora")?.map(|name| name.to_lowercase()),
            distro: word(DISTRO, section.distro, "fedora-42")?,
            mirrorlist: section.mirrorlist_registry.is_some(),
        })
    }

    /// Namespace and distribution of a package that lies in these folders.
    pub(crate) fn origin_of(&self, folders: &[&str]) -> (Option<String>, Option<String>) {
        let found = vendor::find(&self.registry, folders);
        let vendor = found.as_ref().map(|(vendor, _)| vendor.namespace());
        let namespace = self.namespace.as_deref().or(vendor);
        // The release of one vendor says nothing about another one's packages.
        let release = found.as_ref().and_then(|(_, release)| release.clone());
        let release = release.filter(|_| namespace == vendor);
        (namespace.map(str::to_owned), self.distro.clone().or(release))
    }
}

/// A setting that becomes a part of package URLs.
fn word(key: &str, text: Option<String>, example: &str) -> Result<Option<String>, String> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim().to_owned();
    let allowed = |char: char| char.is_alphanumeric() || matches!(char, '-' | '.' | '_' | '+' | '~');
    if text.is_empty() {
        Ok(None)
    } else if text.chars().all(allowed) {
        Ok(Some(text))
    } else {
        Err(format!(
            "{key}: `{text}` holds more than letters, digits and `-._+~`; a valid one is `{example}`"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(settings: &str) -> (Option<String>, Option<String>) {
        let settings = format!(r#"{{"registry": "https://registry.example/pub/rocky", {settings} "name": "r"}}"#);
        Settings::parse(&settings).unwrap().origin_of(&["9.4", "BaseOS"])
    }

    #[test]
    fn a_setting_wins_over_what_is_found() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of(""), (some("rocky"), some("rocky-9.4")));
        assert_eq!(of(r#""namespace": "Acme","#), (some("acme"), None));
        assert_eq!(of(r#""namespace": "ROCKY","#), (some("rocky"), some("rocky-9.4")));
        assert_eq!(of(r#""distro": "acme-1","#), (some("rocky"), some("acme-1")));
        assert_eq!(
            of(r#""namespace": "", "distro": " ","#),
            (some("rocky"), some("rocky-9.4"))
        );
    }

    #[test]
    fn bad_settings_say_what_is_wrong() {
        for (settings, part) in [
            ("{}", "`registry`"),
            (r#"{"registry": "registry.example"}"#, "no http or https URL"),
            (r#"{"registry": "https://registry.example/?a"}"#, "no http or https URL"),
            (
                r#"{"registry": "https://a", "namespace": "a/b"}"#,
                "a valid one is `fedora`",
            ),
            (
                r#"{"registry": "https://a", "distro": "a b"}"#,
                "a valid one is `fedora-42`",
            ),
        ] {
            let error = Settings::parse(settings).unwrap_err();
            assert!(error.contains(part), "{settings}: {error}");
        }
    }
}

//! The repository's part of osa-proxy.yml.

use osa_plugin_sdk::origins::Origins;
use serde::Deserialize;

/// The configuration key that tells what becomes of `source` in metadata.
pub(crate) const SOURCE: &str = "source";

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) origins: Origins,
    /// Whether clients are told where versions can be had by git, which this proxy does not see.
    pub(crate) keeps_source: bool,
}

#[derive(Deserialize)]
struct Section {
    source: Option<String>,
}

// === impl Settings ===

impl Settings {
    pub(crate) fn parse(settings: &str) -> Result<Self, String> {
        let origins = Origins::open(settings)?;
        let section: Section = serde_json::from_str(settings).map_err(|error| format!("the settings: {error}"))?;
        let base = origins.registry().base_path();
        if let Some(before) = base.strip_suffix("/packages.json") {
            let before = if before.is_empty() { "no path at all" } else { before };
            return Err(format!(
                "registry: `{base}` is a document of the repository; configure what stands before it, which ends in \
                 {before}, such as `https://registry.example`"
            ));
        }
        let keeps_source = match section.source.as_deref() {
            None | Some("remove") => false,
            Some("keep") => true,
            Some(other) => {
                return Err(format!(
                    "{SOURCE}: `{other}` is neither `remove` nor `keep`; `remove` leaves archives as the only way to a \
                     version, such as `source: remove`"
                ));
            }
        };
        Ok(Self { origins, keeps_source })
    }
}

//! The repository's part of osa-proxy.yml.

use serde::Deserialize;

use crate::releases;

/// What package URLs get from the configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) namespace: String,
    /// A code name, without `-updates`, `-security` and the like.
    pub(crate) distro: Option<String>,
}

#[derive(Deserialize)]
struct Section {
    #[serde(rename = "registry")]
    _registry: String,
    distro: Option<String>,
    namespace: Option<String>,
}

// === impl Settings ===

impl Settings {
    /// Without `namespace` and `distro` the archive is taken for Debian's. A code name that nobody knows needs a `namespace`:
    /// a wrong one would have Judge asked about other packages.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let section: Section =
            serde_json::from_str(json).map_err(|error| format!("debian needs the setting `registry`: {error}"))?;
        let distro = given("distro", section.distro)?;
        let namespace = given("namespace", section.namespace)?;
        // `bookworm-security`, `buster/updates`
        let code_name = distro.as_deref().and_then(|distro| distro.split(['-', '/']).next());
        let vendor = code_name.and_then(releases::vendor);
        let distro = if vendor.is_some() {
            code_name.map(str::to_owned)
        } else {
            distro
        };
        let namespace = match (namespace, vendor, &distro) {
            (Some(namespace), _, _) => namespace,
            (None, Some(vendor), _) => vendor.to_owned(),
            (None, None, None) => releases::DEBIAN.to_owned(),
            (None, None, Some(distro)) => {
                return Err(format!(
                    "distro: `{distro}` is no code name of Debian or Ubuntu, such as `bookworm` or `noble`; if it is right, \
                     say whose it is, as in `namespace: astra`"
                ));
            }
        };
        Ok(Self { namespace, distro })
    }
}

/// None for an empty text, which an unset variable leaves.
fn given(key: &str, value: Option<String>) -> Result<Option<String>, String> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._/".contains(&byte);
    if value.bytes().all(allowed) {
        Ok(Some(value))
    } else {
        Err(format!(
            "{key}: `{value}` is no name in lower case; a valid one is `{}`",
            if key == "distro" { "bookworm" } else { "debian" }
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(more: &str) -> Result<(String, Option<String>), String> {
        let settings = Settings::parse(&format!(r#"{{"registry": "https://registry.example"{more}}}"#))?;
        Ok((settings.namespace, settings.distro))
    }

    #[test]
    fn the_code_name_tells_the_vendor() {
        for (more, namespace, distro) in [
            ("", "debian", None),
            (r#", "distro": """#, "debian", None),
            (r#", "distro": "bookworm""#, "debian", Some("bookworm")),
            (r#", "distro": "sid""#, "debian", Some("sid")),
            (r#", "distro": "bookworm-security""#, "debian", Some("bookworm")),
            (r#", "distro": "buster/updates""#, "debian", Some("buster")),
            (r#", "distro": "noble""#, "ubuntu", Some("noble")),
            (r#", "distro": "resolute-updates""#, "ubuntu", Some("resolute")),
            (
                r#", "distro": "bookworm", "namespace": "devuan""#,
                "devuan",
                Some("bookworm"),
            ),
            (
                r#", "distro": "1.7_x86-64", "namespace": "astra""#,
                "astra",
                Some("1.7_x86-64"),
            ),
            (r#", "namespace": "ubuntu""#, "ubuntu", None),
        ] {
            assert_eq!(
                parse(more),
                Ok((namespace.to_owned(), distro.map(str::to_owned))),
                "{more}"
            );
        }
    }

    #[test]
    fn what_cannot_be_right_is_told_with_an_example() {
        for (more, expected) in [
            (r#", "distro": "orel""#, "`namespace: astra`"),
            (r#", "distro": "stable""#, "no code name"),
            (r#", "distro": "Bookworm""#, "in lower case; a valid one is `bookworm`"),
            (r#", "distro": "a b""#, "in lower case"),
            (r#", "namespace": "Astra Linux""#, "a valid one is `debian`"),
        ] {
            let error = parse(more).unwrap_err();
            assert!(error.contains(expected), "{more}: {error}");
        }
        assert!(Settings::parse("{}").unwrap_err().contains("`registry`"));
    }
}

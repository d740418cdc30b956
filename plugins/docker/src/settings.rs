//! The repository's part of osa-proxy.yml.

use osa_plugin_sdk::{purl, url};
use serde::Deserialize;

use crate::describe::{AUTH, MIRROR_OF, REGISTRY};

/// The hub that knows names of one part. Its registry, index and token service are hosts below this one.
const HUB: &str = "docker.io";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Where the registry is.
    pub(crate) registry: url::Location,
    pub(crate) auth: Auth,
    library: bool,
    /// `repository_url` of package URLs, encoded; none for the hub, which they stand for without it.
    pub(crate) repository_url: Option<String>,
    /// Hosts that `?ns=` may name, in lower case.
    namespaces: Vec<String>,
}

/// `auth-token-url`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    /// Not set: tokens come from the registry's own host.
    Registry,
    /// Only a host.
    Host,
    /// With a path, which is the only one.
    Exact,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Section {
    registry: String,
    auth_token_url: Option<String>,
    library_prefix: Option<bool>,
    mirror_of: Option<String>,
}

// === impl Settings ===

impl Settings {
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let section: Section =
            serde_json::from_str(json).map_err(|error| format!("docker needs the setting `{REGISTRY}`: {error}"))?;
        let parsed = |key: &str, text: &str| {
            let bare = text.split(['?', '#']).next().unwrap_or_default();
            url::Location::parse(bare).ok_or_else(|| format!("`{key}` is no URL such as https://registry.example"))
        };
        let registry = parsed(REGISTRY, &section.registry)?;
        let auth = match &section.auth_token_url {
            None => Auth::Registry,
            Some(text) if parsed(AUTH, text)?.path == "/" => Auth::Host,
            Some(_) => Auth::Exact,
        };
        let is_hub = is_of_hub(&registry.host);
        let library = section.library_prefix.unwrap_or(is_hub);
        let mut namespaces = vec![registry.host.clone()];
        if library {
            namespaces.push(HUB.to_owned());
        }
        for host in section.mirror_of.iter().flat_map(|list| list.split(',')) {
            let host = host.trim().to_ascii_lowercase();
            if host.is_empty() || host.contains(['/', '@', ' ']) {
                return Err(format!(
                    "`{MIRROR_OF}` takes host names with commas between them, such as hub.example, other.example:5000"
                ));
            }
            namespaces.push(host);
        }
        let path = registry.path.trim_end_matches('/');
        Ok(Self {
            library,
            repository_url: (!is_hub).then(|| purl::encode(&format!("{}{path}", registry.host)).into_owned()),
            namespaces,
            registry,
            auth,
        })
    }

    /// What upstream calls a repository of images that a client calls this.
    pub(crate) fn full_name(&self, name: &str) -> String {
        if self.library && !name.contains('/') {
            format!("library/{name}")
        } else {
            name.to_owned()
        }
    }

    /// Whether images of that host are to be had from this registry.
    pub(crate) fn mirrors(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let is_hub = |host: &str| is_of_hub(host);
        self.namespaces
            .iter()
            .any(|own| *own == host || is_hub(own) && is_hub(&host))
    }

    /// A place on the registry's host as a path below its URL, without leading slash.
    pub(crate) fn below_registry<'p>(&self, to: &'p url::Location) -> Option<&'p str> {
        if to.host != self.registry.host {
            return None;
        }
        let base = self.registry.path.trim_end_matches('/');
        to.path.strip_prefix(base)?.strip_prefix('/')
    }
}

fn is_of_hub(host: &str) -> bool {
    host == HUB || host.strip_suffix(HUB).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(registry: &str, more: &str) -> Result<Settings, String> {
        Settings::parse(&format!("{{\"registry\": \"{registry}\"{more}}}"))
    }

    #[test]
    fn the_hub_is_known_by_its_host() {
        let hub = with("https://registry-1.docker.io", "").unwrap();
        assert_eq!(
            (hub.full_name("alpine"), hub.full_name("a/b")),
            ("library/alpine".into(), "a/b".into())
        );
        assert_eq!(hub.repository_url, None);
        for host in ["docker.io", "Docker.io", "registry-1.docker.io", "index.docker.io"] {
            assert!(hub.mirrors(host), "{host}");
        }
        assert!(!hub.mirrors("evildocker.io") && !hub.mirrors("docker.io.evil.example"));
        let other = with("https://Registry.example:5000/base", "").unwrap();
        assert_eq!(other.full_name("alpine"), "alpine");
        assert_eq!(other.repository_url.as_deref(), Some("registry.example:5000%2Fbase"));
        assert!(other.mirrors("registry.example:5000") && !other.mirrors("docker.io"));
        assert!(with("https://notdocker.io", "").unwrap().repository_url.is_some());
    }

    #[test]
    fn a_manager_may_stand_for_the_hub() {
        let more = format!(", \"library-prefix\": true, \"{MIRROR_OF}\": \"Other.example:5000\"");
        let nexus = with("https://nexus.example/repository/hub", &more).unwrap();
        assert_eq!(nexus.full_name("alpine"), "library/alpine");
        for host in ["docker.io", "index.docker.io", "other.example:5000", "nexus.example"] {
            assert!(nexus.mirrors(host), "{host}");
        }
        assert!(!nexus.mirrors("third.example"));
    }

    #[test]
    fn wrong_settings_are_told() {
        assert!(Settings::parse("{}").unwrap_err().contains("`registry`"));
        assert!(with("ftp://x", "").unwrap_err().contains("https://registry.example"));
        let wrong = with("https://r.example", ", \"mirror-of\": \"https://x\"").unwrap_err();
        assert!(wrong.contains("hub.example"), "{wrong}");
    }
}

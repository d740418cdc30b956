//! The configured upstreams, and the paths under which each is reached through the proxy:
//!
//! | upstream | path through the proxy |
//! |---|---|
//! | `registry` | as upstream; `simple/...` where the configured URL itself ends in `/simple` |
//! | `packages-registry` | `-/packages/...` |
//! | `additional-packages-registries` | `-/files/HOST/...` |

use std::collections::BTreeMap;

use osa_plugin_sdk::Target;
use serde::Deserialize;

use crate::url::{Location, decode_segment, host};

pub(crate) const REGISTRY: &str = "registry";
pub(crate) const PACKAGES: &str = "packages-registry";
pub(crate) const ADDITIONAL: &str = "additional-packages-registries";

/// The plugin's part of a repository in osa-proxy.yml; the host's keys are passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Settings {
    registry: String,
    packages_registry: Option<String>,
    #[serde(default)]
    additional_packages_registries: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Origin {
    /// As the host knows it.
    pub(crate) key: String,
    /// The configured URL, its path without a slash at the end.
    at: Location,
    /// The host in links, where it is not that of the URL.
    alias: Option<String>,
    /// What paths through the proxy begin with, with a slash at the end unless empty.
    pub(crate) route: String,
}

#[derive(Debug)]
pub(crate) struct Origins {
    /// The registry first.
    all: Vec<Origin>,
    /// Whether the registry's URL is that of the simple index itself.
    pub(crate) ends_in_simple: bool,
}

// === impl Origins ===

impl Origins {
    pub(crate) fn open(settings: &str) -> Result<Self, String> {
        let settings: Settings = serde_json::from_str(settings).map_err(|error| format!("the settings: {error}"))?;
        let mut registry = Origin::new(REGISTRY.into(), REGISTRY, &settings.registry, String::new())?;
        let ends_in_simple = registry.at.path.ends_with("/simple");
        if ends_in_simple {
            registry.route = "simple/".into();
        }
        let mut all = vec![registry];
        if let Some(url) = &settings.packages_registry {
            all.push(Origin::new(PACKAGES.into(), PACKAGES, url, "-/packages/".into())?);
        }
        for (name, url) in &settings.additional_packages_registries {
            let key = format!("{ADDITIONAL}/{name}");
            let alias = host(name).filter(|_| !name.contains('/'));
            let Some(alias) = alias else {
                return Err(format!(
                    "{ADDITIONAL}: `{name}` is no host name, such as `files.example`"
                ));
            };
            let route = format!("-/files/{name}/");
            let mut origin = Origin::new(key, ADDITIONAL, url, route)?;
            origin.alias = (alias != origin.at.host).then_some(alias);
            all.push(origin);
        }
        Ok(Self { all, ends_in_simple })
    }

    /// The upstream of a path through the proxy, and the path relative to that upstream's URL.
    pub(crate) fn of_path<'p>(&self, path: &'p str) -> Option<(&Origin, &'p str)> {
        let registry = self.all.first()?;
        if let Some(rest) = path.strip_prefix("-/packages/") {
            if let Some(origin) = self.all.iter().find(|origin| origin.key == PACKAGES) {
                return Some((origin, rest));
            }
        } else if let Some(rest) = path.strip_prefix("-/files/") {
            let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
            let route = format!("-/files/{}/", decode_segment(name)?);
            return self
                .all
                .iter()
                .find(|origin| origin.route.eq_ignore_ascii_case(&route))
                .map(|origin| (origin, rest));
        }
        if self.ends_in_simple {
            let rest = if path == "simple" {
                ""
            } else {
                path.strip_prefix("simple/").unwrap_or(path)
            };
            return Some((registry, rest));
        }
        Some((registry, path))
    }

    /// The upstream that a place belongs to, and where in its path the part relative to the
    /// upstream's URL begins. The longest URL wins, then the order of the table above.
    pub(crate) fn of_location(&self, to: &Location) -> Option<(&Origin, usize)> {
        let by_url = self
            .all
            .iter()
            .rev()
            .filter_map(|origin| Some((origin, origin.covers(to)?)));
        let found = by_url.max_by_key(|(_, from)| *from);
        found.or_else(|| {
            let alias = self
                .all
                .iter()
                .find(|origin| origin.alias.as_deref() == Some(to.host.as_str()));
            alias.map(|origin| (origin, 1))
        })
    }
}

// === impl Origin ===

impl Origin {
    fn new(key: String, option: &str, url: &str, route: String) -> Result<Self, String> {
        let at = Location::parse(url.trim()).filter(|at| !at.path.contains(['?', '#']));
        let Some(mut at) = at else {
            return Err(format!(
                "{option}: `{url}` is no http or https URL, such as `https://files.example/base`"
            ));
        };
        at.path.truncate(at.path.trim_end_matches('/').len());
        Ok(Self {
            key,
            at,
            alias: None,
            route,
        })
    }

    pub(crate) fn target(&self, path: String) -> Target {
        Target {
            origin: self.key.clone(),
            path,
        }
    }

    /// Where a path relative to this upstream lies.
    pub(crate) fn location(&self, path: &str) -> Location {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        Location {
            host: self.at.host.clone(),
            path: format!("{}/{path}", self.at.path),
        }
    }

    fn covers(&self, to: &Location) -> Option<usize> {
        let rest = to.path.strip_prefix(self.at.path.as_str())?;
        (self.at.host == to.host && rest.starts_with('/')).then_some(self.at.path.len() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> Origins {
        Origins::open(
            r#"{"name": "p", "registry": "https://index.example/repo/", "packages-registry": "https://index.example/repo/packages",
                "additional-packages-registries": {"Files.example": "https://files.example", "cdn.example": "https://mirror.example/cdn/"}}"#,
        )
        .unwrap()
    }

    #[track_caller]
    fn belongs(url: &str, key: &str, rest: &str) {
        let origins = origins();
        let to = Location::parse(url).unwrap();
        let (origin, from) = origins.of_location(&to).unwrap();
        assert_eq!((origin.key.as_str(), &to.path[from..]), (key, rest), "{url}");
        let (back, path) = origins
            .of_path(&format!("{}{rest}", origin.route))
            .map(|(o, p)| (o.key.clone(), p.to_owned()))
            .unwrap();
        assert_eq!((back.as_str(), path.as_str()), (key, rest), "{url}");
    }

    #[test]
    fn places_map_to_upstreams_and_back() {
        belongs("https://index.example/repo/simple/widget/", REGISTRY, "simple/widget/");
        belongs("http://INDEX.example:80/repo/packages/w.whl", PACKAGES, "w.whl");
        belongs(
            "https://files.example/a/w.whl",
            "additional-packages-registries/Files.example",
            "a/w.whl",
        );
        belongs(
            "https://cdn.example/a/w.whl",
            "additional-packages-registries/cdn.example",
            "a/w.whl",
        );
        belongs(
            "https://mirror.example/cdn/w.whl",
            "additional-packages-registries/cdn.example",
            "w.whl",
        );
    }

    #[test]
    fn other_places_belong_to_nobody() {
        for url in [
            "https://index.example/other/w",
            "https://index.example/repository/w",
            "https://index.example:8443/repo/w",
            "https://mirror.example/w",
        ] {
            assert!(origins().of_location(&Location::parse(url).unwrap()).is_none(), "{url}");
        }
        assert!(origins().of_path("-/files/evil.example/w.whl").is_none());
    }

    #[test]
    fn a_registry_url_may_be_that_of_the_simple_index() {
        let origins = Origins::open(r#"{"registry": "https://index.example/simple/"}"#).unwrap();
        for path in ["simple/widget/", "widget/"] {
            assert_eq!(origins.of_path(path).unwrap().1, "widget/");
        }
        let (origin, from) = origins
            .of_location(&Location::parse("https://index.example/simple/w/w.whl").unwrap())
            .unwrap();
        assert_eq!((origin.route.as_str(), from), ("simple/", 8));
    }

    #[test]
    fn bad_settings_say_what_is_wrong() {
        for (settings, part) in [
            ("{}", "registry"),
            (r#"{"registry": "index.example"}"#, "no http or https URL"),
            (
                r#"{"registry": "https://a", "additional-packages-registries": {"a/b": "https://c"}}"#,
                "no host name",
            ),
            (
                r#"{"registry": "https://a", "packages-registry": "ftp://c"}"#,
                "packages-registry",
            ),
        ] {
            let error = Origins::open(settings).unwrap_err();
            assert!(error.contains(part), "{settings}: {error}");
        }
    }
}

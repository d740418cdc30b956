//! The configured upstreams, and the paths under which each is reached through the proxy:
//!
//! | upstream | path through the proxy |
//! |---|---|
//! | `registry` | as upstream, or below what [`Origins::below`] says |
//! | `packages-registry` | `-/packages/...` |
//! | `additional-packages-registries` | `-/files/HOST/...` |

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Target;
use crate::url::{Location, decode_segment, host};

pub const REGISTRY: &str = "registry";
pub const PACKAGES: &str = "packages-registry";
/// A map of hosts, as links name them, to the URLs to fetch from.
pub const ADDITIONAL: &str = "additional-packages-registries";

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
pub struct Origin {
    /// As the host knows it.
    pub key: String,
    /// The configured URL, its path without a slash at the end.
    at: Location,
    /// The host in links, where it is not that of the URL.
    alias: Option<String>,
    /// What paths through the proxy begin with, with a slash at the end unless empty.
    pub route: String,
}

#[derive(Debug)]
pub struct Origins {
    registry: Origin,
    /// In the order of the table above.
    others: Vec<Origin>,
}

// === impl Origins ===

impl Origins {
    /// From the repository's settings, as `open` gets them.
    ///
    /// # Errors
    /// For the operator: which setting is wrong and what a right one looks like.
    pub fn open(settings: &str) -> Result<Self, String> {
        let settings: Settings = serde_json::from_str(settings).map_err(|error| format!("the settings: {error}"))?;
        let registry = Origin::new(REGISTRY.into(), REGISTRY, &settings.registry, String::new())?;
        let mut others = Vec::new();
        if let Some(url) = &settings.packages_registry {
            others.push(Origin::new(PACKAGES.into(), PACKAGES, url, "-/packages/".into())?);
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
            others.push(origin);
        }
        Ok(Self { registry, others })
    }

    /// Has paths of the registry begin with `route`, which ends with a slash. Those without it are still known.
    #[must_use]
    pub fn below(mut self, route: &str) -> Self {
        route.clone_into(&mut self.registry.route);
        self
    }

    pub fn registry(&self) -> &Origin {
        &self.registry
    }

    /// The registry first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Origin> {
        std::iter::once(&self.registry).chain(&self.others)
    }

    /// The upstream of a path through the proxy, and the path relative to that upstream's URL; none when its host is not
    /// configured.
    pub fn of_path<'p>(&self, path: &'p str) -> Option<(&Origin, &'p str)> {
        if let Some(rest) = path.strip_prefix("-/packages/") {
            if let Some(origin) = self.others.iter().find(|origin| origin.key == PACKAGES) {
                return Some((origin, rest));
            }
        } else if let Some(rest) = path.strip_prefix("-/files/") {
            let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
            let route = format!("-/files/{}/", decode_segment(name)?);
            let named = |origin: &&Origin| origin.route.eq_ignore_ascii_case(&route);
            return self.others.iter().find(named).map(|origin| (origin, rest));
        }
        let route = self.registry.route.as_str();
        let path = if path == route.trim_end_matches('/') {
            ""
        } else {
            path.strip_prefix(route).unwrap_or(path)
        };
        Some((&self.registry, path))
    }

    /// What links into the upstreams begin with as they are usually written, up to the part that is relative to the
    /// upstream's URL; longest first. A link that begins with one of these, and whose rest has no dot segments, belongs to
    /// that upstream by [`Self::of_location`], too.
    pub fn prefixes(&self) -> Vec<(String, &Origin)> {
        let urls = self
            .all()
            .map(|origin| (format!("{}{}/", origin.at.host, origin.at.path), origin));
        let aliases = self
            .all()
            .filter_map(|origin| Some((format!("{}/", origin.alias.as_ref()?), origin)));
        let mut prefixes: Vec<_> = urls
            .chain(aliases)
            .flat_map(|(rest, origin)| ["https", "http"].map(|scheme| (format!("{scheme}://{rest}"), origin)))
            .collect();
        // Stable: among equal ones the first counts, as it does for places.
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        prefixes
    }

    /// The upstream that a place belongs to, and where in its path the part relative to the
    /// upstream's URL begins. The longest URL wins, then the order of the table above.
    pub fn of_location(&self, to: &Location) -> Option<(&Origin, usize)> {
        let by_url = self.all().rev().filter_map(|origin| Some((origin, origin.covers(to)?)));
        let found = by_url.max_by_key(|(_, from)| *from);
        found.or_else(|| {
            let alias = self
                .all()
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

    /// The path of the configured URL, without a slash at the end.
    pub fn base_path(&self) -> &str {
        &self.at.path
    }

    pub fn target(&self, path: String) -> Target {
        Target {
            origin: self.key.clone(),
            path,
        }
    }

    /// Where a path relative to this upstream lies.
    pub fn location(&self, path: &str) -> Location {
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
    fn the_usual_beginnings_say_the_same() {
        let origins = origins();
        for (prefix, origin) in origins.prefixes() {
            let to = Location::parse(&format!("{prefix}a/w.whl")).unwrap();
            let (found, from) = origins.of_location(&to).unwrap();
            assert_eq!(
                (found.key.as_str(), &to.path[from..]),
                (origin.key.as_str(), "a/w.whl"),
                "{prefix}"
            );
        }
        assert_eq!(origins.prefixes().len(), 2 * 5);
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
    fn a_registry_may_stand_below_a_path_of_its_own() {
        let origins = Origins::open(r#"{"registry": "https://index.example/simple/"}"#)
            .unwrap()
            .below("simple/");
        assert_eq!(origins.of_path("simple").unwrap().1, "");
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

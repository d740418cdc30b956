//! Which repository a request is for: that of its first path segment, else that of its host.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use http::StatusCode;
use http::request::Parts;
use url::Url;

use super::link_base;
use super::path::RequestPath;
use super::repository::{self, Repository};
use crate::config::Config;
use crate::failure::{Blame, Failure};
use crate::plugin::PluginSet;

/// All repositories, opened with their plugins. Names are unique, whichever way they are chosen by.
pub struct Repositories {
    by_path: BTreeMap<String, Repository>,
    by_host: BTreeMap<String, Repository>,
}

/// A repository and how it was reached.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'r, 'p> {
    pub(super) repository: &'r Repository,
    /// What is left of the path for it.
    pub(super) rest: &'p str,
    by: By<'p>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By<'p> {
    Path(&'p str),
    /// The first label of the host is its name.
    Host,
    /// It is the only one that is chosen by host, so it has the main host.
    BeingAlone,
}

impl Repositories {
    /// Opens those of a configuration; all that is wrong is told at once, a line for each repository.
    pub fn open(config: &Config, plugins: &PluginSet) -> Result<Self, Vec<String>> {
        let (mut by_path, mut by_host) = (BTreeMap::new(), BTreeMap::new());
        let mut errors = Vec::new();
        for one in &config.repositories {
            match repository::open(&config.codescoring, one, plugins) {
                Ok(repository) if repository.plugin.plugin().description().by_host => {
                    by_host.insert(one.name.clone(), repository);
                }
                Ok(repository) => {
                    by_path.insert(one.name.clone(), repository);
                }
                Err(why) => {
                    let (file, section, name) = (config.file.display(), &one.section, &one.name);
                    errors.push(format!("{file}: {section}: repository `{name}`: {why}"));
                }
            }
        }
        if errors.is_empty() {
            Ok(Self { by_path, by_host })
        } else {
            Err(errors)
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Repository> {
        self.by_path.values().chain(self.by_host.values())
    }

    pub(super) fn choose<'r, 'p>(&'r self, path: &'p RequestPath, parts: &Parts) -> Option<Chosen<'r, 'p>> {
        let (name, rest) = path.split_repository();
        if let Some(repository) = self.by_path.get(name) {
            let by = By::Path(name);
            return Some(Chosen { repository, rest, by });
        }
        let rest = path.path().strip_prefix('/').unwrap_or_default();
        let label = link_base::host(&parts.headers, &parts.uri).ok().and_then(first_label);
        if let Some(repository) = label.and_then(|label| self.by_host.get(&label)) {
            let by = By::Host;
            return Some(Chosen { repository, rest, by });
        }
        let mut all = self.by_host.values();
        let (Some(repository), None) = (all.next(), all.next()) else {
            return None;
        };
        let by = By::BeingAlone;
        Some(Chosen { repository, rest, by })
    }

    /// For a path that is nobody's.
    pub(super) fn unknown(&self, path: &RequestPath) -> Failure {
        let (name, _) = path.split_repository();
        let mut message = format!("no repository is named {name:?} here; see osa-proxy.yml for those that are");
        if self.by_host.len() > 1 {
            message.push_str(". Some are chosen by the first label of the host name, as in NAME.proxy.example");
        }
        Failure::new(Blame::Client, StatusCode::NOT_FOUND, message)
    }
}

impl Chosen<'_, '_> {
    /// Whether what its plugin does not know may be a misspelt name of another repository.
    pub(super) fn is_by_host(self) -> bool {
        !matches!(self.by, By::Path(_))
    }

    /// What links into the repository begin with. `configured` is `codescoring.osa-proxy-url`.
    pub(super) fn link_base(self, configured: Option<&Url>, parts: &Parts) -> Result<String, Failure> {
        let (headers, uri) = (&parts.headers, &parts.uri);
        match self.by {
            By::Path(name) => Ok(format!("{}/{name}", link_base::of(configured, headers, uri)?)),
            By::Host => link_base::of_own_host(configured, headers, uri),
            By::BeingAlone => link_base::of(configured, headers, uri),
        }
    }
}

/// In lower case; none of an IP address.
fn first_label(host: &str) -> Option<String> {
    if host.starts_with('[') {
        return None;
    }
    let name = host.split(':').next().unwrap_or_default();
    if name.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    let label = name.split('.').next().unwrap_or_default();
    (!label.is_empty()).then(|| label.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::first_label;

    #[test]
    fn the_first_label_of_a_host_is_a_name() {
        for (host, label) in [
            ("gadgets.proxy.example", Some("gadgets")),
            ("Gadgets.Proxy.Example:8443", Some("gadgets")),
            ("gadgets.proxy.example.", Some("gadgets")),
            ("gadgets", Some("gadgets")),
            ("gadgets:80", Some("gadgets")),
            ("127.0.0.1:8080", None),
            ("10.0.0.1", None),
            ("[::1]:8080", None),
            ("[fe80::1]", None),
            (".proxy.example", None),
            ("", None),
            (":80", None),
        ] {
            assert_eq!(first_label(host).as_deref(), label, "{host}");
        }
    }
}

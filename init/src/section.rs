//! What is learnt of one package manager: its section of the configuration.

use url::Url;

use crate::{has_credentials, quoted, shown};

#[derive(Debug)]
pub(crate) struct Section {
    /// Where the registries were learnt from.
    source: String,
    repositories: Vec<Repository>,
    /// For people, beside where the registries are.
    notes: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Repository {
    /// That of the section, if there is none.
    name: Option<String>,
    registry: Url,
    /// Further keys, a line each.
    keys: Vec<String>,
    /// Keys that have documents or files judged.
    scans: &'static [&'static str],
}

// === impl Section ===

impl Section {
    pub(crate) fn new(source: impl Into<String>, repositories: impl Into<Vec<Repository>>) -> Self {
        Self {
            source: source.into(),
            repositories: repositories.into(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn noting(mut self, notes: Vec<String>) -> Self {
        self.notes.extend(notes);
        self
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        let registry = |one: &Repository| format!("{} (from {})", shown(&one.registry), self.source);
        let registries = self.repositories.iter().map(registry);
        registries.chain(self.notes.iter().cloned()).collect()
    }

    /// Whether the URL of a registry carries a user or a password.
    pub(crate) fn is_secret(&self) -> bool {
        self.repositories.iter().any(|one| has_credentials(&one.registry))
    }

    /// Without a line break at the end.
    pub(crate) fn yaml(&self, name: &str) -> String {
        let mut yaml = format!("# {}\n{name}:\n  enabled: true\n  repository:", self.source);
        for repository in &self.repositories {
            yaml.push_str("\n    - ");
            yaml.push_str(&repository.lines(name).join("\n      "));
        }
        yaml
    }
}

// === impl Repository ===

impl Repository {
    pub(crate) fn new(registry: Url) -> Self {
        Self {
            name: None,
            registry,
            keys: Vec::new(),
            scans: &["scan-manifest", "scan-package"],
        }
    }

    pub(crate) fn named(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// Of an ecosystem in which documents are relayed as they are.
    pub(crate) fn of_files_alone(self) -> Self {
        self.scanning(&["scan-package"])
    }

    /// Of an ecosystem in which other keys than usual say what is judged.
    pub(crate) fn scanning(mut self, keys: &'static [&'static str]) -> Self {
        self.scans = keys;
        self
    }

    pub(crate) fn switch_on(&mut self, key: &str) {
        self.keys.push(format!("{key}: true"));
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.keys.push(format!("{key}: {}", quoted(value)));
    }

    pub(crate) fn comment(&mut self, text: &str) {
        self.keys.push(format!("# {text}"));
    }

    /// `additional-packages-registries`, where there are any.
    pub(crate) fn additional(&mut self, hosts: &[String]) {
        if !hosts.is_empty() {
            self.keys.push("additional-packages-registries:".into());
            let line = |url: &String| format!("  {}: {}", quoted(host(url)), quoted(url));
            self.keys.extend(hosts.iter().map(line));
        }
    }

    fn lines(&self, section: &str) -> Vec<String> {
        let registry = quoted(self.registry.as_str().trim_end_matches('/'));
        let mut lines = vec![
            format!("name: {}", self.name.as_deref().unwrap_or(section)),
            format!("registry: {registry}"),
        ];
        lines.extend(self.keys.iter().cloned());
        lines.extend(self.scans.iter().map(|key| format!("{key}: true")));
        lines
    }
}

/// The URLs of the hosts that links lead to, each host once, without those that are `known`.
pub(crate) fn hosts(links: impl IntoIterator<Item = Url>, known: impl Fn(&Url) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for link in links {
        let url = link.origin().ascii_serialization();
        let web = matches!(link.scheme(), "http" | "https");
        if web && !known(&link) && !found.iter().any(|other| host(other) == host(&url)) {
            found.push(url);
        }
    }
    found
}

/// Whether a link leads into what has this base URL.
pub(crate) fn is_below(link: &Url, base: &Url) -> bool {
    let behind = link.path().strip_prefix(base.path().trim_end_matches('/'));
    link.origin() == base.origin() && behind.is_some_and(|behind| behind.starts_with('/'))
}

/// With its port, where that is not the usual one.
fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

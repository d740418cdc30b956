//! A Go module proxy: lists, `.info`, `.mod` and `.zip` of modules that build, and a checksum database's plain files.

use serde_json::json;

use crate::archive::zip;
use crate::upstream::{Resource, Upstream};

/// A module, as go.mod writes its path, with versions in the order of the list.
#[derive(Clone, Debug)]
pub struct Module {
    path: String,
    versions: Vec<Version>,
    /// What `@latest` names; else the last version.
    latest: Option<String>,
}

#[derive(Clone, Debug)]
struct Version {
    number: String,
    requires: Vec<(String, String)>,
    /// Whether `@v/list` names it; a pseudo-version is not listed.
    listed: bool,
}

impl Module {
    pub fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            versions: Vec::new(),
            latest: None,
        }
    }

    #[must_use]
    pub fn versions<'a>(mut self, versions: impl IntoIterator<Item = &'a str>) -> Self {
        for version in versions {
            self = self.requiring(version, &[]);
        }
        self
    }

    /// A version that requires others: `(module, version)`.
    #[must_use]
    pub fn requiring(mut self, version: &str, requires: &[(&str, &str)]) -> Self {
        self.versions.push(Version {
            number: version.to_owned(),
            requires: requires
                .iter()
                .map(|(path, version)| ((*path).to_owned(), (*version).to_owned()))
                .collect(),
            listed: true,
        });
        self
    }

    /// A version that the list does not name but `@latest` does, as of a repository without tags.
    #[must_use]
    pub fn untagged(mut self, version: &str) -> Self {
        self = self.requiring(version, &[]);
        if let Some(last) = self.versions.last_mut() {
            last.listed = false;
        }
        self.latest = Some(version.to_owned());
        self
    }

    /// The path in URLs: upper-case letters are `!` and the lower-case one.
    pub fn escaped(&self) -> String {
        escape(&self.path)
    }

    fn mod_file(&self, version: &Version) -> String {
        let requires = version.requires.iter();
        let requires: String = requires
            .map(|(path, version)| format!("\nrequire {path} {version}\n"))
            .collect();
        format!("module {}\n\ngo 1.18\n{requires}", self.path)
    }

    /// The module's only package says its version, and uses what it requires.
    fn archive(&self, version: &Version) -> Vec<u8> {
        let name = self.path.rsplit('/').next().unwrap().to_lowercase();
        let root = format!("{}@{}", self.path, version.number);
        let imports: String = version
            .requires
            .iter()
            .map(|(path, _)| format!("import _ \"{path}\"\n"))
            .collect();
        let source = format!("package {name}\n{imports}const Version = \"{}\"\n", version.number);
        zip(&[
            (&format!("{root}/go.mod"), &self.mod_file(version)),
            (&format!("{root}/{name}.go"), &source),
        ])
    }
}

pub fn escape(path: &str) -> String {
    path.chars().fold(String::new(), |mut escaped, char| {
        if char.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(char.to_ascii_lowercase());
        escaped
    })
}

pub struct Goproxy {
    pub server: Upstream,
}

impl Goproxy {
    pub async fn with(modules: &[Module]) -> Self {
        Self::below("", modules).await
    }

    /// All of it below a path, as repository managers have it.
    pub async fn below(prefix: &str, modules: &[Module]) -> Self {
        let server = Upstream::start().await;
        for module in modules {
            let base = format!("{prefix}/{}", module.escaped());
            let list: String = module
                .versions
                .iter()
                .filter(|version| version.listed)
                .map(|version| format!("{}\n", version.number))
                .collect();
            let etag = format!("\"{}\"", list.len());
            let list = Resource::new("text/plain; charset=UTF-8", list).etag(&etag).packed();
            server.put(format!("{base}/@v/list"), list);
            for version in &module.versions {
                let info = json!({ "Version": version.number, "Time": "2024-01-01T00:00:00Z" }).to_string();
                let file = format!("{base}/@v/{}", escape(&version.number));
                server.put(format!("{file}.info"), Resource::new("application/json", info));
                let mod_file = module.mod_file(version);
                server.put(
                    format!("{file}.mod"),
                    Resource::new("text/plain; charset=UTF-8", mod_file),
                );
                server.put(
                    format!("{file}.zip"),
                    Resource::new("application/zip", module.archive(version)),
                );
            }
            let newest = module.versions.last().map(|version| version.number.clone());
            if let Some(latest) = module.latest.clone().or(newest) {
                let info = json!({ "Version": latest, "Time": "2024-01-01T00:00:00Z" }).to_string();
                server.put(format!("{base}/@latest"), Resource::new("application/json", info));
            }
        }
        Self { server }
    }
}

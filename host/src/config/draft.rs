//! Reading in two steps: what plugins are loaded by must be known before their sections can be checked.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::model::{Admin, Cache, Codescoring, Config, Http, Logging, Plugins};
use super::{ConfigErrors, admin, cache, codescoring, http, logging, plugins, renamed, sections};
use crate::plugin::Description;
use crate::yaml::{Env, Node, Problem, Problems, Reader, load};

/// Sections of the host, each with an example of what stands in it; every other section is an ecosystem's.
pub(super) const HOST_SECTIONS: [(&str, &str); 7] = [
    ("codescoring", "\n  url: https://codescoring.example.com"),
    ("policy", "\n  file: policy.yml"),
    ("http", "\n  server:\n    address: 0.0.0.0:8080"),
    ("cache", "\n  judge:\n    enabled: true"),
    ("logging", "\n  level: info"),
    ("admin", "\n  address: 127.0.0.1:9090"),
    ("plugins", "\n  directory: /usr/lib/osa-proxy/plugins"),
];

/// osa-proxy.yml, of which all is known but what depends on plugins.
#[derive(Debug)]
pub struct Draft {
    file: PathBuf,
    tree: Node,
    codescoring: Codescoring,
    policy_file: PathBuf,
    http: Http,
    cache: Cache,
    logging: Logging,
    admin: Admin,
    plugins: Plugins,
    /// Kept until the ecosystem sections are checked, so that the operator sees all errors at once.
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

impl Draft {
    /// Reads `path`. Fails at once where the file cannot be read or is not YAML, or where its `plugins` section is
    /// wrong; every other error is told by [`resolve`](Draft::resolve).
    pub fn read(path: &Path, env: &Env<'_>) -> Result<Self, ConfigErrors> {
        let bytes = std::fs::read(path).map_err(|error| Problem::file(path, format!("cannot be read: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            Problem::file(
                path,
                format!("is not UTF-8 text, from byte {} on", error.utf8_error().valid_up_to()),
            )
        })?;
        let tree = load(path, &text, Some(env))?;
        let folder = path.parent().unwrap_or(Path::new(""));

        let plugin_reader = Reader::new(path);
        let plugins = {
            let mut root = plugin_reader.root(&tree);
            plugins::read(root.section("plugins", "\n  directory: plugins"), folder)
        };
        if let Some(problems) = Problems::collect(plugin_reader.into_findings().0) {
            return Err(problems);
        }

        let reader = Reader::new(path);
        let mut root = reader.root(&tree);
        renamed::report(&mut root);
        let mut section = |wanted: &str| {
            let known = HOST_SECTIONS.iter().find(|(name, _)| *name == wanted);
            root.section(wanted, known.map_or("", |(_, example)| example))
        };
        let codescoring = codescoring::read(section("codescoring"));
        let http = http::read(section("http"));
        let cache = cache::read(section("cache"));
        let logging = logging::read(section("logging"));
        let admin = admin::read(section("admin"));
        let mut policy = section("policy");
        let policy_file = policy.optional("file", "policy.yml").and_then(|path| path.text());
        policy.finish();
        let (problems, warnings) = reader.into_findings();
        Ok(Self {
            file: path.to_owned(),
            tree,
            codescoring,
            policy_file: folder.join(policy_file.as_deref().unwrap_or("policy.yml")),
            http,
            cache,
            logging,
            admin,
            plugins,
            problems,
            warnings,
        })
    }

    /// What plugins are loaded by.
    pub fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    /// How to log while plugins are loaded.
    pub fn logging(&self) -> &Logging {
        &self.logging
    }

    /// `http.server.address`, for who only wants to call a proxy that runs. Fails where the host's sections are wrong.
    pub fn listens_on(self) -> Result<SocketAddr, ConfigErrors> {
        match Problems::collect(self.problems) {
            Some(problems) => Err(problems),
            None => Ok(self.http.server.address),
        }
    }

    /// Checks the ecosystem sections against the plugins that were loaded. Gives the configuration and warnings
    /// for the log, or every error of the file.
    pub fn resolve(self, loaded: &[Description]) -> Result<(Config, Vec<String>), ConfigErrors> {
        let reader = Reader::new(&self.file);
        let repositories = sections::read(&reader, &self.tree, loaded, &self.plugins.directory);
        let (found, more_warnings) = reader.into_findings();
        let mut problems = self.problems;
        problems.extend(found);
        if let Some(problems) = Problems::collect(problems) {
            return Err(problems);
        }
        let mut warnings = self.warnings;
        warnings.extend(more_warnings);
        if repositories.is_empty() {
            warnings.push(format!(
                "{}: no repository is configured: clients get 404 for everything",
                self.file.display()
            ));
        }
        let config = Config {
            file: self.file,
            codescoring: self.codescoring,
            policy_file: self.policy_file,
            http: self.http,
            cache: self.cache,
            logging: self.logging,
            admin: self.admin,
            plugins: self.plugins,
            repositories,
        };
        Ok((config, warnings))
    }
}

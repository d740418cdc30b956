//! Composer, in a project of its own.

use serde_json::{Map, Value, json};

use super::{Client, Run, Tool};

impl Client {
    /// Composer with nothing but what this client brings.
    pub fn composer(test: &str) -> Option<Self> {
        let mut client = Self::of(Tool::Composer, test)?;
        let folder = |name: &str| client.home().join(name).to_str().expect("a plain name").to_owned();
        let (home, cache) = (folder("composer"), folder("cache"));
        client.env("COMPOSER_ALLOW_SUPERUSER", "1");
        client.env("COMPOSER_HOME", &home);
        client.env("COMPOSER_CACHE_DIR", &cache);
        Some(client)
    }

    /// A project that wants these packages from one repository.
    pub fn composer_json(&self, repository: &str, requires: &[(&str, &str)], more: &[(&str, &str)]) {
        let requires: Map<_, _> = requires
            .iter()
            .map(|(name, range)| ((*name).to_owned(), json!(range)))
            .collect();
        let mut project = json!({
            "name": "acme/project",
            "repositories": [{"type": "composer", "url": repository}, {"packagist": false}],
            "config": {"secure-http": false},
            "require": requires,
        });
        for (key, value) in more {
            project[*key] = Value::from(*value);
        }
        self.write("composer.json", &project.to_string());
    }

    pub fn composer_run(&self, command: &str) -> Run {
        self.run(&[command, "--no-interaction", "--no-progress", "--no-ansi"])
    }

    /// What stands in the archive that was installed.
    pub fn composer_version(&self, package: &str) -> Option<String> {
        self.read(&format!("vendor/{package}/version.txt"))
    }

    /// Nothing that was downloaded is left.
    pub fn composer_forget(&self) {
        for folder in [self.project().join("vendor"), self.home().join("cache")] {
            if folder.exists() {
                std::fs::remove_dir_all(folder).expect("a folder of the test's own");
            }
        }
    }
}

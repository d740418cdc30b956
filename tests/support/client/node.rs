//! npm and its kin.

use super::{Client, Run, Tool};

impl Client {
    /// Points the client at a repository: `registry` is its URL without a slash at the end.
    pub fn point_at(&self, registry: &str) {
        let home = self.home.path().display();
        match self.tool {
            Tool::Npm | Tool::Yarn1 => {
                let npmrc = format!(
                    "registry={registry}/\ncache={home}/cache\naudit=false\nfund=false\nupdate-notifier=false\nfetch-retries=0\n"
                );
                self.write(".npmrc", &npmrc);
                self.write(".yarnrc", &format!("registry \"{registry}/\"\n"));
            }
            Tool::Pnpm => {
                let npmrc =
                    format!("registry={registry}/\nstore-dir={home}/store\ncache-dir={home}/cache\nfetch-retries=0\n");
                self.write(".npmrc", &npmrc);
            }
            Tool::Yarn4 => {
                let yarnrc = format!(
                    "npmRegistryServer: \"{registry}\"\nunsafeHttpWhitelist: [\"127.0.0.1\"]\nenableTelemetry: false\n\
                     enableGlobalCache: false\nnodeLinker: node-modules\nenableImmutableInstalls: false\nhttpRetry: 0\n"
                );
                self.write(".yarnrc.yml", &yarnrc);
                self.write("yarn.lock", "");
            }
            _ => {}
        }
    }

    /// Installs what package.json says (npm's clients), with a line `"NAME": "RANGE"` each.
    pub fn install_npm(&self, registry: &str, dependencies: &[(&str, &str)]) -> Run {
        self.point_at(registry);
        let dependencies: serde_json::Map<_, _> = dependencies
            .iter()
            .map(|(name, range)| ((*name).to_owned(), serde_json::json!(range)))
            .collect();
        let manifest =
            serde_json::json!({ "name": "project", "version": "1.0.0", "private": true, "dependencies": dependencies });
        self.write("package.json", &manifest.to_string());
        match self.tool {
            Tool::Yarn1 => {
                let cache = format!("--cache-folder={}", self.home.path().join("cache").display());
                self.run(&["install", "--non-interactive", "--no-progress", &cache])
            }
            _ => self.run(&["install"]),
        }
    }

    /// Version of an installed npm package.
    pub fn npm_version(&self, name: &str) -> Option<String> {
        let manifest = self.read(&format!("node_modules/{name}/package.json"))?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest).ok()?;
        Some(manifest["version"].as_str()?.to_owned())
    }
}

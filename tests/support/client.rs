//! Real package managers in a throw-away home.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::skip::skip;
use crate::target;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Npm,
    Pnpm,
    Yarn1,
    Yarn4,
    /// The newest that could be installed.
    Pip,
    /// The one that came with the machine's Python.
    SystemPip,
    Uv,
}

/// A package manager that is there, with a home and a project folder of its own.
pub struct Client {
    tool: Tool,
    command: Vec<PathBuf>,
    home: tempfile::TempDir,
}

/// What a run printed, and whether it worked.
pub struct Run {
    pub ok: bool,
    /// Standard output and error, one after the other.
    pub text: String,
}

impl Client {
    /// None when it is not to be had here: then the test is reported as skipped with the reason.
    pub fn of(tool: Tool, test: &str) -> Option<Self> {
        match tool.command() {
            Ok(command) => {
                let home = tempfile::tempdir().expect("a temporary folder");
                std::fs::create_dir(home.path().join("project")).expect("a fresh folder");
                Some(Self { tool, command, home })
            }
            Err(reason) => {
                skip(test, &reason);
                None
            }
        }
    }

    pub fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    pub fn write(&self, path: &str, text: &str) {
        std::fs::write(self.project().join(path), text).expect("the project folder can be written");
    }

    /// Text of a file that the client installed or wrote, below the project folder.
    pub fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.project().join(path)).ok()
    }

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
            Tool::Pip | Tool::SystemPip | Tool::Uv => {}
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

    /// Installs requirements into `project/site` (Python's clients). `index`: the simple index with its slash.
    pub fn install_python(&self, index: &str, requirements: &[&str]) -> Run {
        let site = self.project().join("site");
        let site = site.to_str().expect("temporary folders have plain names");
        let mut arguments = match self.tool {
            Tool::Uv => vec!["pip", "install", "--no-cache", "--index-url", index, "--target", site],
            _ => vec![
                "install",
                "--isolated",
                "--no-cache-dir",
                "--disable-pip-version-check",
                "--retries",
                "0",
                "-i",
                index,
                "--target",
                site,
            ],
        };
        arguments.extend(requirements);
        self.run(&arguments)
    }

    /// Version of an installed npm package.
    pub fn npm_version(&self, name: &str) -> Option<String> {
        let manifest = self.read(&format!("node_modules/{name}/package.json"))?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest).ok()?;
        Some(manifest["version"].as_str()?.to_owned())
    }

    /// `RELEASE` of an installed Python module.
    pub fn python_version(&self, module: &str) -> Option<String> {
        let text = self.read(&format!("site/{module}.py"))?;
        Some(text.split('\'').nth(1)?.to_owned())
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        let (program, first) = self.command.split_first().expect("a command has a program");
        let mut command = Command::new(program);
        command.args(first).args(arguments);
        isolate(&mut command, self.home.path()).current_dir(self.project());
        command.output().expect("the client starts").into()
    }
}

/// Nothing of the user's settings or of this machine's package managers reaches the client.
fn isolate<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command
        .env_clear()
        .env("PATH", path)
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .env("CI", "1")
        .env("NO_COLOR", "1")
}

impl Tool {
    /// The command line up to the arguments, or why there is none.
    fn command(self) -> Result<Vec<PathBuf>, String> {
        let clients = target().join("clients");
        let (name, command) = match self {
            Self::Npm => return on_path("npm").map(|npm| vec![npm]),
            Self::SystemPip => return on_path("python3").map(|python| vec![python, "-m".into(), "pip".into()]),
            Self::Pnpm => ("pnpm", vec![clients.join("pnpm/node_modules/.bin/pnpm")]),
            Self::Yarn1 => ("yarn1", vec![clients.join("yarn1/node_modules/.bin/yarn")]),
            Self::Yarn4 => (
                "yarn4",
                vec![
                    on_path("node")?,
                    clients.join("yarn4/node_modules/@yarnpkg/cli-dist/bin/yarn.js"),
                ],
            ),
            Self::Pip => ("pip", vec![clients.join("pip/bin/pip")]),
            Self::Uv => ("uv", vec![clients.join("uv/bin/uv")]),
        };
        if command.iter().all(|part| part.exists()) {
            return Ok(command);
        }
        let reasons = std::fs::read_to_string(clients.join("missing.txt")).unwrap_or_default();
        let reason = reasons.lines().find(|line| line.starts_with(&format!("{name}:")));
        Err(reason.map_or_else(|| format!("{name}: not installed, run `make setup`"), str::to_owned))
    }
}

fn on_path(program: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    found.ok_or_else(|| format!("{program}: not on PATH"))
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self {
            ok: output.status.success(),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }
}

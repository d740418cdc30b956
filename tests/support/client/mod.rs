//! Real package managers in a throw-away home: what all have in common, then a file for each family.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::skip::skip;

mod composer;
mod container;
mod debian;
mod dockerd;
mod go;
mod java;
mod node;
mod nuget;
mod python;
mod rpm;
mod ruby;
mod tool;

pub use container::PULLERS;
pub use debian::{Deb, Signed};
pub use dockerd::Dockerd;
pub use java::SYSTEM_REPOSITORY;
pub use tool::Tool;

/// A package manager that is there, with a home and a project folder of its own.
pub struct Client {
    tool: Tool,
    command: Vec<PathBuf>,
    home: tempfile::TempDir,
    environment: Vec<(String, String)>,
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
                let environment = Vec::new();
                Some(Self {
                    tool,
                    command,
                    home,
                    environment,
                })
            }
            Err(reason) => {
                skip(test, &reason);
                None
            }
        }
    }

    /// A variable for every run, beside PATH, HOME, LANG, CI and NO_COLOR, which are all that a client gets.
    pub fn env(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }

    /// Names that only this client resolves, to 127.0.0.1. False: this user may not have a mount namespace of its own, and
    /// the skip is reported.
    pub fn resolve(&mut self, names: &[&str], test: &str) -> bool {
        const MOUNT: &str = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
        let file = self.home().join("hosts");
        let lines: String = names.iter().map(|name| format!("127.0.0.1 {name}\n")).collect();
        std::fs::write(&file, format!("127.0.0.1 localhost\n{lines}")).expect("a fresh file");
        let mut inside: Vec<PathBuf> = ["unshare", "--mount", "sh", "-c", MOUNT].map(PathBuf::from).into();
        inside.push(file);
        let tried = Command::new(&inside[0]).args(&inside[1..]).arg("true").output();
        if !tried.is_ok_and(|tried| tried.status.success()) {
            skip(test, "no mount namespace of its own for this user, which takes root");
            return false;
        }
        self.command.splice(..0, inside);
        true
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.project().join(path);
        let folder = path.parent().expect("it is below the project");
        std::fs::create_dir_all(folder).expect("the project folder can be written");
        std::fs::write(path, text).expect("the project folder can be written");
    }

    /// Text of a file that the client installed or wrote, below the project folder.
    pub fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.project().join(path)).ok()
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        let (program, first) = self.command.split_first().expect("a command has a program");
        let mut command = Command::new(program);
        command.args(first).args(arguments);
        isolate(&mut command, self.home.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.project());
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

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self {
            ok: output.status.success(),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }
}

//! Which package managers there are, and where `make setup` put them.

use std::path::PathBuf;
use std::process::Command;

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
    Gem,
    /// As the machine has it.
    Bundler,
    /// From 2.5 on, with other rules for the compact index.
    NewBundler,
    Composer,
    Mvn,
    Gradle,
    Ivy,
    /// nuget.exe, under mono.
    NuGet,
    /// What `dotnet restore` runs: a program of ours over nuget.exe's libraries.
    NuGetRestore,
    Apk,
    Apt,
    /// The newest that could be installed.
    Go,
    /// The system's.
    SystemGo,
    Skopeo,
    Podman,
    Buildah,
    Crane,
    Oras,
    /// Docker's command, for a daemon of the test's own.
    Docker,
    /// containerd's command, for the one that Docker's daemon starts.
    Ctr,
    Dnf,
    Zypper,
}

impl Tool {
    /// The command line up to the arguments, or why there is none.
    pub(super) fn command(self) -> Result<Vec<PathBuf>, String> {
        let clients = target().join("clients");
        let (name, command) = match self {
            Self::Npm => return on_path("npm").map(|npm| vec![npm]),
            Self::SystemPip => return on_path("python3").map(|python| vec![python, "-m".into(), "pip".into()]),
            Self::Apk => return program("apk"),
            Self::Apt => return on_path("apt-get").map(|apt| vec![apt]),
            Self::Gem => return on_path("gem").map(|gem| vec![gem]),
            Self::Bundler => return on_path("bundle").map(|bundle| vec![bundle]),
            Self::NewBundler => (
                "ruby-bundler",
                vec![on_path("ruby")?, clients.join("bundler/exe/bundle")],
            ),
            Self::Composer => return program("composer"),
            Self::Mvn => return on_path("mvn").map(|mvn| vec![mvn]).map_err(|_| missing("maven")),
            Self::Gradle => return program("gradle"),
            Self::Ivy => (
                "ivy",
                vec![on_path("java")?, "-jar".into(), "/usr/share/java/ivy.jar".into()],
            ),
            Self::Skopeo => return program("skopeo"),
            Self::Podman => return program("podman"),
            Self::Buildah => return program("buildah"),
            Self::Docker => return program("dockerd").and_then(|_| program("docker")),
            Self::Ctr => return program("ctr"),
            Self::Crane => ("crane", vec![clients.join("crane/usr/bin/crane")]),
            Self::Oras => ("oras", vec![clients.join("oras/usr/bin/oras")]),
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
            Self::SystemGo => return on_path("go").map(|go| vec![go]),
            Self::Go => ("go", vec![clients.join("go/bin/go")]),
            Self::Dnf => return system_rpm("dnf"),
            Self::Zypper => return system_rpm("zypper"),
            Self::Uv => ("uv", vec![clients.join("uv/bin/uv")]),
            Self::NuGet => ("nuget", vec![on_path("mono")?, clients.join("nuget/NuGet.exe")]),
            Self::NuGetRestore => (
                "nuget-restore",
                vec![on_path("mono")?, clients.join("nuget/restore.exe")],
            ),
        };
        if command
            .iter()
            .filter(|part| part.is_absolute())
            .all(|part| part.exists())
        {
            return Ok(command);
        }
        Err(missing(name))
    }
}

/// A client that installs into a folder of its own as root alone, and whose repositories rpm's tools build and sign.
fn system_rpm(name: &str) -> Result<Vec<PathBuf>, String> {
    for tool in ["rpmbuild", "rpmsign", "createrepo_c", "gpg"] {
        on_path(tool).map_err(|_| missing(name))?;
    }
    let client = on_path(name).map_err(|_| missing(name))?;
    let id = Command::new("id")
        .arg("-u")
        .output()
        .map_err(|error| error.to_string())?;
    if id.stdout.trim_ascii() == b"0" {
        Ok(vec![client])
    } else {
        Err(format!("{name}: installs for root alone"))
    }
}

/// Why `make setup` could not have it.
pub(super) fn missing(name: &str) -> String {
    let reasons = std::fs::read_to_string(target().join("clients/missing.txt")).unwrap_or_default();
    let reason = reasons.lines().find(|line| line.starts_with(&format!("{name}:")));
    reason.map_or_else(|| format!("{name}: not installed, run `make setup`"), str::to_owned)
}

/// One that `make setup` installs for the whole machine under its own name.
fn program(name: &str) -> Result<Vec<PathBuf>, String> {
    on_path(name).map(|file| vec![file]).map_err(|_| missing(name))
}

pub(super) fn on_path(program: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    found.ok_or_else(|| format!("{program}: not on PATH"))
}

//! NuGet's clients.

use std::path::PathBuf;

use super::{Client, Run};

impl Client {
    /// `nuget install ID [-Version VERSION]` into `project/out`. `source`: the URL of the service index.
    pub fn nuget_install(&self, source: &str, id: &str, version: Option<&str>) -> Run {
        let mut arguments = vec!["install", id];
        arguments.extend(version.iter().flat_map(|version| ["-Version", version]));
        self.run_nuget(&arguments, source, "-OutputDirectory")
    }

    /// `nuget restore packages.config` into `project/out`, with `(id, version)` pairs.
    pub fn nuget_restore(&self, source: &str, packages: &[(&str, &str)]) -> Run {
        let packages: String = packages
            .iter()
            .map(|(id, version)| format!("<package id=\"{id}\" version=\"{version}\" />"))
            .collect();
        let config = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><packages>{packages}</packages>");
        self.write("packages.config", &config);
        self.run_nuget(&["restore", "packages.config"], source, "-PackagesDirectory")
    }

    fn run_nuget(&self, command: &[&str], source: &str, folder_option: &str) -> Run {
        // Instead of the sources that nuget.exe knows by itself.
        self.write(
            "nuget.config",
            "<configuration><packageSources><clear /></packageSources></configuration>",
        );
        let common = [
            "-Source",
            source,
            folder_option,
            "out",
            "-NoCache",
            "-NonInteractive",
            "-ConfigFile",
            "nuget.config",
        ];
        self.run(&[command, &common].concat())
    }

    /// Restores a package reference into `project/restored`.
    pub fn nuget_reference(&self, source: &str, id: &str, range: &str) -> Run {
        self.run(&[source, "restored", id, range])
    }

    /// The same with `restored/packages.lock.json`, which is written, or else `held` to.
    pub fn nuget_reference_locked(&self, source: &str, id: &str, range: &str, held: bool) -> Run {
        let lock = if held { "locked" } else { "lock" };
        self.run(&[source, "restored", id, range, lock])
    }

    /// The package files below a folder of the project.
    pub fn nupkgs(&self, folder: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.project().join(folder)];
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            for path in entries.map(|entry| entry.path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "nupkg") {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

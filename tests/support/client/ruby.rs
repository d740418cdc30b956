//! gem and Bundler, and gems that they can install.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{Client, Run};
use crate::ruby::{Gem, Gems, full_name};

const SCRIPT: &str = include_str!("gems.rb");

impl Gems {
    /// A server of gems that Ruby's own tools have built, with the indexes that they make.
    pub async fn built(gems: &[Gem]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut lines = String::new();
        for (gem, release) in gems
            .iter()
            .flat_map(|gem| gem.releases.iter().map(move |release| (gem, release)))
        {
            let requires: Vec<_> = release
                .requires
                .iter()
                .map(|(name, requirement)| format!("{name}:{requirement}"))
                .collect();
            lines += &format!(
                "{} {} {} {}\n",
                gem.name,
                release.number,
                release.platform,
                requires.join("|")
            );
        }
        let mut ruby = Command::new("ruby");
        ruby.arg("-e").arg(SCRIPT).arg(folder.path()).env("HOME", folder.path());
        let mut ruby = ruby
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("ruby starts");
        let mut input = ruby.stdin.take().expect("a pipe");
        input.write_all(lines.as_bytes()).expect("ruby reads");
        drop(input);
        assert!(
            ruby.wait().expect("a child can be waited for").success(),
            "ruby builds {lines}"
        );

        let read =
            |path: String| std::fs::read(folder.path().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut gems = gems.to_vec();
        for gem in &mut gems {
            for release in &mut gem.releases {
                let full_name = full_name(&gem.name, &release.number, &release.platform);
                release.bytes = read(format!("gems/{full_name}.gem"));
                release.gemspec = read(format!("quick/Marshal.4.8/{full_name}.gemspec.rz"));
            }
        }
        let mut server = Self::with(&gems).await;
        server.put_indexes(&read("specs.4.8.gz".into()));
        server
    }
}

impl Client {
    /// `gem install` from one source, with its slash.
    pub fn gem_install(&self, source: &str, arguments: &[&str]) -> Run {
        // One download after the other: gem waits for ever where one of several is refused, each waiting for the other's
        // connection (Gem::Request::HTTPPool).
        self.write("gemrc", ":concurrent_downloads: 1\n");
        let own = [
            "install",
            "--no-document",
            "--clear-sources",
            "--source",
            source,
            "--config-file",
            "gemrc",
        ];
        self.run(&[&own, arguments].concat())
    }

    /// The release that gem has installed.
    pub fn installed_gem(&self, name: &str) -> Vec<String> {
        releases(&self.home().join("gems/gems"), name)
    }

    /// The release that Bundler has installed below `project/vendor`.
    pub fn bundled_gem(&self, name: &str) -> Vec<String> {
        let vendor = self.project().join("vendor/ruby");
        let Ok(mut versions) = std::fs::read_dir(vendor) else {
            return Vec::new();
        };
        versions.next().map_or_else(Vec::new, |ruby| {
            releases(&ruby.expect("a folder").path().join("gems"), name)
        })
    }
}

/// `NAME-NUMBER` folders.
fn releases(folder: &std::path::Path, name: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let number = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("a folder that can be read").file_name();
        Some(entry.to_str()?.strip_prefix(name)?.strip_prefix('-')?.to_owned())
    };
    let mut found: Vec<_> = entries.filter_map(number).collect();
    found.sort();
    found
}

//! apt with a root of its own, and archives that it believes: made by reprepro and signed by gpg.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::Sha256;

use super::tool::{missing, on_path};
use super::{Client, Run, isolate};
use crate::archive::hex;
use crate::debian::Archive;
use crate::skip::skip;

/// A binary package of amd64, with one file, `/opt/NAME`, that holds its version.
#[derive(Clone, Copy, Debug)]
pub struct Deb<'a> {
    pub name: &'a str,
    pub version: &'a str,
    /// As in `Depends`.
    pub depends: &'a str,
}

impl<'a> Deb<'a> {
    pub fn new(name: &'a str, version: &'a str) -> Self {
        let depends = "";
        Self { name, version, depends }
    }

    #[must_use]
    pub fn depending(self, depends: &'a str) -> Self {
        Self { depends, ..self }
    }
}

/// An archive in the making. Its key's agent ends when it is dropped.
pub struct Signed {
    home: tempfile::TempDir,
    code_names: Vec<String>,
}

impl Signed {
    /// With suites of these code names; none when this machine has not got the tools.
    pub fn new(code_names: &[&str], test: &str) -> Option<Self> {
        for tool in ["reprepro", "gpg", "gpgconf", "dpkg-deb"] {
            if on_path(tool).is_err() {
                skip(test, &missing("reprepro"));
                return None;
            }
        }
        let signed = Self {
            home: tempfile::tempdir().expect("a temporary folder"),
            code_names: code_names.iter().map(ToString::to_string).collect(),
        };
        std::fs::create_dir_all(signed.archive().join("conf")).expect("a fresh folder");
        signed.tool(
            "gpg",
            &[
                "--batch",
                "--passphrase",
                "",
                "--quick-generate-key",
                "Archive",
                "ed25519",
                "sign",
                "0",
            ],
        );
        let key = signed.key().display().to_string();
        signed.tool("gpg", &["--batch", "--output", &key, "--export", "Archive"]);
        let suite = |code_name: &&str| {
            format!(
                "Codename: {code_name}\nOrigin: Test\nArchitectures: amd64\nComponents: main\n\
                 DebIndices: Packages Release . .gz /usr/bin/rredtool\n"
            )
        };
        let suites: Vec<_> = code_names.iter().map(suite).collect();
        std::fs::write(signed.archive().join("conf/distributions"), suites.join("\n")).expect("a fresh file");
        Some(signed)
    }

    /// Publishes a package in a suite. Indexes are of the new moment at once, by name and by hash.
    pub fn include(&self, code_name: &str, deb: Deb<'_>) {
        let tree = self.home.path().join("package");
        let _ = std::fs::remove_dir_all(&tree);
        std::fs::create_dir_all(tree.join("DEBIAN")).expect("a fresh folder");
        std::fs::create_dir_all(tree.join("opt")).expect("a fresh folder");
        let Deb { name, version, depends } = deb;
        let depends = if depends.is_empty() {
            String::new()
        } else {
            format!("Depends: {depends}\n")
        };
        let control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: Nobody <nobody@registry.example>\n\
             Section: misc\nPriority: optional\n{depends}Description: made for a test\n"
        );
        std::fs::write(tree.join("DEBIAN/control"), control).expect("a fresh file");
        std::fs::write(tree.join("opt").join(name), version).expect("a fresh file");
        let file = self.home.path().join("package.deb").display().to_string();
        self.tool("dpkg-deb", &["--root-owner-group", "--build", "package", &file]);
        self.tool(
            "reprepro",
            &["--silent", "--basedir", "archive", "includedeb", code_name, &file],
        );
        self.sign(code_name);
    }

    /// Adds the indexes by hash, which reprepro does not make, and signs.
    fn sign(&self, code_name: &str) {
        let suite = self.archive().join("dists").join(code_name);
        let release = std::fs::read_to_string(suite.join("Release")).expect("reprepro has made it");
        let release = format!("Acquire-By-Hash: yes\n{release}");
        std::fs::write(suite.join("Release"), &release).expect("a file of ours");
        let (_, listed) = release.split_once("SHA256:\n").expect("hashes");
        for line in listed.lines().take_while(|line| line.starts_with(' ')) {
            let name = line.split_whitespace().last().expect("a name");
            let file = suite.join(name);
            // Indexes are listed unpacked as well, though they only lie there packed.
            let Ok(bytes) = std::fs::read(&file) else { continue };
            let folder = file.parent().expect("a file has a folder").join("by-hash/SHA256");
            std::fs::create_dir_all(&folder).expect("a folder of ours");
            std::fs::write(folder.join(hex::<Sha256>(&bytes)), bytes).expect("a file of ours");
        }
        let at = |file: &str| format!("archive/dists/{code_name}/{file}");
        let gpg = ["--batch", "--yes", "--local-user", "Archive", "--output"];
        self.tool(
            "gpg",
            &[&gpg[..], &[&at("InRelease"), "--clearsign", &at("Release")]].concat(),
        );
        self.tool(
            "gpg",
            &[
                &gpg[..],
                &[&at("Release.gpg"), "--armor", "--detach-sign", &at("Release")],
            ]
            .concat(),
        );
    }

    /// Puts all of it on a server, in the place of what it had.
    pub fn serve(&self, server: &Archive) {
        server.put_folders(&self.archive(), &["dists", "pool"]);
    }

    fn archive(&self) -> PathBuf {
        self.home.path().join("archive")
    }

    /// The key that apt is told to trust.
    fn key(&self) -> PathBuf {
        self.home.path().join("archive.gpg")
    }

    fn tool(&self, program: &str, arguments: &[&str]) {
        let home = self.home.path();
        let output = isolate(&mut Command::new(program), home)
            .args(arguments)
            .env("GNUPGHOME", home)
            .current_dir(home)
            .output()
            .expect("the tool starts");
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}",
            Run::from(output).text
        );
    }
}

impl Drop for Signed {
    fn drop(&mut self) {
        let gpgconf = Command::new("gpgconf")
            .args(["--kill", "gpg-agent"])
            .env("GNUPGHOME", self.home.path())
            .status();
        drop(gpgconf);
    }
}

impl Client {
    /// Gives apt a root of its own below the home, and these lines as its sources.
    pub fn apt_root(&mut self, sources: &str) {
        let root = self.home().join("root");
        for folder in [
            "etc/apt",
            "var/lib/apt/lists/partial",
            "var/lib/dpkg/info",
            "var/cache/apt/archives/partial",
            "var/log/apt",
        ] {
            std::fs::create_dir_all(root.join(folder)).expect("a fresh folder");
        }
        std::fs::write(root.join("var/lib/dpkg/status"), "").expect("a fresh file");
        std::fs::write(root.join("etc/apt/sources.list"), sources).expect("a fresh file");
        let root = root.display();
        let settings = format!(
            "Dir \"{root}/\";\nDir::Etc::parts \"/dev/null\";\nDir::Etc::sourceparts \"/dev/null\";\n\
             Dir::State::status \"{root}/var/lib/dpkg/status\";\n\
             APT::Architecture \"amd64\";\nAPT::Architectures {{ \"amd64\"; }};\nAPT::Sandbox::User \"root\";\n\
             Acquire::Languages \"none\";\nAcquire::Retries \"0\";\n\
             DPkg::Options {{ \"--root={root}\"; \"--force-not-root\"; }};\nDPkg::Path \"/usr/sbin:/usr/bin:/sbin:/bin\";\n"
        );
        self.write("apt.conf", &settings);
        let file = self.project().join("apt.conf").display().to_string();
        self.env("APT_CONFIG", &file);
        self.env("DEBIAN_FRONTEND", "noninteractive");
    }

    /// A line of `sources.list` that trusts the archive's key.
    pub fn apt_source(signed: &Signed, url: &str) -> String {
        let key = signed.key();
        let line = |code_name: &String| format!("deb [signed-by={}] {url} {code_name} main\n", key.display());
        signed.code_names.iter().map(line).collect()
    }

    /// The version of a package of [`Deb`] that is installed in the root.
    pub fn installed_deb(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.home().join("root/opt").join(name)).ok()
    }

    /// A file of apt's cache, such as `partial/hello_1.0_amd64.deb`.
    pub fn apt_cached(&self, file: &str) -> PathBuf {
        self.home().join("root/var/cache/apt/archives").join(Path::new(file))
    }
}

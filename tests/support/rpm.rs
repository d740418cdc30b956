//! A repository as `createrepo_c` lays it out: files of any bytes, or, where rpm's own tools are there, signed packages that
//! install. Its list of mirrors is on another server.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive::hex;
use crate::upstream::{Received, Reply, Resource, Upstream};

/// What describes the packages, below the repository.
pub const DESCRIPTIONS: [&str; 9] = [
    "repodata/repomd.xml",
    "repodata/repomd.xml.asc",
    "repodata/repomd.xml.key",
    "repodata/0a-primary.xml.gz",
    "repodata/1b-filelists.xml.zst",
    "repodata/2c-other.sqlite.bz2",
    "repodata/3d-comps.xml.xz",
    "repodata/4e-modules.yaml.gz",
    "RPM-GPG-KEY-acme",
];

/// Read by clients in several ranges at once.
pub const ZCHUNK: &str = "repodata/5f-primary.xml.zck";

pub struct Rpms {
    pub server: Upstream,
    /// Knows the mirrors.
    pub mirrors: Upstream,
    prefix: String,
    repomd: Vec<u8>,
}

impl Rpms {
    /// A repository below a path, with these package files.
    pub async fn with(prefix: &str, packages: &[&str]) -> Self {
        let mut rpms = Self::empty(prefix).await;
        for (number, path) in DESCRIPTIONS.iter().chain(packages).enumerate() {
            let body: Vec<u8> = (0..4096_usize).map(|at| (at * (number + 7) % 251) as u8).collect();
            rpms.put(path, body);
        }
        let whole: Vec<u8> = (0..=255).collect();
        let path = format!("{prefix}/{ZCHUNK}");
        rpms.server.put(path, move |request: &Received| ranges(&whole, request));
        rpms
    }

    /// Everything in a folder, below a path.
    pub async fn of_folder(prefix: &str, folder: &Path) -> Self {
        let mut rpms = Self::empty(prefix).await;
        for file in files(folder) {
            let path = file.strip_prefix(folder).expect("a file of the folder");
            let body = std::fs::read(&file).expect("a file that was just written");
            rpms.put(path.to_str().expect("a plain name"), body);
        }
        rpms
    }

    async fn empty(prefix: &str) -> Self {
        Self {
            server: Upstream::start().await,
            mirrors: Upstream::start().await,
            prefix: prefix.to_owned(),
            repomd: Vec::new(),
        }
    }

    /// With the validators of a web server, and `+` as clients write it.
    fn put(&mut self, path: &str, body: Vec<u8>) {
        if path.ends_with("repodata/repomd.xml") {
            self.repomd.clone_from(&body);
        }
        let etag = format!("\"{}\"", hex::<sha2::Sha256>(&body).get(..16).unwrap_or_default());
        let file = Resource::new("application/octet-stream", body)
            .etag(&etag)
            .last_modified("Sun, 22 Nov 2026 10:00:00 GMT");
        let path = format!("{}/{path}", self.prefix);
        self.server.put(path.replace('+', "%2B"), file.clone());
        self.server.put(path, file);
    }

    /// Where the repository is, no slash at the end.
    pub fn url(&self) -> String {
        format!("{}{}", self.server.url(), self.prefix)
    }

    /// Has `mirrorlist` and `metalink` name mirrors of the repository under a name that does not resolve.
    pub fn list_mirrors(&self) {
        let base = format!("http://mirror.example{}/", self.prefix);
        let list = format!("# repo = acme\n{base}\nhttp://second.example/pub{}/\n", self.prefix);
        self.mirrors
            .put("/mirrorlist", Resource::new("text/plain", list).etag("\"list\""));
        self.mirrors.put(
            "/metalink",
            Resource::new("application/metalink+xml", metalink(&base, &self.repomd)),
        );
    }
}

/// As MirrorManager writes it.
fn metalink(base: &str, repomd: &[u8]) -> String {
    let revision = std::str::from_utf8(repomd).ok().and_then(|text| {
        let (_, rest) = text.split_once("<revision>")?;
        rest.split_once('<').map(|(revision, _)| revision.to_owned())
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\" xmlns:mm0=\"http://fedorahosted.org/mirrormanager\">\n \
         <files>\n  <file name=\"repomd.xml\">\n   <mm0:timestamp>{}</mm0:timestamp>\n   <size>{}</size>\n   \
         <verification>\n    <hash type=\"sha256\">{}</hash>\n   </verification>\n   <resources maxconnections=\"1\">\n    \
         <url protocol=\"http\" type=\"http\" location=\"DE\" preference=\"100\">{base}repodata/repomd.xml</url>\n    \
         <url protocol=\"rsync\" type=\"rsync\" location=\"DE\" preference=\"99\">rsync://mirror.example/repodata/repomd.xml</url>\n   \
         </resources>\n  </file>\n </files>\n</metalink>\n",
        revision.unwrap_or_else(|| "1".into()),
        repomd.len(),
        hex::<sha2::Sha256>(repomd),
    )
}

/// RFC 9110 section 14.6, which the common web servers do and few test servers.
fn ranges(whole: &[u8], request: &Received) -> Reply {
    let asked = request.header("range").and_then(|value| value.strip_prefix("bytes="));
    let Some(asked) = asked else {
        return Reply::ok("application/octet-stream", whole.to_vec());
    };
    let mut body = Vec::new();
    for range in asked.split(',') {
        let (first, last) = range.trim().split_once('-').expect("two numbers");
        let (first, last): (usize, usize) = (first.parse().expect("a number"), last.parse().expect("a number"));
        body.extend(
            format!(
                "\r\n--part\r\ncontent-range: bytes {first}-{last}/{}\r\n\r\n",
                whole.len()
            )
            .bytes(),
        );
        body.extend(whole.get(first..=last).expect("a range of the file"));
    }
    body.extend(b"\r\n--part--\r\n");
    Reply::new(206)
        .header("content-type", "multipart/byteranges; boundary=part")
        .body(body)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the test's own") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// A folder with packages that rpm's own tools have built and signed with a key made for it, and the descriptions signed as
/// well. The key's public half lies in `key.asc`.
pub struct Built {
    folder: tempfile::TempDir,
}

impl Built {
    /// `(name, version, release, requires)`.
    pub fn new(packages: &[(&str, &str, &str, &str)]) -> Self {
        let built = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        built.make_key();
        let repository = built.repository();
        for (name, version, release, requires) in packages {
            built.package(name, version, release, requires);
        }
        let packages: Vec<String> = files(&repository)
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        let name = ["--define", "_gpg_name packager@acme.example"];
        // Debian's rpm does not look for it on PATH.
        let mut sign = [&name[..], &["--define", "__gpg /usr/bin/gpg", "--addsign"]].concat();
        sign.extend(packages.iter().map(String::as_str));
        built.run("rpmsign", &sign);
        built.run("createrepo_c", &["-q", "--no-database", built.path(&repository)]);
        let repomd = repository.join("repodata/repomd.xml");
        built.run("gpg", &["--batch", "--armor", "--detach-sign", built.path(&repomd)]);
        std::fs::copy(built.key(), repository.join("repodata/repomd.xml.key")).expect("both are there");
        // The agent that gpg has started would outlive the test.
        built.run("gpgconf", &["--kill", "gpg-agent"]);
        built
    }

    /// What a web server would serve.
    pub fn repository(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.asc")
    }

    #[allow(clippy::unused_self, reason = "reads like the steps around it")]
    fn path<'p>(&self, path: &'p Path) -> &'p str {
        path.to_str().expect("temporary folders have plain names")
    }

    fn make_key(&self) {
        let home = self.folder.path().join("gnupg");
        std::fs::create_dir(&home).expect("a fresh folder");
        let identity = "packager@acme.example";
        let options = ["--batch", "--passphrase", "", "--pinentry-mode", "loopback"];
        let generate = [&options[..], &["--quick-gen-key", identity, "rsa2048", "sign", "never"]].concat();
        self.run("gpg", &generate);
        let key = self.key();
        self.run(
            "gpg",
            &["--batch", "--armor", "--output", self.path(&key), "--export", identity],
        );
    }

    fn package(&self, name: &str, version: &str, release: &str, requires: &str) {
        let requires = if requires.is_empty() {
            String::new()
        } else {
            format!("Requires: {requires}\n")
        };
        let spec = format!(
            "Name: {name}\nVersion: {version}\nRelease: {release}\nSummary: {name}\nLicense: MIT\nBuildArch: noarch\n{requires}\
             %description\n{name}\n%install\nmkdir -p %{{buildroot}}/opt\necho {version} > %{{buildroot}}/opt/{name}\n\
             %files\n/opt/{name}\n"
        );
        let file = self.folder.path().join(format!("{name}.spec"));
        std::fs::write(&file, spec).expect("a fresh file");
        let top = format!("_topdir {}", self.folder.path().join("build").display());
        let to = format!("_rpmdir {}", self.repository().join("Packages").display());
        self.run(
            "rpmbuild",
            &["-bb", "--quiet", "--define", &top, "--define", &to, self.path(&file)],
        );
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = Command::new(program)
            .args(arguments)
            .env("GNUPGHOME", self.folder.path().join("gnupg"))
            .env("HOME", self.folder.path())
            .output()
            .expect("rpm's tools are there where dnf is");
        let text = [output.stdout, output.stderr].concat();
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}",
            String::from_utf8_lossy(&text)
        );
    }
}

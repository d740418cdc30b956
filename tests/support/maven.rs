//! A Maven repository as the central one is laid out: metadata with validators and in gzip, and four checksums beside
//! every file.

use std::path::Path;

use sha2::Sha256;

use crate::archive::{hex, zip};
use crate::upstream::{Received, Reply, Resource, Upstream};

pub const CHECKSUMS: [&str; 4] = ["sha1", "md5", "sha256", "sha512"];

/// The build of every snapshot.
const BUILD: &str = "20240102.030405-6";

/// An artifact with its versions, lowest first.
#[derive(Clone, Debug)]
pub struct Artifact {
    group: String,
    name: String,
    versions: Vec<(String, Vec<(String, String)>)>,
}

impl Artifact {
    /// `com.acme:lib`
    pub fn new(coordinates: &str) -> Self {
        let (group, name) = coordinates.split_once(':').expect("group and artifact");
        Self {
            group: group.to_owned(),
            name: name.to_owned(),
            versions: Vec::new(),
        }
    }

    #[must_use]
    pub fn versions(mut self, versions: &[&str]) -> Self {
        self.versions
            .extend(versions.iter().map(|version| ((*version).to_owned(), Vec::new())));
        self
    }

    /// A version that needs others: `("com.acme:lib", "1.0")`.
    #[must_use]
    pub fn depending(mut self, version: &str, dependencies: &[(&str, &str)]) -> Self {
        let owned = dependencies
            .iter()
            .map(|(of, version)| ((*of).to_owned(), (*version).to_owned()));
        self.versions.push((version.to_owned(), owned.collect()));
        self
    }

    /// `/com/acme/lib`
    pub fn folder(&self) -> String {
        format!("/{}/{}", self.group.replace('.', "/"), self.name)
    }

    /// `/com/acme/lib/1.0/lib-1.0.jar` of `1.0` and `.jar`; `-sources.jar` for a classifier. Of a snapshot it is a build.
    pub fn path(&self, version: &str, end: &str) -> String {
        let file = version.replace("SNAPSHOT", BUILD);
        format!("{}/{version}/{}-{file}{end}", self.folder(), self.name)
    }

    /// `release.txt` in it tells the version.
    pub fn jar(&self, version: &str) -> Vec<u8> {
        zip(&[
            ("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"),
            ("release.txt", version),
        ])
    }

    pub fn pom(&self, version: &str) -> String {
        let (_, dependencies) = self
            .versions
            .iter()
            .find(|(own, _)| own == version)
            .expect("a version of this artifact");
        let dependencies: String = dependencies
            .iter()
            .map(|(of, version)| {
                let (group, name) = of.split_once(':').expect("group and artifact");
                format!(
                    "    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>\n"
                )
            })
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  \
             <modelVersion>4.0.0</modelVersion>\n  <groupId>{}</groupId>\n  <artifactId>{}</artifactId>\n  \
             <version>{version}</version>\n  <dependencies>\n{dependencies}  </dependencies>\n</project>\n",
            self.group, self.name
        )
    }

    /// Gradle's own metadata.
    pub fn module(&self, version: &str) -> String {
        format!(
            "{{\"formatVersion\":\"1.1\",\"component\":{{\"group\":\"{}\",\"module\":\"{}\",\"version\":\"{version}\"}}}}",
            self.group, self.name
        )
    }

    /// Version-less text around the lines of the versions.
    pub fn metadata(&self) -> String {
        let (latest, _) = self.versions.last().expect("an artifact with versions");
        let release = self
            .versions
            .iter()
            .rfind(|(version, _)| !version.ends_with("SNAPSHOT"));
        let release = release.map_or_else(String::new, |(version, _)| {
            format!("    <release>{version}</release>\n")
        });
        let versions: String = self
            .versions
            .iter()
            .map(|(version, _)| format!("      <version>{version}</version>\n"))
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata>\n  <groupId>{}</groupId>\n  <artifactId>{}</artifactId>\n  \
             <versioning>\n    <latest>{latest}</latest>\n{release}    <versions>\n{versions}    </versions>\n    \
             <lastUpdated>20240102030405</lastUpdated>\n  </versioning>\n</metadata>\n",
            self.group, self.name
        )
    }

    /// Of a snapshot's builds.
    pub fn builds(&self, snapshot: &str) -> String {
        let (timestamp, number) = BUILD.split_once('-').expect("a time and a number");
        let build = snapshot.replace("SNAPSHOT", BUILD);
        let file = |extension: &str| {
            format!(
                "      <snapshotVersion><extension>{extension}</extension><value>{build}</value><updated>20240102030405</updated></snapshotVersion>\n"
            )
        };
        format!(
            "<metadata modelVersion=\"1.1.0\">\n  <groupId>{}</groupId>\n  <artifactId>{}</artifactId>\n  <version>{snapshot}</version>\n  \
             <versioning>\n    <snapshot><timestamp>{timestamp}</timestamp><buildNumber>{number}</buildNumber></snapshot>\n    \
             <lastUpdated>20240102030405</lastUpdated>\n    <snapshotVersions>\n{}{}    </snapshotVersions>\n  </versioning>\n</metadata>\n",
            self.group,
            self.name,
            file("jar"),
            file("pom")
        )
    }
}

pub struct Maven {
    pub server: Upstream,
    /// What stands before every path: empty, or `/repository/central`.
    base: String,
}

impl Maven {
    pub async fn with(artifacts: &[Artifact]) -> Self {
        Self::below("", artifacts).await
    }

    /// Below a path, as repository managers have it.
    pub async fn below(base: &str, artifacts: &[Artifact]) -> Self {
        let maven = Self {
            server: Upstream::start().await,
            base: base.to_owned(),
        };
        for artifact in artifacts {
            maven.publish(artifact);
        }
        maven
    }

    /// What `registry` is to be set to.
    pub fn url(&self) -> String {
        format!("{}{}", self.server.url(), self.base)
    }

    /// Puts everything that belongs to an artifact; a second call replaces it.
    pub fn publish(&self, artifact: &Artifact) {
        self.put_metadata(&artifact.folder(), &artifact.metadata());
        for (version, _) in &artifact.versions {
            if version.ends_with("SNAPSHOT") {
                self.put_metadata(&format!("{}/{version}", artifact.folder()), &artifact.builds(version));
            }
            let jar = artifact.jar(version);
            for (end, content_type, bytes) in [
                (".pom", "text/xml", artifact.pom(version).into_bytes()),
                (
                    ".module",
                    "application/octet-stream",
                    artifact.module(version).into_bytes(),
                ),
                (".jar", "application/java-archive", jar.clone()),
                ("-sources.jar", "application/java-archive", jar),
            ] {
                self.put(&artifact.path(version, end), content_type, bytes);
            }
        }
    }

    /// `maven-metadata.xml` of a folder, with its checksums and a signature.
    pub fn put_metadata(&self, folder: &str, text: &str) {
        let path = format!("{folder}/maven-metadata.xml");
        self.put(&path, "text/xml", text.as_bytes().to_vec());
        let signature = "-----BEGIN PGP SIGNATURE-----\n";
        self.server
            .put(format!("{}{path}.asc", self.base), Reply::ok("text/plain", signature));
    }

    /// A file and its checksums.
    pub fn put(&self, path: &str, content_type: &str, bytes: Vec<u8>) {
        for kind in CHECKSUMS {
            let checksum = Reply::ok("text/plain", checksum(kind, &bytes));
            self.server.put(format!("{}{path}.{kind}", self.base), checksum);
        }
        let etag = format!("\"{{SHA1{{{}}}}}\"", checksum("sha1", &bytes));
        let resource = Resource::new(content_type, bytes)
            .etag(&etag)
            .last_modified("Tue, 02 Jan 2024 03:04:05 GMT")
            .header("cache-control", "public, max-age=300");
        let packed = content_type.starts_with("text/");
        self.server.put(
            format!("{}{path}", self.base),
            if packed { resource.packed() } else { resource },
        );
    }

    /// Everything below a folder of this machine, read when it is asked for.
    pub fn mirror(&self, folder: &Path) {
        let mut open = vec![folder.to_owned()];
        while let Some(next) = open.pop() {
            for entry in std::fs::read_dir(&next).expect("a folder").flatten() {
                let file = entry.path();
                if file.is_dir() {
                    open.push(file);
                    continue;
                }
                let path = file.strip_prefix(folder).expect("it lies below").display().to_string();
                for kind in CHECKSUMS {
                    let file = file.clone();
                    let sum = move |_: &Received| match std::fs::read(&file) {
                        Ok(bytes) => Reply::ok("text/plain", checksum(kind, &bytes)),
                        Err(_) => Reply::new(404),
                    };
                    self.server.put(format!("{}/{path}.{kind}", self.base), sum);
                }
                self.server.put(
                    format!("{}/{path}", self.base),
                    move |_: &Received| match std::fs::read(&file) {
                        Ok(bytes) => Reply::ok("application/octet-stream", bytes),
                        Err(_) => Reply::new(404),
                    },
                );
            }
        }
    }
}

/// In lower-case hex; `kind` is the extension of the checksum's file.
pub fn checksum(kind: &str, bytes: &[u8]) -> String {
    match kind {
        "md5" => hex::<md5::Md5>(bytes),
        "sha1" => hex::<sha1::Sha1>(bytes),
        "sha256" => hex::<Sha256>(bytes),
        "sha512" => hex::<sha2::Sha512>(bytes),
        _ => panic!("no checksum is called {kind}"),
    }
}

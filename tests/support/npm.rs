//! An npm registry: packuments in both forms, version documents, dist-tags, tarballs that install, search and audit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::archive::{hex, tar_gz};
use crate::upstream::{Received, Reply, Resource, Route, Upstream};

pub const FULL: &str = "application/json";
pub const ABBREVIATED: &str = "application/vnd.npm.install-v1+json";

#[derive(Clone, Debug)]
pub struct Package {
    pub name: String,
    versions: Vec<Version>,
    /// Beside `latest`, which is the last version unless it is named here.
    tags: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Version {
    number: String,
    dependencies: Vec<(String, String)>,
    deprecated: Option<String>,
}

impl Package {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            versions: Vec::new(),
            tags: Vec::new(),
        }
    }

    #[must_use]
    pub fn versions<'a>(mut self, versions: impl IntoIterator<Item = &'a str>) -> Self {
        for version in versions {
            self = self.depending(version, &[]);
        }
        self
    }

    /// A version with dependencies `(name, range)`.
    #[must_use]
    pub fn depending(mut self, version: &str, dependencies: &[(&str, &str)]) -> Self {
        self.versions.push(Version {
            number: version.to_owned(),
            dependencies: dependencies
                .iter()
                .map(|(name, range)| ((*name).into(), (*range).into()))
                .collect(),
            deprecated: None,
        });
        self
    }

    /// Deprecates the version that was added last.
    #[must_use]
    pub fn deprecated(mut self, why: &str) -> Self {
        if let Some(version) = self.versions.last_mut() {
            version.deprecated = Some(why.to_owned());
        }
        self
    }

    #[must_use]
    pub fn tag(mut self, tag: &str, version: &str) -> Self {
        self.tags.push((tag.to_owned(), version.to_owned()));
        self
    }

    fn tags(&self) -> serde_json::Map<String, Value> {
        let mut tags: serde_json::Map<_, _> = self.tags.iter().map(|(tag, to)| (tag.clone(), json!(to))).collect();
        if let Some(last) = self.versions.last() {
            tags.entry("latest").or_insert_with(|| json!(last.number));
        }
        tags
    }

    /// `/NAME/-/BASE-VERSION.tgz`
    pub fn tarball_path(&self, version: &str) -> String {
        let base = self.name.rsplit('/').next().unwrap_or_default();
        format!("/{}/-/{base}-{version}.tgz", self.name)
    }

    /// A package that `require` loads: its export is `NAME@VERSION`.
    pub fn tarball(&self, version: &str) -> Vec<u8> {
        let dependencies = self
            .versions
            .iter()
            .find(|known| known.number == version)
            .map(Version::dependencies);
        let manifest =
            json!({ "name": self.name, "version": version, "main": "index.js", "dependencies": dependencies });
        let index = format!("module.exports = '{}@{version}';\n", self.name);
        tar_gz(&[
            ("package/package.json", &manifest.to_string()),
            ("package/index.js", &index),
        ])
    }

    /// Minute by minute from 2020-01-01 on.
    fn published(&self, version: &str) -> String {
        let number = self
            .versions
            .iter()
            .position(|known| known.number == version)
            .unwrap_or_default();
        format!(
            "2020-01-{:02}T{:02}:{:02}:00.000Z",
            1 + number / 1440 % 28,
            number / 60 % 24,
            number % 60
        )
    }

    fn version_document(&self, base: &str, version: &Version, abbreviated: bool) -> Value {
        let tarball = self.tarball(&version.number);
        let mut document = json!({
            "name": self.name,
            "version": version.number,
            "dependencies": version.dependencies(),
            "dist": {
                "integrity": format!("sha512-{}", BASE64.encode(<sha2::Sha512 as sha2::Digest>::digest(&tarball))),
                "shasum": hex::<sha1::Sha1>(&tarball),
                "tarball": format!("{base}{}", self.tarball_path(&version.number)),
            },
        });
        if let Some(why) = &version.deprecated {
            document["deprecated"] = json!(why);
        }
        if !abbreviated {
            document["_id"] = json!(format!("{}@{}", self.name, version.number));
            document["main"] = json!("index.js");
            document["description"] = json!("A \"quoted\" thing \\ with {braces}, [brackets] and \u{e9}\u{4e16}");
            document["_npmUser"] = json!({ "name": "someone" });
        }
        document
    }

    /// As the registry at `base` would answer. Keys and versions stand in the order that registries use, not sorted.
    pub fn packument(&self, base: &str, abbreviated: bool) -> String {
        let version = |version: &Version| {
            format!(
                "{}:{}",
                json!(version.number),
                self.version_document(base, version, abbreviated)
            )
        };
        let versions = self.versions.iter().map(version).collect::<Vec<_>>().join(",");
        let (name, tags) = (json!(self.name), Value::from(self.tags()));
        if abbreviated {
            let modified = "2020-02-01T00:00:00.000Z";
            return format!(
                r#"{{"name":{name},"dist-tags":{tags},"versions":{{{versions}}},"modified":"{modified}"}}"#
            );
        }
        let time = |version: &Version| format!(r#"{}:"{}""#, json!(version.number), self.published(&version.number));
        let times = self.versions.iter().map(time).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"_id":{name},"_rev":"7-abc","name":{name},"dist-tags":{tags},"versions":{{{versions}}},"time":{{"created":"2020-01-01T00:00:00.000Z","modified":"2020-02-01T00:00:00.000Z",{times}}},"description":"all about {{versions}}","readme":"\"versions\":{{\"9.9.9\":{{}}}}"}}"#
        )
    }
}

impl Version {
    fn dependencies(&self) -> Value {
        self.dependencies
            .iter()
            .map(|(name, range)| (name.clone(), json!(range)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

// === registry ===

pub struct Npm {
    pub server: Upstream,
}

impl Npm {
    pub async fn start() -> Self {
        let server = Upstream::start().await;
        server.put("/-/ping", Reply::ok(FULL, "{}"));
        server.put(
            "/-/npm/v1/keys",
            Reply::ok(
                FULL,
                r#"{"keys":[{"keyid":"SHA256:abc","keytype":"ecdsa-sha2-nistp256"}]}"#,
            ),
        );
        server.put("/-/v1/search", |request: &Received| {
            Reply::ok(
                FULL,
                json!({ "objects": [], "total": 0, "asked": request.query() }).to_string(),
            )
        });
        for path in ["/-/npm/v1/security/advisories/bulk", "/-/npm/v1/security/audits/quick"] {
            server.put(path, |request: &Received| match request.method.as_str() {
                "POST" => Reply::ok(FULL, json!({ "received": request.body.len() }).to_string()),
                _ => Reply::new(405),
            });
        }
        Self { server }
    }

    pub async fn with(packages: &[Package]) -> Self {
        let registry = Self::start().await;
        for package in packages {
            registry.publish(package);
        }
        registry
    }

    /// Puts everything that belongs to a package; a second call replaces it.
    pub fn publish(&self, package: &Package) {
        let base = self.server.url();
        for name in spellings(&package.name) {
            self.server.put(format!("/{name}"), Packument::new(package, &base));
            for version in &package.versions {
                let document = package.version_document(&base, version, false).to_string();
                self.server.put(
                    format!("/{name}/{}", version.number),
                    Resource::new(FULL, document).packed(),
                );
            }
            for (tag, to) in package.tags() {
                if let Some(version) = package.versions.iter().find(|version| to == version.number) {
                    let document = package.version_document(&base, version, false).to_string();
                    self.server
                        .put(format!("/{name}/{tag}"), Resource::new(FULL, document).packed());
                }
            }
            let tags = Value::from(package.tags()).to_string();
            self.server
                .put(format!("/-/package/{name}/dist-tags"), Resource::new(FULL, tags));
        }
        for version in &package.versions {
            let tarball = package.tarball(&version.number);
            let etag = format!("\"{}\"", hex::<sha1::Sha1>(&tarball));
            let resource = Resource::new("application/octet-stream", tarball).etag(&etag);
            self.server.put(package.tarball_path(&version.number), resource);
        }
    }
}

/// A scoped name's slash may be escaped.
fn spellings(name: &str) -> Vec<String> {
    let mut spellings = vec![name.to_owned()];
    if name.contains('/') {
        spellings.extend([name.replace('/', "%2f"), name.replace('/', "%2F")]);
    }
    spellings
}

/// Which form is served depends on `Accept`, as on the real registry.
struct Packument {
    full: Resource,
    abbreviated: Resource,
}

impl Packument {
    fn new(package: &Package, base: &str) -> Self {
        let form = |abbreviated: bool| {
            let body = package.packument(base, abbreviated);
            let etag = format!("\"{}\"", hex::<sha1::Sha1>(body.as_bytes()));
            Resource::new(if abbreviated { ABBREVIATED } else { FULL }, body)
                .etag(&etag)
                .last_modified("Sat, 01 Feb 2020 00:00:00 GMT")
                .header("cache-control", "public, max-age=300")
                .header("vary", "Accept")
                .packed()
        };
        Self {
            full: form(false),
            abbreviated: form(true),
        }
    }
}

impl Route for Packument {
    fn answer(&self, request: &Received) -> Reply {
        let abbreviated = request.quality("accept", ABBREVIATED).unwrap_or(0.0);
        let full = request.quality("accept", FULL).unwrap_or(0.0);
        if abbreviated > full {
            self.abbreviated.answer(request)
        } else {
            self.full.answer(request)
        }
    }
}

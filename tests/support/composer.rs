//! A Composer repository: metadata as differences, branches beside versions, archives by commit on a host of their own.

use serde_json::{Map, Value, json};
use sha1::Sha1;

use crate::archive::{hex, zip};
use crate::upstream::{Received, Reply, Resource, Upstream};

const DATE: &str = "Mon, 01 Apr 2024 00:00:05 GMT";

#[derive(Clone, Debug)]
pub struct Package {
    /// `vendor/name`
    pub name: String,
    /// The newest first.
    pub releases: Vec<Release>,
}

#[derive(Clone, Debug)]
pub struct Release {
    pub version: String,
    pub requires: Vec<(String, String)>,
    pub commit: String,
    /// A zip with the version in `version.txt`.
    pub bytes: Vec<u8>,
    pub shasum: String,
}

impl Package {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            releases: Vec::new(),
        }
    }

    #[must_use]
    pub fn releases<'a>(self, versions: impl IntoIterator<Item = &'a str>) -> Self {
        versions
            .into_iter()
            .fold(self, |package, version| package.release(version, &[]))
    }

    #[must_use]
    pub fn release(mut self, version: &str, requires: &[(&str, &str)]) -> Self {
        let commit = hex::<Sha1>(format!("{} {version}", self.name).as_bytes());
        let manifest = json!({"name": self.name}).to_string();
        let folder = format!("{}-{commit}", self.name.replace('/', "-"));
        let bytes = zip(&[
            (&format!("{folder}/composer.json"), &manifest),
            (&format!("{folder}/version.txt"), version),
        ]);
        self.releases.push(Release {
            version: version.to_owned(),
            requires: requires
                .iter()
                .map(|(name, range)| ((*name).into(), (*range).into()))
                .collect(),
            commit,
            shasum: hex::<Sha1>(&bytes),
            bytes,
        });
        self
    }

    /// Where the archive of a release lies on the host of archives.
    pub fn archive(&self, version: &str) -> String {
        let release = self.releases.iter().find(|release| release.version == version);
        let commit = &release.expect("a known release").commit;
        format!("repos/{}/zipball/{commit}", self.name)
    }

    fn manifest(&self, release: &Release, files: &str) -> Map<String, Value> {
        let requires: Map<_, _> = release
            .requires
            .iter()
            .map(|(name, range)| (name.clone(), json!(range)))
            .collect();
        let mut manifest = Map::new();
        manifest.insert("name".into(), self.name.clone().into());
        manifest.insert("description".into(), "Of use".into());
        manifest.insert("version".into(), release.version.clone().into());
        manifest.insert("type".into(), "library".into());
        manifest.insert("time".into(), "2024-04-01T00:00:05+00:00".into());
        manifest.insert(
            "source".into(),
            json!({"type": "git", "url": format!("{files}/{}.git", self.name), "reference": release.commit}),
        );
        let url = format!("{files}/repos/{}/zipball/{}", self.name, release.commit);
        manifest.insert(
            "dist".into(),
            json!({"type": "zip", "url": url, "reference": release.commit, "shasum": release.shasum}),
        );
        if !requires.is_empty() {
            manifest.insert("require".into(), requires.into());
        }
        manifest
    }

    /// `p2/VENDOR/NAME.json`, or `~dev.json` with the branches.
    pub fn metadata(&self, files: &str, branches: bool) -> String {
        let is_branch = |release: &&Release| release.version.starts_with("dev-");
        let releases = self.releases.iter().filter(|release| is_branch(release) == branches);
        let mut last = Map::new();
        let mut versions = Vec::new();
        for release in releases {
            let manifest = self.manifest(release, files);
            let mut delta: Map<_, _> = manifest
                .iter()
                .filter(|(key, value)| last.get(*key) != Some(*value))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            for key in last.keys().filter(|key| !manifest.contains_key(*key)) {
                delta.insert(key.clone(), "__unset".into());
            }
            last = manifest;
            versions.push(Value::from(delta));
        }
        json!({"minified": "composer/2.0", "packages": {&self.name: versions}}).to_string()
    }
}

pub struct Packages {
    pub server: Upstream,
    pub files: Upstream,
}

impl Packages {
    pub async fn with(packages: &[Package]) -> Self {
        let this = Self {
            server: Upstream::start().await,
            files: Upstream::start().await,
        };
        let url = this.server.url();
        this.put_json(
            "/packages.json",
            &json!({
                "packages": [], "notify-batch": format!("{url}/downloads/"), "metadata-url": "/p2/%package%.json",
                "search": format!("{url}/search.json?q=%query%&type=%type%"), "list": format!("{url}/packages/list.json"),
                "security-advisories": {"metadata": false, "api-url": format!("{url}/api/security-advisories/")},
                "providers-url": "/p/%package%$%hash%.json", "provider-includes": {"p/latest$%hash%.json": {"sha256": "00"}},
                "mirrors": [{"dist-url": format!("{}/mirror/%package%/%version%.%type%", this.files.url()), "preferred": true}],
            })
            .to_string(),
        );
        for path in ["/downloads/", "/api/security-advisories/"] {
            this.server
                .put(path, |request: &Received| match request.method.as_str() {
                    "POST" => Reply::ok("application/json", r#"{"advisories":[]}"#),
                    _ => Reply::new(405),
                });
        }
        for package in packages {
            this.put_metadata(package);
            for release in &package.releases {
                let at = format!("/{}", package.archive(&release.version));
                let content = format!("/content/{}.zip", release.commit);
                let location = format!("{}{content}", this.files.url());
                this.files.put(at, move |_: &Received| Reply::redirect(302, &location));
                let resource = Resource::new("application/zip", release.bytes.clone());
                this.files
                    .put(content, resource.etag(&format!("\"{}\"", release.commit)));
            }
        }
        this
    }

    pub fn put_metadata(&self, package: &Package) {
        for (suffix, branches) in [("", false), ("~dev", true)] {
            let metadata = package.metadata(&self.files.url(), branches);
            self.put_json(&format!("/p2/{}{suffix}.json", package.name), &metadata);
        }
    }

    pub fn put_json(&self, path: &str, body: &str) {
        let etag = format!("\"{}\"", hex::<Sha1>(body.as_bytes()));
        let resource = Resource::new("application/json", body.to_owned()).etag(&etag);
        self.server.put(path, resource.last_modified(DATE).packed());
    }
}

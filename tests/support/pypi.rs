//! A Python index: simple pages in HTML and JSON, with the files on another host, as the real one has it.

use serde_json::{Value, json};
use sha2::Sha256;

use crate::archive::{hex, tar_gz, zip};
use crate::upstream::{Received, Reply, Resource, Route, Upstream};

pub const HTML: &str = "text/html";
pub const HTML_V1: &str = "application/vnd.pypi.simple.v1+html";
pub const JSON_V1: &str = "application/vnd.pypi.simple.v1+json";

#[derive(Clone, Debug)]
pub struct Project {
    pub name: String,
    files: Vec<File>,
}

/// One distribution file.
#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub version: String,
    pub bytes: Vec<u8>,
    /// The core metadata that PEP 658 serves beside a wheel.
    pub metadata: Option<String>,
    pub yanked: Option<String>,
    pub requires_python: Option<String>,
}

impl Project {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            files: Vec::new(),
        }
    }

    /// A pure wheel; its module's `RELEASE` tells the version.
    #[must_use]
    pub fn wheel(self, version: &str) -> Self {
        self.wheel_requiring(version, &[])
    }

    /// `requires` as in `Requires-Dist`.
    #[must_use]
    pub fn wheel_requiring(mut self, version: &str, requires: &[&str]) -> Self {
        let module = self.name.replace(['-', '.'], "_");
        let info = format!("{module}-{version}.dist-info");
        let requires: String = requires.iter().map(|line| format!("Requires-Dist: {line}\n")).collect();
        let metadata = format!(
            "Metadata-Version: 2.1\nName: {}\nVersion: {version}\n{requires}",
            self.name
        );
        let bytes = zip(&[
            (&format!("{module}.py"), &format!("RELEASE = '{version}'\n")),
            (&format!("{info}/METADATA"), &metadata),
            (
                &format!("{info}/WHEEL"),
                "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            ),
            (
                &format!("{info}/RECORD"),
                &format!("{module}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"),
            ),
        ]);
        self.files.push(File {
            name: format!("{module}-{version}-py3-none-any.whl"),
            version: version.to_owned(),
            bytes,
            metadata: Some(metadata),
            yanked: None,
            requires_python: None,
        });
        self
    }

    /// A source distribution that builds without any build requirement.
    #[must_use]
    pub fn sdist(mut self, version: &str) -> Self {
        let module = self.name.replace(['-', '.'], "_");
        let top = format!("{module}-{version}");
        let backend = BACKEND
            .replace("NAME", &self.name)
            .replace("MODULE", &module)
            .replace("VERSION", version);
        let bytes = tar_gz(&[
            (
                &format!("{top}/PKG-INFO"),
                &format!("Metadata-Version: 2.1\nName: {}\nVersion: {version}\n", self.name),
            ),
            (
                &format!("{top}/pyproject.toml"),
                "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n",
            ),
            (&format!("{top}/backend.py"), &backend),
        ]);
        self.files.push(File {
            name: format!("{top}.tar.gz"),
            version: version.to_owned(),
            bytes,
            metadata: None,
            yanked: None,
            requires_python: None,
        });
        self
    }

    /// A file with any name and content.
    #[must_use]
    pub fn file(mut self, name: &str, version: &str, bytes: &[u8]) -> Self {
        self.files.push(File {
            name: name.to_owned(),
            version: version.to_owned(),
            bytes: bytes.to_owned(),
            metadata: None,
            yanked: None,
            requires_python: None,
        });
        self
    }

    /// Changes the file that was added last.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut File)) -> Self {
        change(self.files.last_mut().expect("a file was added"));
        self
    }

    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// PEP 503, 592, 629, 714.
    pub fn html(&self, files_base: &str) -> String {
        let mut page = format!(
            "<!DOCTYPE html>\n<html>\n  <head>\n    <meta name=\"pypi:repository-version\" content=\"1.1\">\n    \
             <title>Links for {0}</title>\n  </head>\n  <body>\n    <h1>Links for {0}</h1>\n",
            self.name
        );
        for file in &self.files {
            let mut attributes = String::new();
            if let Some(python) = &file.requires_python {
                attributes += &format!(
                    " data-requires-python=\"{}\"",
                    python.replace('>', "&gt;").replace('<', "&lt;")
                );
            }
            if let Some(metadata) = &file.metadata {
                let digest = hex::<Sha256>(metadata.as_bytes());
                attributes +=
                    &format!(" data-dist-info-metadata=\"sha256={digest}\" data-core-metadata=\"sha256={digest}\"");
            }
            if let Some(why) = &file.yanked {
                attributes += &format!(" data-yanked=\"{why}\"");
            }
            page += &format!(
                "<a href=\"{}#sha256={}\"{attributes} >{}</a><br />\n",
                file.url(files_base),
                file.sha256(),
                file.name
            );
        }
        page + "</body>\n</html>\n<!--SERIAL 42-->"
    }

    /// PEP 691, 700.
    pub fn json(&self, files_base: &str) -> String {
        let file = |file: &File| {
            let metadata = file
                .metadata
                .as_ref()
                .map(|metadata| json!({ "sha256": hex::<Sha256>(metadata.as_bytes()) }));
            let metadata = metadata.unwrap_or(Value::Bool(false));
            json!({
                "core-metadata": metadata, "data-dist-info-metadata": metadata, "filename": file.name,
                "hashes": { "sha256": file.sha256() }, "requires-python": file.requires_python, "size": file.bytes.len(),
                "upload-time": "2020-01-01T00:00:00.000000Z", "url": file.url(files_base),
                "yanked": file.yanked.clone().map_or(Value::Bool(false), Value::String),
            })
        };
        json!({
            "meta": { "_last-serial": 42, "api-version": "1.1" }, "name": self.name,
            "files": self.files.iter().map(file).collect::<Vec<_>>(), "versions": self.versions(),
        })
        .to_string()
    }

    fn versions(&self) -> Vec<&str> {
        let mut versions: Vec<&str> = self.files.iter().map(|file| file.version.as_str()).collect();
        versions.dedup();
        versions
    }

    /// `/pypi/NAME/json`, or `/pypi/NAME/VERSION/json` when a version is given.
    pub fn legacy_json(&self, files_base: &str, version: Option<&str>) -> String {
        let entry = |file: &File| {
            json!({ "filename": file.name, "url": file.url(files_base), "digests": { "sha256": file.sha256() },
                "size": file.bytes.len(), "upload_time_iso_8601": "2020-01-01T00:00:00.000000Z", "yanked": false })
        };
        let of = |version: &str| {
            self.files
                .iter()
                .filter(|file| file.version == version)
                .map(entry)
                .collect::<Vec<_>>()
        };
        let latest = version.or(self.versions().last().copied()).unwrap_or_default();
        let mut document = json!({ "info": { "name": self.name, "version": latest }, "last_serial": 42,
            "urls": of(latest), "vulnerabilities": [] });
        if version.is_none() {
            let releases = self
                .versions()
                .into_iter()
                .map(|version| (version.to_owned(), json!(of(version))));
            document["releases"] = Value::Object(releases.collect());
        }
        document.to_string()
    }
}

impl File {
    pub fn sha256(&self) -> String {
        hex::<Sha256>(&self.bytes)
    }

    /// `/packages/AA/BB/NAME`, as deep as the real ones.
    pub fn path(&self) -> String {
        let digest = self.sha256();
        format!(
            "/packages/{}/{}/{}/{}",
            &digest[..2],
            &digest[2..4],
            &digest[4..],
            self.name
        )
    }

    fn url(&self, base: &str) -> String {
        format!("{base}{}", self.path())
    }
}

/// PEP 517 in twenty lines: writes a wheel by hand.
const BACKEND: &str = r#"
import os, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name, info = "MODULE-VERSION-py3-none-any.whl", "MODULE-VERSION.dist-info"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.writestr("MODULE.py", "RELEASE = 'VERSION'\n")
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\nName: NAME\nVersion: VERSION\n")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "/RECORD", "".join(f + ",,\n" for f in ["MODULE.py", info + "/METADATA", info + "/WHEEL", info + "/RECORD"]))
    return name
"#;

// === index ===

pub struct Pypi {
    pub index: Upstream,
    pub files: Upstream,
}

impl Pypi {
    pub async fn with(projects: &[Project]) -> Self {
        let index = Self {
            index: Upstream::start().await,
            files: Upstream::start().await,
        };
        let links: String = projects
            .iter()
            .map(|p| format!("<a href=\"/simple/{0}/\">{0}</a>\n", p.name))
            .collect();
        index.index.put(
            "/simple/",
            Resource::new(HTML, format!("<!DOCTYPE html><html><body>{links}</body></html>")),
        );
        for project in projects {
            index.publish(project);
        }
        index
    }

    /// Puts everything that belongs to a project; a second call replaces it.
    pub fn publish(&self, project: &Project) {
        let base = self.files.url();
        let (html, json) = (project.html(&base), project.json(&base));
        self.index
            .put(format!("/simple/{}/", project.name), Page::new(&html, &json));
        let page = format!("/simple/{}/", project.name);
        self.index
            .put(format!("/simple/{}", project.name), Reply::redirect(301, &page));
        let legacy = |version| Resource::new("application/json", project.legacy_json(&base, version));
        self.index.put(format!("/pypi/{}/json", project.name), legacy(None));
        for version in project.versions() {
            self.index
                .put(format!("/pypi/{}/{version}/json", project.name), legacy(Some(version)));
        }
        for file in &project.files {
            let etag = format!("\"{}\"", &file.sha256()[..32]);
            let content = Resource::new("application/octet-stream", file.bytes.clone()).etag(&etag);
            self.files.put(file.path(), content);
            if let Some(metadata) = &file.metadata {
                self.files.put(
                    format!("{}.metadata", file.path()),
                    Resource::new("text/plain", metadata.clone()),
                );
            }
        }
    }
}

/// PEP 691 content negotiation.
struct Page {
    html: Resource,
    html_v1: Resource,
    json: Resource,
}

impl Page {
    fn new(html: &str, json: &str) -> Self {
        let form = |content_type: &str, body: &str| {
            let etag = format!(
                "\"{}\"",
                &hex::<Sha256>(format!("{content_type}{body}").as_bytes())[..32]
            );
            Resource::new(content_type, body.to_owned())
                .etag(&etag)
                .header("vary", "Accept")
                .packed()
        };
        Self {
            html: form("text/html; charset=UTF-8", html),
            html_v1: form(HTML_V1, html),
            json: form(JSON_V1, json),
        }
    }
}

impl Route for Page {
    fn answer(&self, request: &Received) -> Reply {
        if request
            .header("accept")
            .is_none_or(|accept| accept.contains("*/*") && !accept.contains("vnd.pypi"))
        {
            return self.html.answer(request);
        }
        let forms = [(JSON_V1, &self.json), (HTML_V1, &self.html_v1), (HTML, &self.html)];
        let quality = |name: &str| {
            let wildcard = request.quality("accept", "*/*").filter(|_| name == HTML);
            request.quality("accept", name).or(wildcard).unwrap_or(0.0)
        };
        let best = forms
            .into_iter()
            .rev()
            .max_by(|(a, _), (b, _)| quality(a).total_cmp(&quality(b)));
        match best {
            Some((name, resource)) if quality(name) > 0.0 => resource.answer(request),
            _ => Reply::new(406)
                .header("content-type", "text/plain")
                .body("no acceptable form"),
        }
    }
}

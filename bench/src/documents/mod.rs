//! The documents that both sides rewrite: real ones from a folder, and made ones of chosen sizes.

mod made;

use std::path::Path;

use anyhow::Context as _;
use bytes::Bytes;
use osa_proxy::plugin::{Head, Request};
use serde_json::{Value, json};

pub(crate) use made::{packument, page_html, page_json};

use crate::stem;

/// What links in made documents begin with.
pub(crate) const FILES: &str = "https://files.example";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Packument,
    PageJson,
    PageHtml,
}

pub(crate) struct Document {
    pub(crate) label: String,
    pub(crate) form: Form,
    /// Of the package or project.
    pub(crate) name: String,
    /// What the links to its files begin with: scheme and host.
    pub(crate) origin: String,
    pub(crate) body: Bytes,
}

/// The real documents of a folder, then the made ones.
pub(crate) fn all(folder: &Path) -> anyhow::Result<Vec<Document>> {
    let mut documents = real(folder)?;
    for (label, versions, each) in [
        ("made, 1 MB, 1 KB a version", 1_000, 1_000),
        ("made, 10 MB, 1 KB a version", 10_000, 1_000),
        ("made, 40 MB, 1 KB a version", 40_000, 1_000),
        ("made, 10 MB, 4 KB a version", 2_500, 4_000),
    ] {
        documents.push(Document::made(
            Form::Packument,
            label,
            packument("made", FILES, versions, each),
        ));
    }
    for (label, files) in [("made, 5,000 files", 5_000), ("made, 40,000 files", 40_000)] {
        documents.push(Document::made(Form::PageJson, label, page_json(files)));
        documents.push(Document::made(Form::PageHtml, label, page_html(files)));
    }
    documents.sort_by_key(|document| document.form as u8);
    Ok(documents)
}

fn real(folder: &Path) -> anyhow::Result<Vec<Document>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    let mut documents = Vec::new();
    for path in paths {
        let file = path.to_string_lossy();
        let form = if file.ends_with(".packument.json") {
            Form::Packument
        } else if file.ends_with(".page.json") {
            Form::PageJson
        } else if file.ends_with(".page.html") {
            Form::PageHtml
        } else {
            continue;
        };
        let body = Bytes::from(std::fs::read(&path)?);
        let origin = origin(form, &body).with_context(|| format!("{file}: no absolute link to a file"))?;
        documents.push(Document {
            label: stem(&path),
            form,
            name: stem(&path),
            origin,
            body,
        });
    }
    Ok(documents)
}

/// Scheme and host of the first link to a file.
fn origin(form: Form, body: &[u8]) -> Option<String> {
    let link = match form {
        Form::Packument => {
            let document: Value = serde_json::from_slice(body).ok()?;
            let version = document.get("versions")?.as_object()?.values().next()?;
            version.pointer("/dist/tarball")?.as_str()?.to_owned()
        }
        Form::PageJson => {
            let document: Value = serde_json::from_slice(body).ok()?;
            document.pointer("/files/0/url")?.as_str()?.to_owned()
        }
        Form::PageHtml => {
            let text = std::str::from_utf8(body).ok()?;
            text.split_once("href=\"")?.1.split_once('"')?.0.to_owned()
        }
    };
    let (scheme, rest) = link.split_once("://")?;
    Some(format!("{scheme}://{}", rest.split('/').next()?))
}

// === impl Form ===

impl Form {
    /// Of osa-proxy.yml.
    pub(crate) fn section(self) -> &'static str {
        match self {
            Self::Packument => "npm",
            Self::PageJson | Self::PageHtml => "pypi",
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Packument => "packument",
            Self::PageJson => "index page, JSON",
            Self::PageHtml => "index page, HTML",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Packument => "application/json",
            Self::PageJson => "application/vnd.pypi.simple.v1+json",
            Self::PageHtml => "text/html",
        }
    }
}

// === impl Document ===

impl Document {
    fn made(form: Form, label: &str, body: Vec<u8>) -> Self {
        Self {
            label: label.into(),
            form,
            name: "made".into(),
            origin: FILES.into(),
            body: body.into(),
        }
    }

    /// The repository's part of osa-proxy.yml.
    pub(crate) fn settings(&self) -> String {
        match self.form {
            Form::Packument => json!({ "registry": self.origin }),
            _ => json!({ "registry": "https://index.example", "packages-registry": self.origin }),
        }
        .to_string()
    }

    pub(crate) fn request(&self) -> Request {
        let path = match self.form {
            Form::Packument => self.name.clone(),
            _ => format!("simple/{}/", self.name),
        };
        get(path, self.form.content_type())
    }

    pub(crate) fn head(&self) -> Head {
        Head {
            status: 200,
            headers: vec![("content-type".into(), self.form.content_type().into())],
        }
    }
}

pub(crate) fn get(path: String, accept: &str) -> Request {
    Request {
        method: "GET".into(),
        path,
        query: None,
        headers: vec![("accept".into(), accept.into())],
    }
}

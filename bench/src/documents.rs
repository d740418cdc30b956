//! The documents that both sides rewrite: real ones from a folder, and made ones of chosen sizes.

use std::path::Path;

use anyhow::Context as _;
use bytes::Bytes;
use osa_proxy::plugin::{Head, Request};

use crate::kinds::{self, FILES, Kind};
use crate::stem;

pub(crate) struct Document {
    pub(crate) label: String,
    pub(crate) kind: &'static dyn Kind,
    /// Of the package or project.
    pub(crate) name: String,
    /// What the links to its files begin with: scheme and host.
    pub(crate) origin: String,
    pub(crate) body: Bytes,
}

/// Of every kind the real documents of the folder, then the made ones.
pub(crate) fn all(folder: &Path) -> anyhow::Result<Vec<Document>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    files.sort();
    let mut documents = Vec::new();
    for kind in kinds::ALL {
        for file in &files {
            let is_one = kind.file_end().is_some_and(|end| file.to_string_lossy().ends_with(end));
            if is_one {
                documents.push(Document::real(kind, file)?);
            }
        }
        for (label, body) in kind.made() {
            documents.push(Document {
                label: label.into(),
                kind,
                name: "made".into(),
                origin: FILES.into(),
                body: body.into(),
            });
        }
    }
    Ok(documents)
}

// === impl Document ===

impl Document {
    fn real(kind: &'static dyn Kind, file: &Path) -> anyhow::Result<Self> {
        let body = Bytes::from(std::fs::read(file)?);
        let origin = kind.origin(&body);
        Ok(Self {
            label: stem(file),
            kind,
            name: stem(file),
            origin: origin.with_context(|| format!("{}: no absolute link to a file", file.display()))?,
            body,
        })
    }

    pub(crate) fn request(&self) -> Request {
        get(self.kind.path(self), self.kind.content_type())
    }

    pub(crate) fn head(&self) -> Head {
        Head {
            status: 200,
            headers: vec![("content-type".into(), self.kind.content_type().into())],
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

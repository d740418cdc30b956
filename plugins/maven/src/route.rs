//! What the host should do with a request.

use osa_plugin_sdk::{Answer, Artifact, Digest, Document, Packing, Request, Route, Target};

use crate::describe::REGISTRY;
use crate::path::{Part, Resource};
use crate::settings::Settings;

pub(crate) fn route(settings: &Settings, request: &Request) -> Route {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        let allow = vec![("allow".to_owned(), "GET, HEAD".to_owned())];
        return text(
            405,
            "This repository is read-only: deploy to the registry itself.",
            allow,
        );
    }
    let path = &request.path;
    match Resource::of(settings, path) {
        None => Route::NotFound,
        Some(Resource::Metadata { part, .. }) => match part {
            Part::Document => Route::Document(document(path)),
            Part::Checksum(digest) => match document_of_checksum(path) {
                Some(path) => Route::ChecksumOf((document(path), digest)),
                None => Route::NotFound,
            },
            Part::Never => text(
                404,
                "Metadata is edited here, so that there is no signature of it; there are .sha1, .md5, .sha256 and .sha512.",
                Vec::new(),
            ),
        },
        Some(Resource::File {
            artifact,
            version,
            file,
            describes,
        }) => Route::Artifact(Artifact {
            at: at(path, None),
            purl: Some(artifact.purl(&version)),
            file_name: file,
            scannable: !describes,
        }),
        Some(Resource::Stray(file)) => text(
            403,
            &format!(
                "`{file}` lies in no version's folder (GROUP/ARTIFACT/VERSION/FILE), so it cannot be judged and is not served."
            ),
            vec![("cache-control".to_owned(), "no-store".to_owned())],
        ),
        Some(Resource::Other) => Route::Passthrough(at(path, request.query.as_deref())),
    }
}

/// Without the extension of the checksum. None when the name is percent-encoded, which no client's is.
fn document_of_checksum(path: &str) -> Option<&str> {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let (document, _) = path.rsplit_once('.')?;
    (!name.contains('%')).then_some(document)
}

fn document(path: &str) -> Document {
    Document {
        at: at(path, None),
        accept: None,
        packing: Packing::Plain,
        pinned: false,
        validator: Digest::Sha256,
    }
}

fn at(path: &str, query: Option<&str>) -> Target {
    Target {
        origin: REGISTRY.into(),
        path: query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")),
    }
}

fn text(status: u16, message: &str, mut headers: Vec<(String, String)>) -> Route {
    headers.push(("content-type".to_owned(), "text/plain; charset=utf-8".to_owned()));
    Route::Respond(Answer {
        status,
        headers,
        body: format!("{message}\n").into_bytes(),
    })
}

//! What the host should do with a request.

use osa_plugin_sdk::{Answer, Artifact, Digest, Document, Packing, Request, Route, Target};

use crate::describe::REGISTRY;
use crate::resource::Resource;

pub(crate) fn route(request: &Request) -> Route {
    let reads = matches!(request.method.as_str(), "GET" | "HEAD");
    let query = request.query.as_deref();
    match Resource::of(&request.path) {
        _ if !reads => only_reads(),
        Resource::Unknown => Route::NotFound,
        Resource::Service(path) => Route::Passthrough(at(with_query(path, query))),
        // Bundler before 2.5 leaves the compact index, without a word, unless the entity tag is the MD5 of the body.
        Resource::Info { gem } => document(format!("info/{gem}"), Packing::Plain, Digest::Md5),
        Resource::Versions => document("versions".into(), Packing::Plain, Digest::Md5),
        Resource::Specs { file, gzip } => {
            let packing = if gzip { Packing::Gzip } else { Packing::Plain };
            document(file, packing, Digest::Sha256)
        }
        Resource::Dependencies { json } => {
            let path = if json {
                "api/v1/dependencies.json"
            } else {
                "api/v1/dependencies"
            };
            document(with_query(path.into(), query), Packing::Plain, Digest::Sha256)
        }
        Resource::VersionsOf { gem } => {
            let path = with_query(format!("api/v1/versions/{gem}.json"), query);
            document(path, Packing::Plain, Digest::Sha256)
        }
        Resource::GemOf { path, .. } => document(with_query(path, query), Packing::Plain, Digest::Sha256),
        // Whole or not at all: there is nothing in it to edit.
        Resource::Gemspec(file) => Route::Document(Document {
            pinned: true,
            ..plain(format!("quick/Marshal.4.8/{}.gemspec.rz", file.full_name()))
        }),
        Resource::Gem { file, folder } => {
            let name = format!("{}.gem", file.full_name());
            Route::Artifact(Artifact {
                at: at(format!("{folder}/{name}")),
                purl: Some(file.component().purl()),
                file_name: name,
                scannable: true,
            })
        }
    }
}

fn document(path: String, packing: Packing, validator: Digest) -> Route {
    Route::Document(Document {
        packing,
        validator,
        ..plain(path)
    })
}

fn plain(path: String) -> Document {
    Document {
        at: at(path),
        accept: None,
        packing: Packing::Plain,
        pinned: false,
        validator: Digest::Sha256,
    }
}

fn with_query(mut path: String, query: Option<&str>) -> String {
    if let Some(query) = query {
        path.push('?');
        path.push_str(query);
    }
    path
}

fn at(path: String) -> Target {
    Target {
        origin: REGISTRY.into(),
        path,
    }
}

fn only_reads() -> Route {
    Route::Respond(Answer {
        status: 405,
        headers: vec![
            ("allow".into(), "GET, HEAD".into()),
            ("content-type".into(), "text/plain; charset=utf-8".into()),
        ],
        body: b"This proxy only reads: push, yank and sign in at the gem server itself.\n".to_vec(),
    })
}

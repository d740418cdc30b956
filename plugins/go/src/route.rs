//! What the host should do with a request.

use osa_plugin_sdk::{Answer, Artifact, Digest, Document, Packing, Request, Route, Target, purl};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::describe::{REGISTRY, SUMDB};
use crate::module::escape;
use crate::resource::{File, Resource};
use crate::settings::Settings;

/// What the go command leaves as it is in a path (`net/url`, `PathEscape` of each segment).
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'@')
    .remove(b'+')
    .remove(b':')
    .remove(b'!');

pub(crate) fn route(settings: &Settings, request: &Request) -> Route {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return respond(405, &[("allow", "GET, HEAD")], "a module proxy is only read from\n");
    }
    match Resource::of(&request.path) {
        Resource::Module(module, File::List) => document(&format!("{}/@v/list", module.escaped())),
        Resource::Module(module, File::Latest) => document(&format!("{}/@latest", module.escaped())),
        // go.mod files of versions that nobody builds belong to the graph that versions are chosen from; without them
        // nothing could be chosen.
        Resource::Module(module, File::About { version, end }) => {
            Route::Passthrough(at(REGISTRY, &format!("{}/@v/{version}{end}", module.escaped())))
        }
        Resource::Module(module, File::Zip { version }) => {
            let file_name = format!("{version}.zip");
            Route::Artifact(Artifact {
                at: at(REGISTRY, &format!("{}/@v/{}.zip", module.escaped(), escape(&version))),
                purl: Some(module.purl_prefix() + &purl::encode(&version)),
                file_name,
                scannable: true,
            })
        }
        Resource::Module(_, File::ZipOfQuery) => respond(
            403,
            &[],
            "no version: ask for /@v/QUERY.info, then for the file of the version that it names\n",
        ),
        // A client that is told 404 asks its checksum database itself.
        Resource::Sumdb(_) if !settings.sumdb => respond(404, &[], "no sumdb-registry is configured here\n"),
        Resource::Sumdb(within) if within == "supported" => respond(200, &[], ""),
        Resource::Sumdb(within) => Route::Passthrough(at(SUMDB, &within)),
        Resource::Unknown => Route::NotFound,
    }
}

fn document(path: &str) -> Route {
    Route::Document(Document {
        at: at(REGISTRY, path),
        accept: None,
        packing: Packing::Plain,
        pinned: false,
        validator: Digest::Sha256,
    })
}

fn at(origin: &str, path: &str) -> Target {
    Target {
        origin: origin.into(),
        path: utf8_percent_encode(path, PATH).to_string(),
    }
}

fn respond(status: u16, headers: &[(&str, &str)], body: &str) -> Route {
    let mut all = vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())];
    all.extend(
        headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    Route::Respond(Answer {
        status,
        headers: all,
        body: body.as_bytes().to_vec(),
    })
}

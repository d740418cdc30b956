//! What the host should do with a request.

use osa_plugin_sdk::{Answer, Artifact, Digest, Document, Packing, Request, Route, Target, accept::Accept, json};

use crate::describe::REGISTRY;
use crate::resource::{Resource, View, encode};
use crate::tarball::Tarball;

const FULL: &str = "application/json";
const ABBREVIATED: &str = "application/vnd.npm.install-v1+json";
/// What pnpm and yarn send.
const ABBREVIATED_OR_FULL: &str = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*";

pub(crate) fn route(request: &Request) -> Route {
    let reads = matches!(request.method.as_str(), "GET" | "HEAD");
    match Resource::of(&request.path) {
        Resource::Service(segments) => service(request, &segments),
        Resource::Unknown if reads => Route::NotFound,
        _ if !reads => not_here(),
        Resource::Root => pass(String::new()),
        Resource::Packument { package, view } => {
            let accept = if view == View::Whole {
                packument_accept(request)
            } else {
                FULL
            };
            document(package.escaped(), accept)
        }
        Resource::Manifest { package, version } => {
            document(format!("{}/{}", package.escaped(), encode(&version)), FULL)
        }
        Resource::Tarball(tarball) => artifact(tarball, request.query.as_deref()),
        Resource::Beside { path, file } => Route::Artifact(Artifact {
            at: at(path),
            purl: None,
            file_name: file,
            scannable: false,
        }),
        Resource::Unknown => Route::NotFound,
    }
}

/// The two forms of a packument; each has its own entity tag, since they are different documents.
fn packument_accept(request: &Request) -> &'static str {
    let header = request.headers.iter().find(|(name, _)| name == "accept");
    let accept = Accept::parse(header.map(|(_, value)| value.as_str()));
    match accept.prefer(&[FULL, ABBREVIATED]) {
        Some(1) => ABBREVIATED_OR_FULL,
        _ => FULL,
    }
}

fn document(path: String, accept: &str) -> Route {
    Route::Document(Document {
        at: at(path),
        accept: Some(accept.into()),
        packing: Packing::Plain,
        pinned: false,
        validator: Digest::Sha256,
    })
}

fn artifact(tarball: Tarball, query: Option<&str>) -> Route {
    let purl = tarball.purl();
    let path = match query {
        // Only a link that was bound as it stood may have needed one.
        Some(query) if tarball.bound => format!("{}?{query}", tarball.path),
        _ => tarball.path,
    };
    Route::Artifact(Artifact {
        at: at(path),
        purl: Some(purl),
        file_name: tarball.file,
        scannable: true,
    })
}

/// Below `-/`, where no package's bytes and no versions to choose from are. Search shows the latest version of each
/// package as it is upstream; installing from it goes through the packument.
fn service(request: &Request, segments: &[String]) -> Route {
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    let methods: &[&str] = match segments.as_slice() {
        ["ping" | "whoami"]
        | ["v1", "search" | "done"]
        | ["npm", "v1", "keys" | "user"]
        | ["npm", "v1", "attestations", _, ..] => &["GET", "HEAD"],
        ["npm", "v1", "security", "advisories", "bulk"]
        | ["npm", "v1", "security", "audits"]
        | ["npm", "v1", "security", "audits", "quick"]
        | ["v1", "login"] => &["POST"],
        ["user", _, ..] => &["GET", "HEAD", "PUT", "DELETE"],
        _ if matches!(request.method.as_str(), "GET" | "HEAD") => return Route::NotFound,
        _ => return not_here(),
    };
    if !methods.contains(&request.method.as_str()) {
        return not_allowed(&methods.join(", "), "this path does not take this method");
    }
    // As it came: a slash may be part of a name here, and it has been seen to read the same either way.
    let mut path = request.path.clone();
    if let Some(query) = &request.query {
        path.push('?');
        path.push_str(query);
    }
    pass(path)
}

fn pass(path: String) -> Route {
    Route::Passthrough(at(path))
}

fn at(path: String) -> Target {
    Target {
        origin: REGISTRY.into(),
        path,
    }
}

fn not_here() -> Route {
    not_allowed(
        "GET, HEAD",
        "this proxy only reads: publish, unpublish, tag and deprecate at the registry itself",
    )
}

fn not_allowed(allow: &str, message: &str) -> Route {
    Route::Respond(Answer {
        status: 405,
        headers: vec![
            ("allow".into(), allow.into()),
            ("content-type".into(), "application/json".into()),
        ],
        body: format!("{{\"error\":{}}}", json::quote(message)).into_bytes(),
    })
}

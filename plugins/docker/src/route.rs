//! What the host should do with a request.

use osa_plugin_sdk::{Document, Packing, Request, Route, Target};

use crate::describe::REGISTRY;
use crate::resource::{Manifest, Resource};
use crate::settings::Settings;
use crate::{namespace, refuse, token};

pub(crate) fn route(settings: &Settings, request: &Request) -> Route {
    let resource = Resource::of(settings, &request.path);
    let reads = matches!(request.method.as_str(), "GET" | "HEAD");
    match &resource {
        Resource::NotOurs => return Route::NotFound,
        Resource::Token(path) => return token::route(settings, path, request),
        _ if !reads => return refuse::with(405, "UNSUPPORTED", "images are only read through this proxy"),
        Resource::Wrong(code, message) => {
            let status = if *code == "UNSUPPORTED" { 404 } else { 400 };
            return refuse::with(status, code, message);
        }
        _ => {}
    }
    let query = match namespace::checked(settings, request.query.as_deref()) {
        Ok(query) => query,
        Err(host) => {
            let message = format!(
                "this mirror has no images of {host} (?ns=): ask it for {} only, or add the host to mirror-of",
                settings.registry.host
            );
            return refuse::with(403, "DENIED", &message);
        }
    };
    let passed = |path: String| {
        let query = query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        Route::Passthrough(at(path + &query))
    };
    match resource {
        Resource::Ping => Route::Passthrough(at("v2/".into())),
        Resource::Catalog => passed("v2/_catalog".into()),
        Resource::Tags(name) => passed(format!("v2/{name}/tags/list")),
        Resource::Referrers(name, digest) => passed(format!("v2/{name}/referrers/{digest}")),
        Resource::Blob(name, digest) => Route::Passthrough(at(format!("v2/{name}/blobs/{digest}"))),
        Resource::Manifest(manifest) => component(&manifest),
        Resource::Token(_) | Resource::Wrong(..) | Resource::NotOurs => Route::NotFound,
    }
}

fn component(manifest: &Manifest) -> Route {
    Route::Component(Document {
        at: at(format!("v2/{}/manifests/{}", manifest.name, manifest.reference)),
        // Which forms of an image a client knows is its own affair; all that it says counts.
        accept: None,
        packing: Packing::Plain,
        pinned: manifest.digest().is_some(),
        validator: osa_plugin_sdk::Digest::Sha256,
    })
}

fn at(path: String) -> Target {
    Target {
        origin: REGISTRY.into(),
        path,
    }
}

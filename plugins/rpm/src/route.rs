//! What the host should do with a request.

use osa_plugin_sdk::{Answer, Artifact, Digest, Document, Packing, Request, Route, Target};

use crate::describe::{MIRRORLIST, REGISTRY};
use crate::resource::{Package, Resource};
use crate::settings::Settings;

pub(crate) fn route(settings: &Settings, request: &Request) -> Route {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return respond(405, &[("allow", "GET, HEAD")], "This repository is read-only.");
    }
    let Some(resource) = Resource::of(&request.path, request.query.as_deref()) else {
        return Route::NotFound;
    };
    match resource {
        Resource::Mirrors => document(at(if settings.mirrorlist { MIRRORLIST } else { REGISTRY }, request)),
        Resource::MirrorsOf { .. } => document(at(REGISTRY, request)),
        Resource::Package(package) => match purl(settings, &package) {
            Some(purl) => Route::Artifact(Artifact {
                at: at(REGISTRY, request),
                purl: Some(purl),
                file_name: package.file_name,
                scannable: package.itself,
            }),
            None => nameless(&package.file_name),
        },
        Resource::Nameless(file_name) => nameless(&file_name),
        Resource::Metadata => Route::Passthrough(at(REGISTRY, request)),
        Resource::Other(file_name) => Route::Artifact(Artifact {
            at: at(REGISTRY, request),
            purl: None,
            file_name,
            scannable: false,
        }),
    }
}

fn purl(settings: &Settings, package: &Package) -> Option<String> {
    let nevra = package.nevra()?;
    let folders: Vec<&str> = package.folders.iter().map(String::as_str).collect();
    let (namespace, distro) = settings.origin_of(&folders);
    Some(nevra.purl(namespace.as_deref(), distro.as_deref()))
}

fn nameless(file_name: &str) -> Route {
    respond(
        403,
        &[("cache-control", "no-store")],
        &format!(
            "`{file_name}` does not tell which one package it is (NAME-VERSION-RELEASE.ARCH.rpm), so it cannot be judged and is \
             not served."
        ),
    )
}

fn document(at: Target) -> Route {
    Route::Document(Document {
        at,
        accept: None,
        packing: Packing::Plain,
        pinned: false,
        validator: Digest::Sha256,
    })
}

fn at(origin: &str, request: &Request) -> Target {
    let path = &request.path;
    Target {
        origin: origin.into(),
        path: match &request.query {
            Some(query) => format!("{path}?{query}"),
            None => path.clone(),
        },
    }
}

fn respond(status: u16, headers: &[(&str, &str)], message: &str) -> Route {
    let mut all = vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())];
    all.extend(
        headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    Route::Respond(Answer {
        status,
        headers: all,
        body: format!("{message}\n").into_bytes(),
    })
}

//! What the host should do with a request.

use osa_plugin_sdk::relay::{self, as_written};
use osa_plugin_sdk::{Answer, Artifact, Digest, Document, Packing, Request, Route, Target};

use crate::describe::{MIRRORLIST, REGISTRY};
use crate::resource::{Package, Resource};
use crate::settings::Settings;

pub(crate) fn route(settings: &Settings, request: &Request) -> Route {
    if let Some(refused) = relay::read_only(request) {
        return refused;
    }
    let Some(resource) = Resource::of(&request.path, request.query.as_deref()) else {
        return Route::NotFound;
    };
    match resource {
        Resource::Mirrors => document(as_written(
            if settings.mirrorlist { MIRRORLIST } else { REGISTRY },
            request,
        )),
        Resource::MirrorsOf { .. } => document(as_written(REGISTRY, request)),
        Resource::Package(package) => match purl(settings, &package) {
            Some(purl) => Route::Artifact(Artifact {
                at: as_written(REGISTRY, request),
                purl: Some(purl),
                scannable: package.is_whole(),
                file_name: package.file_name,
            }),
            None => nameless(&package.file_name),
        },
        Resource::Nameless(file_name) => nameless(&file_name),
        Resource::Metadata => Route::Passthrough(as_written(REGISTRY, request)),
        Resource::Other(file_name) => Route::Artifact(Artifact {
            at: as_written(REGISTRY, request),
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
    Route::Respond(Answer {
        status: 403,
        headers: vec![
            ("content-type".into(), "text/plain; charset=utf-8".into()),
            ("cache-control".into(), "no-store".into()),
        ],
        body: format!(
            "`{file_name}` does not tell which one package it is (NAME-VERSION-RELEASE.ARCH.rpm), so it cannot be judged and is \
             not served.\n"
        )
        .into_bytes(),
    })
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

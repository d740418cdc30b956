//! What the host should do with a request.

use osa_plugin_sdk::{Artifact, Request, Route, purl, relay};

use crate::describe::REGISTRY;
use crate::file::{File, Package};
use crate::path::{Place, Resource};
use crate::settings::Settings;

pub(crate) fn route(settings: &Settings, request: &Request) -> Route {
    if let Some(answer) = relay::read_only(request) {
        return answer;
    }
    let Some(place) = Place::of(&request.path) else {
        return Route::NotFound;
    };
    // It was read as upstream reads it, so it may stay as it is.
    let at = relay::as_written(REGISTRY, request);
    match place.resource() {
        None => Route::NotFound,
        Some(Resource::Index) => Route::Passthrough(at),
        Some(Resource::File { name, file }) => {
            let (package, scannable) = match &file {
                File::Package(package) => (Some(package), true),
                File::Beside(package) => (Some(package), false),
                File::Other => (None, false),
            };
            Route::Artifact(Artifact {
                at,
                purl: package.map(|package| package_url(settings, package)),
                file_name: name.to_owned(),
                scannable,
            })
        }
    }
}

/// `pkg:deb/NAMESPACE/NAME@VERSION?arch=ARCH&distro=CODENAME`; what is not known is left out.
fn package_url(settings: &Settings, package: &Package<'_>) -> String {
    let mut purl = purl::prefix("deb", &settings.namespace, &package.name.to_lowercase());
    match package.version {
        Some(version) => purl.push_str(&purl::encode(version)),
        None => {
            purl.pop();
        }
    }
    purl::qualify(
        &mut purl,
        &[("arch", package.arch), ("distro", settings.distro.as_deref())],
    );
    purl
}

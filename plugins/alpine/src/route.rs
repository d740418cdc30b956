//! What the host should do with a request.

use osa_plugin_sdk::{Artifact, Request, Route, purl, relay};

use crate::describe::REGISTRY;
use crate::file::Package;
use crate::path::{Place, Resource};
use crate::settings::Settings;

pub(crate) fn route(settings: &Settings, request: &Request) -> Route {
    if let Some(answer) = relay::read_only(request) {
        return answer;
    }
    let Some(place) = Place::of(&request.path) else {
        return Route::NotFound;
    };
    let at = relay::as_written(REGISTRY, request);
    let (file, package) = match place.resource() {
        None => return Route::NotFound,
        Some(Resource::Index) => return Route::Passthrough(at),
        Some(Resource::Package { file, package }) => (file, Some(package)),
        Some(Resource::Other { file }) => (file, None),
    };
    Route::Artifact(Artifact {
        at,
        purl: package.as_ref().map(|package| package_url(settings, &place, package)),
        file_name: file.to_owned(),
        scannable: package.is_some_and(|package| package.itself),
    })
}

/// `pkg:apk/NAMESPACE/NAME@VERSION?arch=ARCH&distro=BRANCH`; what is not known is left out.
fn package_url(settings: &Settings, place: &Place<'_>, package: &Package<'_>) -> String {
    let mut purl = purl::prefix("apk", &settings.namespace, &package.name.to_lowercase());
    match package.version {
        Some(version) => purl.push_str(&purl::encode(version)),
        None => {
            purl.pop();
        }
    }
    let branch = settings.distro.as_deref().or_else(|| place.branch());
    purl::qualify(
        &mut purl,
        &[
            ("arch", place.architecture()),
            ("distro", branch.or(settings.branch.as_deref())),
        ],
    );
    purl
}

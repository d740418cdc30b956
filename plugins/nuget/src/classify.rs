//! What the host should do with a request.

use std::borrow::Cow;

use osa_plugin_sdk::{
    Answer, Artifact, Digest, Document, Packing, Request, Route, Target,
    origins::{ADDITIONAL, Origin, Origins},
    purl,
};

use crate::path::{Kind, Place, Release};

/// What feeds answer with; some do not know the type's right name.
const JSON: &str = "application/json, */*;q=0.1";

pub(crate) enum Found<'o> {
    At(&'o Origin, Place),
    /// On a host that this repository does not fetch from.
    Elsewhere(String),
}

/// The upstream of a path and what is there.
pub(crate) fn find<'o>(origins: &'o Origins, path: &str) -> Option<Found<'o>> {
    let Some((origin, path)) = origins.of_path(plain(path)) else {
        let rest = plain(path).strip_prefix("-/files/")?;
        let host = rest.split('/').next().unwrap_or_default();
        return Some(Found::Elsewhere(shown(host)));
    };
    Place::of(path).map(|place| Found::At(origin, place))
}

/// Without the segment that the proxy's first generation put before every path.
fn plain(path: &str) -> &str {
    match path.strip_prefix("nuget-api") {
        Some("") => "",
        Some(rest) => rest.strip_prefix('/').unwrap_or(path),
        None => path,
    }
}

fn shown(host: &str) -> String {
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b".-:".contains(byte);
    host.bytes().filter(safe).take(100).map(char::from).collect()
}

pub(crate) fn route(origins: &Origins, request: &Request) -> Route {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return text(
            405,
            "This proxy only reads: push, delete and unlist at the feed itself.",
            Some(("allow", "GET, HEAD")),
        );
    }
    let (origin, place) = match find(origins, &request.path) {
        None => return Route::NotFound,
        Some(Found::Elsewhere(host)) => return elsewhere(&host),
        Some(Found::At(origin, place)) => (origin, place),
    };
    let at = target(origin, &place.path, request.query.as_deref());
    match place.kind {
        Kind::Certificate => Route::Passthrough(at),
        Kind::File { release, file_name } => Route::Artifact(Artifact {
            at,
            purl: Some(package_url(&release)),
            file_name,
            scannable: true,
        }),
        Kind::Unreadable { file_name } => {
            let file_name = shown(&file_name);
            text(
                403,
                &format!(
                    "The path of `{file_name}` does not tell which version of which package it is, so it cannot be \
                     judged and is not served."
                ),
                Some(("cache-control", "no-store")),
            )
        }
        Kind::Manifest(_) => document(at, None, true),
        Kind::Document { .. } => document(at, Some(JSON), false),
    }
}

/// Links to other hosts lead here, so that nothing goes round the proxy unseen.
fn elsewhere(host: &str) -> Route {
    text(
        403,
        &format!(
            "The feed links to the host `{host}`, which this repository is not configured to fetch from. In \
             osa-proxy.yml, add `{ADDITIONAL}: {{\"{host}\": \"https://{host}\"}}` to it."
        ),
        Some(("cache-control", "no-store")),
    )
}

pub(crate) fn package_url(release: &Release) -> String {
    purl::prefix("nuget", "", &release.id) + &purl::encode(&release.version)
}

fn target(origin: &Origin, path: &str, query: Option<&str>) -> Target {
    let path = match query {
        Some(query) => Cow::Owned(format!("{path}?{query}")),
        None => Cow::Borrowed(path),
    };
    origin.target(path.into_owned())
}

/// `pinned` has it served whole or not at all.
fn document(at: Target, accept: Option<&str>, pinned: bool) -> Route {
    Route::Document(Document {
        at,
        accept: accept.map(Into::into),
        packing: Packing::Plain,
        pinned,
        validator: Digest::Sha256,
    })
}

fn text(status: u16, message: &str, header: Option<(&str, &str)>) -> Route {
    let mut headers = vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())];
    headers.extend(header.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Route::Respond(Answer {
        status,
        headers,
        body: format!("{message}\n").into_bytes(),
    })
}

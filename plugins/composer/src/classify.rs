//! What the host should do with a request.

use osa_plugin_sdk::{
    Answer, Artifact, Digest, Document, Packing, Request, Route, Target, json,
    origins::{ADDITIONAL, Origins, REGISTRY},
    path,
};

use crate::bound;
use crate::describe::ARCHIVES;

/// Links lead below this of which clients cannot tell alike where they should.
pub(crate) const DOUBT: &str = "-/doubt/";
/// Below this are links to hosts that are not configured, too.
pub(crate) const FILES: &str = "-/files/";

const JSON: &str = "application/json, */*;q=0.1";

pub(crate) fn route(origins: &Origins, request: &Request) -> Route {
    let path = request.path.as_str();
    match request.method.as_str() {
        "GET" | "HEAD" => {}
        "POST" => return post(origins, request),
        _ => return not_allowed("GET, HEAD", "This proxy only reads: publish at the repository itself."),
    }
    if bound::is_bound(path) {
        return archive(origins, request);
    }
    if path.starts_with(DOUBT) {
        return doubt();
    }
    let Some((origin, rest)) = origins.of_path(path) else {
        return elsewhere(path);
    };
    let Some(place) = Place::of(rest) else {
        return Route::NotFound;
    };
    if is_archive(&place.last) {
        return refuse(
            "This is no link of the metadata, so it does not tell which version of which package it leads to, and \
             cannot be judged: have Composer read the metadata through this proxy, by `composer update --lock`.",
        );
    }
    Route::Document(Document {
        at: origin.target(with_query(place.path, request.query.as_deref())),
        accept: Some(JSON.into()),
        packing: Packing::Plain,
        pinned: place.pinned,
        validator: Digest::Sha256,
    })
}

/// Whether POST requests to a path are passed on: counting installations, and asking for security advisories.
pub(crate) fn takes_posts(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    matches!(last, "downloads" | "notify" | "notify-batch" | "security-advisories")
}

fn post(origins: &Origins, request: &Request) -> Route {
    let place = || origins.of_path(&request.path);
    match place().filter(|(_, rest)| !bound::is_bound(&request.path) && takes_posts(rest)) {
        Some((origin, rest)) => {
            Route::Passthrough(origin.target(with_query(rest.to_owned(), request.query.as_deref())))
        }
        None if request.path.starts_with(FILES) && place().is_none() => elsewhere(&request.path),
        None => not_allowed("GET, HEAD", "This path is only read."),
    }
}

fn archive(origins: &Origins, request: &Request) -> Route {
    let Some(bound) = bound::parse(&request.path) else {
        return Route::NotFound;
    };
    if bound.path.starts_with(DOUBT) {
        return doubt();
    }
    let Some((origin, path)) = origins.of_path(bound.path) else {
        return elsewhere(bound.path);
    };
    // What describes packages must not come as an archive: it would not be read.
    let name = bound.file_name().to_ascii_lowercase();
    let known = is_archive(&name);
    if name.strip_suffix(".json").is_some() || !known && origin.key == REGISTRY {
        return refuse(&format!(
            "The link is of {} {}, but leads to no archive: on the repository's own host these end in {}.",
            bound.package,
            bound.version,
            ARCHIVES.join(", ")
        ));
    }
    if bound.is_contradicted() {
        return refuse(&format!(
            "The link is of {} {}, but the archive's name tells another version, so it cannot be judged and is not \
             served.",
            bound.package, bound.version
        ));
    }
    Route::Artifact(Artifact {
        at: origin.target(with_query(path.to_owned(), request.query.as_deref())),
        purl: Some(bound.purl()),
        file_name: bound.file_name(),
        scannable: true,
    })
}

/// A path that was understood, written anew for upstream.
struct Place {
    path: String,
    /// In lower case.
    last: String,
    /// Named by the digest that clients check it against.
    pinned: bool,
}

// === impl Place ===

impl Place {
    /// None for paths that could be read in two ways, and for the root, which is no document.
    fn of(path: &str) -> Option<Self> {
        let segments = path::segments(path)?;
        let last = segments
            .iter()
            .rfind(|segment| !segment.is_empty())?
            .to_ascii_lowercase();
        // SHA-256 alone: includes are named by SHA-1, which no client checks.
        let digest = last.strip_suffix(".json").and_then(|stem| stem.rsplit_once('$'));
        let pinned =
            digest.is_some_and(|(_, digest)| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        Some(Self {
            path: path::encode(segments.iter().map(AsRef::as_ref)),
            last,
            pinned,
        })
    }
}

/// By a name in lower case.
fn is_archive(name: &str) -> bool {
    ARCHIVES.iter().any(|extension| name.ends_with(extension))
}

fn with_query(path: String, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

/// Links to other hosts lead here, so that nothing goes round the proxy unseen.
fn elsewhere(path: &str) -> Route {
    let rest = path.strip_prefix(FILES).unwrap_or_default();
    let host: String = rest
        .chars()
        .take_while(|&char| char != '/')
        .filter(|char| char.is_ascii_alphanumeric() || ".-:".contains(*char))
        .take(100)
        .collect();
    if host.is_empty() {
        return refuse("The link leads to `packages-registry`, which this repository does not have in osa-proxy.yml.");
    }
    refuse(&format!(
        "The metadata links to the host {host}, which this repository is not configured to fetch from. In osa-proxy.yml, \
         add `{ADDITIONAL}: {{\"{host}\": \"https://{host}\"}}` to it."
    ))
}

fn doubt() -> Route {
    refuse(
        "The metadata's link to the archive is no http or https URL that all clients read alike, so it is not followed.",
    )
}

fn refuse(message: &str) -> Route {
    respond(403, ("cache-control", "no-store"), message)
}

fn not_allowed(allow: &str, message: &str) -> Route {
    respond(405, ("allow", allow), message)
}

/// Composer shows the member `warning` of an answer of exactly this type.
fn respond(status: u16, (name, value): (&str, &str), message: &str) -> Route {
    Route::Respond(Answer {
        status,
        headers: vec![
            ("content-type".into(), "application/json".into()),
            (name.into(), value.into()),
        ],
        body: format!("{{\"warning\":{}}}", json::quote(message)).into_bytes(),
    })
}

/// What a link into an upstream looks like below the link base.
pub(crate) fn target_of(origins: &Origins, to: &osa_plugin_sdk::url::Location) -> (String, Option<Target>) {
    match origins.of_location(to) {
        Some((origin, from)) => {
            let rest = to.path.get(from..).unwrap_or_default();
            (format!("{}{rest}", origin.route), Some(origin.target(rest.to_owned())))
        }
        None => (format!("{FILES}{}{}", to.host, to.path), None),
    }
}

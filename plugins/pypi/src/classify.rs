//! Which path is what.

use osa_plugin_sdk::{
    Answer, Artifact, Digest, Document, Packing, Request, Route, Target,
    origins::{Origin, REGISTRY},
    purl,
    url::decode_segment,
};

use crate::{
    filename::{self, File, Release, normalise},
    media,
    origins::Origins,
};

/// A path of this protocol.
#[derive(Debug)]
pub(crate) struct Place<'o> {
    pub(crate) origin: &'o Origin,
    /// Relative to the upstream's URL.
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The list of all projects, or something else that names no release.
    Pass,
    /// A page of links, with the project that it seems to be of.
    Page {
        project: Option<String>,
    },
    /// The legacy JSON API: a project, or one release of it.
    Json {
        project: String,
        one_release: bool,
    },
    File {
        file_name: String,
        file: File,
    },
}

pub(crate) fn place<'o>(origins: &'o Origins, path: &str) -> Option<Place<'o>> {
    let (origin, path) = origins.of_path(path)?;
    let is_registry = origin.key == REGISTRY;
    let (path, kind) = if is_registry && origins.ends_in_simple {
        simple("", path)?
    } else if let Some(rest) = path
        .strip_prefix("simple/")
        .or((path == "simple").then_some(""))
        .filter(|_| is_registry)
    {
        simple("simple/", rest)?
    } else if let Some(found) = json(path).filter(|_| is_registry) {
        found
    } else if is_registry && path.starts_with("integrity/") {
        (path.to_owned(), Kind::Pass)
    } else {
        other(path)
    };
    Some(Place { origin, path, kind })
}

/// Below the simple index: its root, a project's page, or files beside the page.
fn simple(base: &str, rest: &str) -> Option<(String, Kind)> {
    let (name, below) = rest
        .split_once('/')
        .map_or((rest, None), |(name, below)| (name, Some(below)));
    if name.is_empty() || rest == "index.html" {
        return Some((base.to_owned(), Kind::Pass));
    }
    let decoded = decode_segment(name)?;
    match below {
        Some("" | "index.html") => {}
        None if filename::read(&decoded) == File::Other => {}
        _ => return Some(other(&format!("{base}{rest}"))),
    }
    let project = normalise(&decoded)?;
    Some((format!("{base}{project}/"), Kind::Page { project: Some(project) }))
}

/// `pypi/NAME/json` and `pypi/NAME/VERSION/json`.
fn json(path: &str) -> Option<(String, Kind)> {
    let parts: Vec<_> = path.strip_prefix("pypi/")?.trim_end_matches('/').split('/').collect();
    match parts.as_slice() {
        [name, "json"] => {
            let project = normalise(&decode_segment(name)?)?;
            Some((
                format!("pypi/{project}/json"),
                Kind::Json {
                    project,
                    one_release: false,
                },
            ))
        }
        [name, version, "json"] => {
            let project = normalise(&decode_segment(name)?)?;
            Some((
                format!("pypi/{project}/{version}/json"),
                Kind::Json {
                    project,
                    one_release: true,
                },
            ))
        }
        _ => None,
    }
}

/// Any layout: package files by their name, pages by the look of the path.
fn other(path: &str) -> (String, Kind) {
    let mut segments = path
        .trim_end_matches('/')
        .rsplit('/')
        .map(|segment| (segment, decode_segment(segment)));
    let last = segments.next().unwrap_or(("", None));
    let file_name = last.1.as_deref().unwrap_or(last.0).to_owned();
    let file = last.1.map_or(File::Unreadable, |name| filename::read(&name));
    if file != File::Other {
        return (path.to_owned(), Kind::File { file_name, file });
    }
    // Some servers unpack: `widget-1.0.zip!/widget/__init__.py` is a part of that file.
    for (raw, segment) in segments {
        let file = segment.map_or(File::Unreadable, |name| filename::read(name.trim_end_matches('!')));
        if file != File::Other && !raw.is_empty() {
            return (path.to_owned(), Kind::File { file_name, file });
        }
    }
    let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let looks_like_page =
        ["html", "htm"].contains(&extension) || !extension.starts_with(|c: char| c.is_ascii_alphabetic());
    if path.is_empty() || path.ends_with('/') || looks_like_page {
        // Without the slash upstream would redirect to where it is, and relative links would be of there.
        let slash = if path.is_empty() || path.ends_with('/') || extension.starts_with("htm") {
            ""
        } else {
            "/"
        };
        let project = normalise(&file_name).filter(|_| !extension.starts_with("htm"));
        return (format!("{path}{slash}"), Kind::Page { project });
    }
    (
        path.to_owned(),
        Kind::File {
            file_name,
            file: File::Other,
        },
    )
}

pub(crate) fn classify(origins: &Origins, request: &Request) -> Route {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        let allow = vec![("allow".to_owned(), "GET, HEAD".to_owned())];
        return text(
            405,
            "This index is read-only: upload to the registry itself. Searching by XML-RPC is not offered.",
            allow,
        );
    }
    let Some(place) = place(origins, &request.path) else {
        return Route::NotFound;
    };
    let query = request.query.as_deref();
    match place.kind {
        Kind::Pass => Route::Passthrough(target(place.origin, &place.path, query)),
        Kind::Page { .. } => match media::ask(&request.headers, query) {
            Some(accept) => document(target(place.origin, &place.path, query), accept),
            None => text(
                406,
                &format!(
                    "This page comes as {}, {} or {}.",
                    media::HTML,
                    media::HTML_V1,
                    media::JSON_V1
                ),
                Vec::new(),
            ),
        },
        Kind::Json { .. } => document(target(place.origin, &place.path, query), media::JSON.to_owned()),
        Kind::File {
            file: File::Unreadable,
            file_name,
        } => text(
            403,
            &format!(
                "`{file_name}` does not tell which release it belongs to, so it cannot be judged and is not served."
            ),
            vec![("cache-control".to_owned(), "no-store".to_owned())],
        ),
        Kind::File { file, file_name } => {
            let purl = match &file {
                File::Of(release) => Some(package_url(release)),
                _ => None,
            };
            Route::Artifact(Artifact {
                at: target(place.origin, &place.path, query),
                scannable: purl.is_some(),
                purl,
                file_name,
            })
        }
    }
}

fn package_url(release: &Release) -> String {
    purl::prefix("pypi", "", &release.name) + &purl::encode(&release.version)
}

fn target(origin: &Origin, path: &str, query: Option<&str>) -> Target {
    origin.target(query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
}

fn document(at: Target, accept: String) -> Route {
    Route::Document(Document {
        at,
        accept: Some(accept),
        packing: Packing::Plain,
        pinned: false,
        validator: Digest::Sha256,
    })
}

fn text(status: u16, message: &str, mut headers: Vec<(String, String)>) -> Route {
    headers.push(("content-type".to_owned(), "text/plain; charset=utf-8".to_owned()));
    Route::Respond(Answer {
        status,
        headers,
        body: format!("{message}\n").into_bytes(),
    })
}

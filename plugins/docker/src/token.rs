//! Where clients get their tokens: the registry's challenge names a token service, and `/token` here stands for it.

use osa_plugin_sdk::{Request, Route, Target, url};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::describe::{AUTH, REGISTRY};
use crate::namespace::decoded;
use crate::refuse;
use crate::settings::{Auth, Settings};

/// The usual path of a token service.
const USUAL: &str = "token";

/// Other paths at which token services are found. Only these are relayed: the service may share its host with images, and
/// what is relayed is not judged.
const ENDPOINTS: [&str; 7] = [
    "auth",
    "auth/token",
    "v2/token",
    "v2/auth",
    "service/token",
    "jwt/auth",
    "oauth2/token",
];

const SCOPE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b':')
    .remove(b',')
    .remove(b'*');

/// `path` is what follows `/token/`, if anything does.
pub(crate) fn route(settings: &Settings, path: &str, request: &Request) -> Route {
    if !matches!(request.method.as_str(), "GET" | "HEAD" | "POST") {
        return refuse::with(405, "UNSUPPORTED", "tokens are asked for with GET or POST");
    }
    let path = match (settings.auth, path) {
        (Auth::Exact, "") => "",
        (Auth::Host | Auth::Registry, "") => USUAL,
        (Auth::Host | Auth::Registry, path) if is_endpoint(path) => path,
        _ => return refuse::with(404, "UNSUPPORTED", "there is no token service here; see auth-token-url"),
    };
    let origin = match settings.auth {
        Auth::Registry => REGISTRY,
        Auth::Host | Auth::Exact => AUTH,
    };
    let query = match &request.query {
        Some(query) => format!("?{}", with_full_names(settings, query)),
        None => String::new(),
    };
    Route::Passthrough(Target {
        origin: origin.into(),
        path: format!("{path}{query}"),
    })
}

/// The realm of a challenge as clients are to see it; none where they are to go there themselves.
pub(crate) fn realm(settings: &Settings, realm: &str, link_base: &str) -> Option<String> {
    let url::Target::Web(link) = settings.registry.follow(realm) else {
        return None;
    };
    let path = match settings.auth {
        Auth::Exact => "",
        Auth::Host => link.to.path.trim_matches('/'),
        Auth::Registry => {
            let path = settings.below_registry(&link.to)?.trim_end_matches('/');
            if path != USUAL && !is_endpoint(path) {
                return None;
            }
            path
        }
    };
    let query = link.rest.split('#').next().unwrap_or_default();
    Some(if is_endpoint(path) {
        format!("{link_base}/token/{path}{query}")
    } else {
        format!("{link_base}/token{query}")
    })
}

fn is_endpoint(path: &str) -> bool {
    // Artifactory names its repository before the service.
    let of_manager = path
        .strip_prefix("artifactory/api/docker/")
        .and_then(|rest| rest.strip_suffix("/v2/token"))
        .is_some_and(|repository| !repository.is_empty() && !repository.contains('/'));
    of_manager || ENDPOINTS.contains(&path)
}

/// `scope=repository:NAME:ACTIONS` must name what the paths will: with `library/` before names of one part.
fn with_full_names(settings: &Settings, query: &str) -> String {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decoded(key) != "scope" {
            return pair.to_owned();
        }
        let before = decoded(value);
        let scopes: Vec<String> = before.split(' ').map(|scope| full_scope(settings, scope)).collect();
        let after = scopes.join(" ");
        if after == before {
            return pair.to_owned();
        }
        format!("scope={}", utf8_percent_encode(&after, SCOPE))
    };
    query.split('&').map(pair).collect::<Vec<_>>().join("&")
}

fn full_scope(settings: &Settings, scope: &str) -> String {
    let parts = scope.split_once(':').and_then(|(kind, rest)| {
        let (name, actions) = rest.rsplit_once(':')?;
        let is_images = kind == "repository" || kind.starts_with("repository(");
        (is_images && !name.is_empty() && !name.contains(':')).then_some((kind, name, actions))
    });
    match parts {
        Some((kind, name, actions)) => format!("{kind}:{}:{actions}", settings.full_name(name)),
        None => scope.to_owned(),
    }
}

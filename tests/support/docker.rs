//! A container registry that behaves like the large ones: manifests by tag and by digest with validators, blobs on another
//! host behind a redirect, tags in pages, referrers, and a token service that gives each token for the scope asked for.
//!
//! What it lacks is a client's patience: `oci` starts a real one for real clients.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::json;

use crate::oci::{Image, OCI_INDEX, digest};
use crate::upstream::{Received, Reply, Resource, Upstream};

/// Who may have tokens when the registry is guarded, as `Authorization` says it: `bob` with `s3cret`.
pub const BASIC: &str = "Basic Ym9iOnMzY3JldA==";

pub struct Images {
    pub registry: Upstream,
    /// Where its blobs are.
    pub store: Upstream,
    pub tokens: Upstream,
    guarded: bool,
    tags: Arc<Mutex<Vec<(String, String)>>>,
}

impl Images {
    /// Whoever asks gets what it asks for.
    pub async fn open() -> Self {
        Self::start(false).await
    }

    /// Only who brings a token for the repository gets anything, and only [`BASIC`] gets a token.
    pub async fn guarded() -> Self {
        Self::start(true).await
    }

    async fn start(guarded: bool) -> Self {
        let images = Self {
            registry: Upstream::start().await,
            store: Upstream::start().await,
            tokens: Upstream::start().await,
            guarded,
            tags: Arc::default(),
        };
        let reply = Reply::ok("application/json", "{}").header("docker-distribution-api-version", "registry/2.0");
        images.put("/v2/", "", move |_| reply.clone());
        images.tokens.put("/token", token);
        images
    }

    pub fn url(&self) -> String {
        self.registry.url()
    }

    /// Host and port.
    pub fn host(&self) -> String {
        self.url().trim_start_matches("http://").to_owned()
    }

    /// Stores an image, or an index with all its images, under a name and a tag.
    pub fn push(&self, name: &str, tag: &str, image: &Image) {
        self.store(name, image);
        let manifest = image.clone();
        self.put(&format!("/v2/{name}/manifests/{tag}"), name, move |request| {
            served(&manifest, request)
        });
        self.tags.lock().unwrap().push((name.to_owned(), tag.to_owned()));
        let (tags, of) = (Arc::clone(&self.tags), name.to_owned());
        self.put(&format!("/v2/{name}/tags/list"), name, move |request| {
            page(&tags.lock().unwrap(), &of, request)
        });
    }

    fn store(&self, name: &str, image: &Image) {
        let manifest = image.clone();
        self.put(
            &format!("/v2/{name}/manifests/{}", image.digest()),
            name,
            move |request| served(&manifest, request),
        );
        let referrers = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] }).to_string();
        self.put(&format!("/v2/{name}/referrers/{}", image.digest()), name, move |_| {
            Reply::ok(OCI_INDEX, referrers.clone())
        });
        for blob in &image.blobs {
            let path = format!("/blobs/{}", digest(blob));
            let location = format!("{}{path}?signature=secret", self.store.url());
            self.put(&format!("/v2/{name}{path}"), name, move |_| {
                Reply::redirect(307, &location)
            });
            let etag = format!("\"{}\"", digest(blob));
            self.store.put(
                path,
                Resource::new("application/octet-stream", blob.clone()).etag(&etag),
            );
        }
        for part in &image.parts {
            self.store(name, part);
        }
    }

    /// A path of the repository `name`, for who has a token for it.
    pub fn put(&self, path: &str, name: &str, route: impl Fn(&Received) -> Reply + Send + Sync + 'static) {
        let scope = match name {
            "" => String::new(),
            name => format!("repository:{name}:pull"),
        };
        let (guarded, realm) = (self.guarded, format!("{}/token", self.tokens.url()));
        self.registry.put(path, move |request: &Received| {
            let held = request
                .header("authorization")
                .and_then(|value| value.strip_prefix("Bearer "));
            if !guarded || held.is_some_and(|held| held == bearer(&scope)) {
                return route(request);
            }
            let scope = if scope.is_empty() {
                String::new()
            } else {
                format!(",scope=\"{scope}\"")
            };
            let challenge = format!("Bearer realm=\"{realm}\",service=\"registry.example\"{scope}");
            Reply::new(401)
                .header("www-authenticate", &challenge)
                .header("content-type", "application/json")
                .body(r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#)
        });
    }

    /// How often a path was asked for, each time with its method.
    pub fn methods(&self, path: &str) -> String {
        let received = self.registry.received_at(path);
        received
            .into_iter()
            .map(|request| request.method)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The token for a scope.
pub fn bearer(scope: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(scope)
}

fn token(request: &Received) -> Reply {
    if request.header("authorization") != Some(BASIC) {
        return Reply::new(401).header("www-authenticate", "Basic realm=\"tokens\"");
    }
    let query = request.query().unwrap_or_default();
    let scope = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("scope="))
        .unwrap_or_default();
    let scope = scope.replace("%3A", ":").replace("%2F", "/");
    Reply::ok(
        "application/json",
        json!({ "token": bearer(&scope), "expires_in": 300 }).to_string(),
    )
}

fn served(image: &Image, request: &Received) -> Reply {
    let etag = format!("\"{}\"", image.digest());
    let head = |reply: Reply| {
        reply
            .header("docker-content-digest", &image.digest())
            .header("docker-distribution-api-version", "registry/2.0")
            .header("etag", &etag)
    };
    if request.header("if-none-match") == Some(&etag) {
        return head(Reply::new(304));
    }
    head(Reply::ok(image.media_type, image.manifest.clone()))
}

/// `?n=` tags behind `?last=`, in order, and where the next ones are.
fn page(all: &[(String, String)], name: &str, request: &Received) -> Reply {
    let query = request.query().unwrap_or_default();
    let asked = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key));
    let most = asked("n=").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let last = asked("last=").unwrap_or_default();
    let mut tags: Vec<&str> = all
        .iter()
        .filter(|(of, tag)| of == name && tag.as_str() > last)
        .map(|(_, tag)| tag.as_str())
        .collect();
    tags.sort_unstable();
    let more = tags.len() > most;
    tags.truncate(most);
    let reply = Reply::ok("application/json", json!({ "name": name, "tags": tags }).to_string());
    match tags.last() {
        Some(last) if more => reply.header(
            "link",
            &format!("</v2/{name}/tags/list?last={last}&n={most}>; rel=\"next\""),
        ),
        _ => reply,
    }
}

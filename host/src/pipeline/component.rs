//! A document that is a component by itself, such as the manifest of an image: judged like a package, by what the plugin
//! reads in the very bytes that are served.

use axum::body::Body;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_RANGES, AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE,
    ETAG, EXPIRES, LAST_MODIFIED, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

use std::time::Instant;

use super::artifact::stream;
use super::conditional::is_held;
use super::visit::{self, Visit};
use super::{heads, siblings};
use crate::failure::Failure;
use crate::plugin::{Document, Identity};
use crate::upstream::{self, Exchange, Kind};

/// Of upstream's copy and of how it would serve it; ours is whole, and good until the next verdict.
const NOT_OURS: [HeaderName; 6] = [CACHE_CONTROL, EXPIRES, AGE, DATE, LAST_MODIFIED, ACCEPT_RANGES];

pub(super) async fn answer(visit: &Visit<'_>, document: Document) -> Result<Response<Body>, Failure> {
    if visit.is_head()
        && let Some(answer) = head(visit, &document).await?
    {
        return Ok(answer);
    }
    let source = visit.gateway.documents.get(visit, document, Kind::Component).await?;
    for purl in source.purls.iter() {
        if let Some(refusal) = refusal(visit, purl).await {
            return Ok(refusal);
        }
    }
    let mut headers = source.headers.clone();
    if let Some(etag) = source.etag() {
        headers.insert(ETAG, etag.clone());
    }
    describe(&mut headers);
    if is_unchanged(visit, &headers) {
        return Ok(not_modified(headers));
    }
    let mut response = Response::new(source.packed.clone());
    *response.headers_mut() = headers;
    Ok(visit.whole(response))
}

/// Upstream counts a GET against its limits where a HEAD is free, so HEAD stays what it is. None when its answer does not
/// tell what a GET would bring.
async fn head(visit: &Visit<'_>, document: &Document) -> Result<Option<Response<Body>>, Failure> {
    let repository = visit.repository;
    let mut replaced = repository.accept(document)?;
    // Its length must be that of the bytes themselves.
    replaced.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let mut headers = visit.parts.headers.clone();
    for name in upstream::CONDITIONS {
        headers.remove(name);
    }
    let exchange = Exchange {
        origins: &repository.origins,
        kind: Kind::Artifact,
        method: Method::HEAD,
        url: repository.origins.resolve(&document.at.origin, &document.at.path)?,
        headers: &headers,
        replaced,
        body: None,
    };
    let asked = Instant::now();
    let response = visit.gateway.upstream.send(exchange).await;
    repository.counts.asked(asked, &response);
    let mut response = response?;
    if response.status != StatusCode::OK {
        heads::edit(visit, response.status, &mut response.headers).await?;
        return Ok(Some(stream(visit, response)));
    }
    if response.received.contains_key(CONTENT_ENCODING) || !response.received.contains_key(CONTENT_LENGTH) {
        return Ok(None);
    }
    let told = visit::head_for_plugin(response.status, &response.received);
    match repository.plugin.identify(visit.request.clone(), told).await? {
        Identity::Component(purl) => {
            if let Some(refusal) = refusal(visit, &purl).await {
                return Ok(Some(refusal));
            }
        }
        Identity::NoComponent => {}
        Identity::Untold(_) => return Ok(None),
    }
    describe(&mut response.headers);
    if is_unchanged(visit, &response.headers) {
        return Ok(Some(not_modified(response.headers)));
    }
    Ok(Some(stream(visit, response)))
}

async fn refusal(visit: &Visit<'_>, purl: &str) -> Option<Response<Body>> {
    if !visit.repository.config.scan_package {
        return None;
    }
    siblings::package(visit, None, purl).await
}

fn describe(headers: &mut HeaderMap) {
    for name in NOT_OURS {
        headers.remove(name);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.append(VARY, HeaderValue::from_static(ACCEPT.as_str()));
}

fn is_unchanged(visit: &Visit<'_>, headers: &HeaderMap) -> bool {
    let etag = headers.get(ETAG).and_then(|etag| etag.to_str().ok());
    etag.is_some_and(|etag| is_held(&visit.parts.headers, etag))
}

fn not_modified(mut headers: HeaderMap) -> Response<Body> {
    for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING] {
        headers.remove(name);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.headers_mut() = headers;
    response
}

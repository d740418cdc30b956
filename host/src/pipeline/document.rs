//! A document that names components: fetched, scanned, judged, planned and spliced. What upstream sent and policy has not
//! seen never leaves this module.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, EXPIRES, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::splice::{Spliced, splice};
use super::visit::Visit;
use super::{conditional, judging, packing, respond};
use crate::failure::{Blame, Failure};
use crate::plugin::{Digest, Document, Outcome};
use crate::policy::refusal::Refusal;
use crate::upstream::{Exchange, Kind, UpstreamResponse, read_document};

/// A document as it may be served.
pub(super) struct Edited {
    pub(super) body: Spliced,
    /// Upstream's headers, as far as they still hold.
    pub(super) headers: HeaderMap,
}

/// The edited document, or the answer to send in its place.
pub(super) enum Made {
    Edited(Edited),
    Answer(Response<Body>),
}

pub(super) async fn answer(visit: &Visit<'_>, document: Document) -> Result<Response<Body>, Failure> {
    let validator = document.validator;
    match make(visit, document).await? {
        Made::Edited(edited) => serve(visit, edited, validator).await,
        Made::Answer(answer) => Ok(answer),
    }
}

/// Everything up to the bytes: what a checksum is made of, too.
pub(super) async fn make(visit: &Visit<'_>, document: Document) -> Result<Made, Failure> {
    let response = fetch(visit, &document).await?;
    if response.status != StatusCode::OK {
        return Err(not_a_document(visit, &response));
    }
    let mut headers = response.headers.clone();
    let head = Visit::head_for_plugin(response.status, &response.received);
    let host = response.host();
    let gateway = visit.gateway;
    let packed = read_document(response, gateway.max_document, &gateway.budget).await?;
    let body = packing::unpack(packed.clone(), document.packing, gateway.max_document, &host).await?;

    let plugin = &visit.repository.plugin;
    let index = plugin.scan(visit.request.clone(), head, body.clone()).await?;
    let (refusals, refused) = judging::document(visit, &index).await?;
    if document.pinned {
        // Its bytes are its name: whole or not at all.
        return Ok(if refused.is_empty() {
            Made::Edited(Edited {
                body: packed.into(),
                headers,
            })
        } else {
            Made::Answer(visit.refuse(Refusal::Document {
                prefix: &index.prefix,
                refused: &refused,
            }))
        });
    }
    let notes = Bytes::from(index.notes);
    let edits = match plugin
        .plan(notes, refusals, visit.repository.style, visit.link_base.clone())
        .await?
    {
        Outcome::Edits(edits) => edits,
        Outcome::AllRefused if !refused.is_empty() => {
            let refusal = Refusal::Document {
                prefix: &index.prefix,
                refused: &refused,
            };
            return Ok(Made::Answer(visit.refuse(refusal)));
        }
        Outcome::AllRefused => {
            return Err(plugin
                .plugin()
                .lied("plan", "found everything refused when nothing was"));
        }
        Outcome::Absent(what) => {
            let what: String = what.chars().filter(|c| !c.is_control()).take(300).collect();
            return Err(Failure::new(Blame::Client, StatusCode::NOT_FOUND, what));
        }
    };
    for one in &refused {
        visit.log_refused(one);
    }
    if let Some(content_type) = &edits.content_type {
        let (_, value) = respond::header(CONTENT_TYPE.as_str(), content_type)
            .ok_or_else(|| plugin.plugin().lied("plan", "named a bad content type"))?;
        headers.insert(CONTENT_TYPE, value);
    }
    // Links may become longer, but not without end.
    let body = splice(&body, &edits, gateway.max_document.saturating_mul(2))?;
    let body = packing::pack(body, document.packing).await?;
    Ok(Made::Edited(Edited { body, headers }))
}

async fn fetch(visit: &Visit<'_>, document: &Document) -> Result<UpstreamResponse, Failure> {
    let accept = match &document.accept {
        None => None,
        Some(accept) => Some(HeaderValue::from_str(accept).map_err(|_| {
            visit
                .repository
                .plugin
                .plugin()
                .lied("classify", "named a bad accept header")
        })?),
    };
    let exchange = Exchange {
        origins: &visit.repository.origins,
        kind: Kind::Document,
        // A HEAD must agree with what a GET would be, so it takes the same way.
        method: Method::GET,
        url: visit
            .repository
            .origins
            .resolve(&document.at.origin, &document.at.path)?,
        headers: &visit.parts.headers,
        accept,
        body: None,
    };
    visit.gateway.upstream.send(exchange).await
}

/// Upstream's refusal with its status, in our words: its body was not checked, so it is not passed on.
fn not_a_document(visit: &Visit<'_>, response: &UpstreamResponse) -> Failure {
    let host = response.host();
    let status = response.status;
    if !status.is_client_error() && !status.is_server_error() {
        return Failure::upstream(format!("{host} answered {status} where a document was expected"));
    }
    let mut failure = Failure::new(
        Blame::Upstream,
        status,
        format!("{host} answered {status} for {}", visit.request.path),
    );
    for name in [WWW_AUTHENTICATE, RETRY_AFTER] {
        for value in response.headers.get_all(&name) {
            failure.headers.append(name.clone(), value.clone());
        }
    }
    failure
}

async fn serve(visit: &Visit<'_>, edited: Edited, validator: Digest) -> Result<Response<Body>, Failure> {
    let Edited { body, mut headers } = edited;
    // However long upstream's copy would be good for, the next verdict may be another.
    for name in [CACHE_CONTROL, EXPIRES, AGE] {
        headers.remove(name);
    }
    if visit
        .repository
        .plugin
        .plugin()
        .description()
        .wants_headers
        .iter()
        .any(|name| name == "accept")
    {
        headers.append(VARY, HeaderValue::from_static("Accept"));
    }
    let answer = conditional::answer(&visit.parts.method, &visit.parts.headers, headers, body, validator).await?;
    Ok(answer.map(|parts| Body::from_stream(stream::iter(parts.into_iter().map(Ok::<_, Infallible>)))))
}

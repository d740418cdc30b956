//! One package file: judged first, then streamed, never held.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use futures_util::TryStreamExt as _;
use http::{HeaderMap, Method, Response};

use super::visit::{self, Visit};
use super::{file_types, heads, siblings};
use crate::failure::{Blame, Failure};
use crate::plugin::{Artifact, Identity};
use crate::upstream::{Exchange, Kind, UpstreamResponse};

pub(super) async fn answer(visit: &Visit<'_>, artifact: Artifact) -> Result<Response<Body>, Failure> {
    if let Some(filter) = &visit.repository.config.file_type_filter {
        let preset = &visit.repository.plugin.plugin().description().file_types;
        if !file_types::allows(filter, preset, &artifact.file_name) {
            return Err(filtered(visit, &artifact.file_name));
        }
    }
    let group = siblings::group(visit, &artifact);
    let judged = visit.repository.config.scan_package && visit.repository.judges(&artifact);
    let url = visit
        .repository
        .origins
        .resolve(&artifact.at.origin, &artifact.at.path)?;
    if judged
        && let Some(purl) = &artifact.purl
        && let Some(refusal) = siblings::package(visit, group.as_ref(), purl).await
    {
        return Ok(refusal);
    }
    let exchange = Exchange {
        origins: &visit.repository.origins,
        kind: Kind::Artifact,
        method: if visit.is_head() { Method::HEAD } else { Method::GET },
        url,
        headers: &visit.parts.headers,
        replaced: HeaderMap::new(),
        body: None,
    };
    let asked = Instant::now();
    let response = visit.gateway.upstream.send(exchange).await;
    visit.repository.counts.asked(asked, &response);
    let mut response = response?;
    if response.status.is_client_error() || response.status.is_server_error() {
        heads::edit(visit, response.status, &mut response.headers).await?;
        return Ok(stream(visit, response));
    }
    // Judged on the very answer that is about to be streamed: asking for the head first would let a tag move in between.
    if judged
        && artifact.purl.is_none()
        && (response.status.is_success() || response.status == http::StatusCode::NOT_MODIFIED)
    {
        let head = visit::head_for_plugin(response.status, &response.received);
        let identity = visit.repository.plugin.identify(visit.request.clone(), head).await?;
        let refusal = match identity {
            Identity::Component(purl) => siblings::package(visit, group.as_ref(), &purl).await,
            Identity::Untold(failure) => return Err(failure),
            Identity::NoComponent if artifact.scannable => None,
            Identity::NoComponent => siblings::nameless(visit, group.as_ref(), &artifact.file_name),
        };
        if let Some(refusal) = refusal {
            return Ok(refusal);
        }
    }
    Ok(stream(visit, response))
}

fn filtered(visit: &Visit<'_>, file_name: &str) -> Failure {
    let name: String = file_name.chars().filter(|c| !c.is_control()).take(200).collect();
    Failure::new(
        Blame::Policy,
        visit.gateway.codescoring.block_status_code,
        format!(
            "{name} is blocked by the file-type filter of repository {}",
            visit.repository.config.name
        ),
    )
}

/// Upstream's answer, byte by byte as it comes.
pub(super) fn stream(visit: &Visit<'_>, response: UpstreamResponse) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = response.status;
    *answer.headers_mut() = response.headers.clone();
    if !visit.is_head() {
        let counts = Arc::clone(&visit.repository.counts);
        let body = response.into_stream().inspect_err(move |_| counts.cut_short());
        *answer.body_mut() = Body::from_stream(body);
    }
    answer
}

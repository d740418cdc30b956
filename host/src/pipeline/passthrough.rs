//! Requests that name no component: relayed with their method and body, never shown to the plugin's parsers.

use std::time::Instant;

use axum::body::Body;
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, Response};

use super::artifact::stream;
use super::heads;
use super::visit::Visit;
use crate::failure::Failure;
use crate::plugin::Target;
use crate::upstream::{Exchange, Kind};

pub(super) async fn answer(visit: &Visit<'_>, target: Target, body: Body) -> Result<Response<Body>, Failure> {
    let method = visit.parts.method.clone();
    let uploads = !matches!(method, Method::GET | Method::HEAD);
    let exchange = Exchange {
        origins: &visit.repository.origins,
        kind: Kind::Passthrough,
        method,
        url: visit.repository.origins.resolve(&target.origin, &target.path)?,
        headers: &visit.parts.headers,
        replaced: HeaderMap::new(),
        body: uploads.then(|| body.into_data_stream().boxed()),
    };
    let asked = Instant::now();
    let response = visit.gateway.upstream.send(exchange).await;
    visit.repository.counts.asked(asked, &response);
    let mut response = response?;
    heads::edit(visit, response.status, &mut response.headers).await?;
    Ok(stream(visit, response))
}

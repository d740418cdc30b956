//! What the parts of the proxy counted (docs/metrics.md).

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::Admin;

/// Metrics
#[utoipa::path(get, path = "/metrics", tag = "metrics",
    responses((status = 200, description = "the text format of Prometheus", body = String)))]
pub(super) async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    match admin.gateway.metrics() {
        Ok((content_type, text)) => ([(CONTENT_TYPE, content_type)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The same, where the Java generation had them
#[utoipa::path(get, path = "/actuator/prometheus", tag = "metrics",
    responses((status = 200, description = "the text format of Prometheus", body = String)))]
pub(super) async fn prometheus(admin: State<Arc<Admin>>) -> Response {
    metrics(admin).await
}

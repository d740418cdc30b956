//! Our own endpoints; every other path belongs to a repository.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::pipeline::Gateway;

pub(super) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .route("/actuator/prometheus", get(metrics))
        .fallback(repositories)
        .with_state(gateway)
}

/// Alive: says nothing of Judge or any cache, whose troubles must not get this process restarted.
async fn healthz() -> &'static str {
    "ok\n"
}

async fn metrics(State(gateway): State<Arc<Gateway>>) -> Response<Body> {
    match gateway.metrics() {
        Ok((content_type, text)) => ([(CONTENT_TYPE, content_type)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn repositories(State(gateway): State<Arc<Gateway>>, request: Request) -> Response<Body> {
    gateway.answer(request).await
}

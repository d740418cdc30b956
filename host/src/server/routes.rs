//! Our own endpoints; every other path belongs to a repository.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;

use crate::pipeline::Gateway;

pub(super) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .fallback(repositories)
        .with_state(gateway)
}

/// Alive: says nothing of Judge or any cache, whose troubles must not get this process restarted.
async fn healthz() -> &'static str {
    "ok\n"
}

async fn repositories(State(gateway): State<Arc<Gateway>>, request: Request) -> Response<Body> {
    gateway.answer(request).await
}

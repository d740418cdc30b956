//! Probes. They ask nobody: troubles of Redis or Judge must not get this process restarted or taken out of service, since
//! requests go on without them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;

use super::Admin;
use crate::reply::json_reply;

#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    status: Status,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ready,
    Stopping,
}

/// Whether the process lives
///
/// Says nothing of Judge or Redis.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "it does", body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether to send requests here
///
/// Configuration, plugins and listener are in place before this answers for the first time.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "requests are welcome", body = Readiness),
    (status = 503, description = "the process is shutting down", body = Readiness),
))]
pub(super) async fn readyz(State(admin): State<Arc<Admin>>) -> Response {
    let (code, status) = if admin.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, Status::Stopping)
    } else {
        (StatusCode::OK, Status::Ready)
    };
    ([(CACHE_CONTROL, "no-store")], json_reply(code, &Readiness { status })).into_response()
}

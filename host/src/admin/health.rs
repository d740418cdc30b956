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
use crate::metrics::BreakerState;
use crate::reply::json_reply;
use crate::verdicts::Verdicts;

#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    status: Status,
    /// What requests go on without.
    degraded: Vec<Trouble>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ready,
    Stopping,
}

#[derive(Serialize, ToSchema)]
struct Trouble {
    /// `redis` or `judge`
    part: &'static str,
    effect: &'static str,
}

fn troubles(verdicts: &Verdicts) -> Vec<Trouble> {
    let redis = verdicts.cache_report().and_then(|report| report.redis);
    let judge = verdicts.judge_report().map(|report| report.breaker);
    let redis = redis.is_some_and(|redis| !redis.up).then_some(Trouble {
        part: "redis",
        effect: "does not answer: Judge is asked for every verdict",
    });
    let judge = judge.is_some_and(|breaker| breaker != BreakerState::Closed).then_some(Trouble {
        part: "judge",
        effect: "has been failing and is not asked for now: where no verdict is cached, block-on-codescoring-errors decides",
    });
    redis.into_iter().chain(judge).collect()
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
/// Configuration, plugins and listener are in place before this answers for the first time. What does not work is told, and
/// changes nothing.
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
    let verdicts = admin.gateway.verdicts();
    let degraded = troubles(verdicts);
    // For the next time: without requests nobody would notice.
    verdicts.look_at_cache();
    let readiness = Readiness { status, degraded };
    ([(CACHE_CONTROL, "no-store")], json_reply(code, &readiness)).into_response()
}

//! What is served on which listener.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{CONNECTION, RETRY_AFTER};
use utoipa_axum::router::OpenApiRouter;

use crate::admin::{self, Admin};
use crate::pipeline::Gateway;
use crate::reply::Refused;

/// For `http.server.address`, and for `admin.address` where that is set: then all that moves there is gone from here.
pub(super) fn routers(gateway: Arc<Gateway>, admin: &Arc<Admin>) -> serde_json::Result<(Router, Option<Router>)> {
    let (own, document) = OpenApiRouter::with_openapi(admin::description())
        .merge(admin::probes(admin))
        .merge(admin::calls(admin))
        .split_for_parts();
    admin.describe(&document)?;
    let own = own.method_not_allowed_fallback(admin::wrong_method);
    let elsewhere = admin.has_own_listener();
    let (main, admins) = if elsewhere {
        let probes = Router::from(admin::probes(admin)).method_not_allowed_fallback(admin::wrong_method);
        let only = own.fallback(|request: Request| async move { admin::unknown(request.uri(), false) });
        (probes, Some(only))
    } else {
        (own, None)
    };
    let admin = Arc::clone(admin);
    let main = main.fallback(move |request: Request| {
        let (gateway, admin) = (Arc::clone(&gateway), Arc::clone(&admin));
        async move { other(&gateway, &admin, request).await }
    });
    Ok((main, admins))
}

/// What is none of our endpoints belongs to a repository.
async fn other(gateway: &Gateway, admin: &Admin, request: Request) -> Response {
    if admin.is_stopping() {
        return Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "this proxy is shutting down: try again",
        )
        .with(RETRY_AFTER, "1")
        .with(CONNECTION, "close")
        .into_response();
    }
    if admin::is_ours(request.uri().path()) {
        return admin::unknown(request.uri(), admin.has_own_listener()).into_response();
    }
    gateway.answer(request).await
}

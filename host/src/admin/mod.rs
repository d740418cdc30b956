//! Our own endpoints: probes, the cache's administration, and the page that describes them.

mod cache;
mod guard;
mod health;
mod metrics;
mod swagger;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{Method, StatusCode, Uri};
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config;
use crate::pipeline::Gateway;
use crate::plugin::PluginSet;
use crate::reply::Refused;
use crate::secret::Secret;

/// First path segments of what moves to `admin.address`.
const MOVING: [&str; 3] = ["api", "metrics", "actuator"];

/// What the endpoints work on.
pub(crate) struct Admin {
    gateway: Arc<Gateway>,
    plugins: PluginSet,
    token: Option<Secret>,
    /// `admin.address` is set: who reaches that address is an administrator, where there is no token.
    has_own_listener: bool,
    stopping: CancellationToken,
    document: OnceLock<Bytes>,
}

impl Admin {
    pub(crate) fn new(
        config: &config::Admin,
        plugins: &PluginSet,
        gateway: Arc<Gateway>,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            gateway,
            plugins: plugins.clone(),
            token: config.token.clone(),
            has_own_listener: config.address.is_some(),
            stopping,
            document: OnceLock::new(),
        }
    }

    pub(crate) fn has_own_listener(&self) -> bool {
        self.has_own_listener
    }

    /// Requests for packages are turned away: this process ends.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// What `/api/openapi.json` answers. Said once, when the routes are known.
    pub(crate) fn describe(&self, document: &OpenApi) -> serde_json::Result<()> {
        let document = document.to_json()?;
        self.document.get_or_init(|| document.into());
        Ok(())
    }
}

/// The head of the description, to which routes are added.
pub(crate) fn description() -> OpenApi {
    swagger::Description::openapi()
}

/// For every listener.
pub(crate) fn probes(admin: &Arc<Admin>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .with_state(Arc::clone(admin))
}

/// For the listener of administrators.
pub(crate) fn calls(admin: &Arc<Admin>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(cache::delete_purls))
        .routes(routes!(cache::delete_packages))
        .routes(routes!(metrics::metrics))
        .routes(routes!(metrics::prometheus))
        .routes(routes!(swagger::openapi))
        .routes(routes!(swagger::redirect))
        .routes(routes!(swagger::page))
        .routes(routes!(swagger::asset))
        .with_state(Arc::clone(admin))
}

/// Whether a path is none of a repository, but ours.
pub(crate) fn is_ours(path: &str) -> bool {
    let first = path.split('/').nth(1).unwrap_or_default();
    MOVING.contains(&first)
}

/// The answer to a path that is ours and not served on this listener.
pub(crate) fn unknown(uri: &Uri, elsewhere: bool) -> Refused {
    let path = uri.path();
    let message = if elsewhere {
        format!("{path} is not served at this address: `admin.address` in osa-proxy.yml tells where")
    } else {
        format!("there is no {path}: /api/swagger/ lists what there is")
    };
    Refused::new(StatusCode::NOT_FOUND, message)
}

/// The answer to a path of ours with another method; the router adds `Allow`.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Refused {
    let message = format!(
        "{} does not answer {method}: the header Allow tells what it does",
        uri.path()
    );
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, message)
}

//! The HTTP clients of the process: connections, TLS and forward proxies.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::pools::Pools;
use crate::config::HttpClient;
use crate::failure::{Blame, Failure};

/// What one HTTP/2 stream may have in flight: enough for 20 MB/s over 100 ms.
const STREAM_WINDOW: u32 = 2 << 20;
/// Many times a stream's: slow clients leave their streams' windows full, and when the sum fills the connection's,
/// every other download from that registry stands still. (hyper's adaptive window keeps the two equal.)
const CONNECTION_WINDOW: u32 = 1 << 30;

/// Sends requests to registries. Cheap to clone; all clones share the same connections.
#[derive(Clone, Debug)]
pub struct Upstream {
    pub(super) pools: Arc<Pools>,
    /// Until the response head, and the longest silence inside a body.
    pub(super) response_timeout: Duration,
}

impl Upstream {
    pub fn new(settings: &HttpClient) -> Result<Self, Failure> {
        let tls = tls(system_roots())?;
        Self::with(settings, move |settings| builder(settings, tls.clone()))
    }

    /// Fails when no client can be set up like this.
    pub(super) fn with(
        settings: &HttpClient,
        builder: impl Fn(&HttpClient) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let make = move |settings: &HttpClient| {
            let client = builder(settings).build();
            client.map_err(|error| misconfigured().with_detail(error.without_url()))
        };
        make(settings)?;
        Ok(Self {
            pools: Arc::new(Pools::new(settings, make)),
            response_timeout: settings.response_timeout,
        })
    }
}

/// Redirects, cookies, decoding and response timeouts are ours, so the client does none of them. Forward proxies are
/// those of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; trusted roots are the system's, or those of `SSL_CERT_FILE` and
/// `SSL_CERT_DIR`.
pub fn client_builder(settings: &HttpClient) -> Result<reqwest::ClientBuilder, Failure> {
    Ok(builder(settings, tls(system_roots())?))
}

pub(super) fn builder(settings: &HttpClient, tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(settings.connection_timeout)
        .pool_max_idle_per_host(settings.max_idle_conns_per_host)
        .pool_idle_timeout(settings.idle_conn_timeout)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(30))
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10))
}

fn misconfigured() -> Failure {
    Failure::new(
        Blame::Configuration,
        StatusCode::INTERNAL_SERVER_ERROR,
        "the HTTP client for registries cannot be set up",
    )
}

fn system_roots() -> rustls::RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a file of trusted certificates cannot be read");
    }
    let mut roots = rustls::RootCertStore::empty();
    let (trusted, ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(trusted, ignored, "trusted root certificates loaded");
    if trusted == 0 {
        // Not an end: upstreams may all be plain http inside a company.
        tracing::warn!(
            "no trusted root certificates: https upstreams will fail; install ca-certificates or set SSL_CERT_FILE"
        );
    }
    roots
}

/// The provider is handed over here, not installed for the process: libraries and tests keep their own.
pub(super) fn tls(roots: rustls::RootCertStore) -> Result<rustls::ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| misconfigured().with_detail(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

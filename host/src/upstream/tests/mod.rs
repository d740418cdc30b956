//! Real servers on 127.0.0.1 that do what registries and their networks do on bad days.

mod documents;
mod faults;
mod hops;
mod server;
mod tls;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use self::server::Server;
use super::{Exchange, Kind, Origins, Upstream, UpstreamResponse};
use crate::config::HttpClient;
use crate::failure::Failure;
use crate::secret::SafeUrl;

const TIMEOUT: Duration = Duration::from_millis(400);

fn settings() -> HttpClient {
    HttpClient {
        connection_timeout: TIMEOUT,
        response_timeout: TIMEOUT,
        ..HttpClient::default()
    }
}

/// Without the forward proxies of the machine that runs the tests.
fn upstream() -> Upstream {
    let settings = settings();
    Upstream::with(&settings, |settings| {
        super::client_builder(settings).unwrap().no_proxy()
    })
    .unwrap()
}

fn origins(registry: &str) -> Origins {
    let url = SafeUrl::new(Url::parse(registry).unwrap());
    Origins::new("widget", "registry", &BTreeMap::from([("registry".to_owned(), url)]))
}

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

/// GET of `/a` on the server's own origin, with credentials.
async fn get(server: &Server, kind: Kind) -> Result<UpstreamResponse, Failure> {
    send(&upstream(), server, kind, Method::GET).await
}

async fn send(upstream: &Upstream, server: &Server, kind: Kind, method: Method) -> Result<UpstreamResponse, Failure> {
    let origins = origins(&server.url("/"));
    upstream
        .send(Exchange {
            origins: &origins,
            kind,
            method,
            url: origins.resolve("registry", "a").unwrap(),
            headers: &headers(&[
                ("authorization", "Bearer t0ken"),
                ("private-token", "t0ken"),
                ("range", "bytes=0-3"),
            ]),
            replaced: HeaderMap::new(),
            body: None,
        })
        .await
}

async fn whole(response: UpstreamResponse) -> Result<Vec<u8>, Failure> {
    response
        .into_stream()
        .try_fold(Vec::new(), |mut all, piece| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        })
        .await
}

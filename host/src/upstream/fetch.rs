//! One request to a registry, redirects and one second try included, up to the response head.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _};
use http::header::{self, HeaderMap};
use http::{Method, StatusCode};
use url::Url;

use super::client::Upstream;
use super::fault;
use super::headers::{self, Kind};
use super::pools::Lease;
use super::redirect::{self, Trail};
use super::stream::BodyStream;
use super::target::Origins;
use crate::failure::Failure;
use crate::secret::SafeUrl;

/// What the client uploads.
pub type RequestBody = BoxStream<'static, Result<Bytes, axum::Error>>;

pub struct Exchange<'a> {
    pub origins: &'a Origins,
    pub kind: Kind,
    pub method: Method,
    /// From `Origins::resolve`.
    pub url: Url,
    /// The client's, all of them.
    pub headers: &'a HeaderMap,
    /// Sent in place of the client's headers of these names, or beside them.
    pub replaced: HeaderMap,
    /// Only for methods that have one; its `Content-*` headers are among `headers`.
    pub body: Option<RequestBody>,
}

/// Any status but a redirect; refusals of upstream are answers, not failures.
#[derive(Debug)]
pub struct UpstreamResponse {
    pub status: StatusCode,
    /// As they may go to the client.
    pub headers: HeaderMap,
    /// Where the answer came from in the end.
    pub url: SafeUrl,
    /// As received: `ETag` and the like of a document, which do not go to the client.
    pub received: HeaderMap,
    pub(super) response: reqwest::Response,
    pub(super) lease: Lease,
    pub(super) timeout: Duration,
}

impl UpstreamResponse {
    pub fn into_stream(self) -> BodyStream {
        let host = self.host();
        BodyStream::new(self.response, self.lease, host, self.timeout)
    }

    /// Host and port, for messages.
    pub fn host(&self) -> String {
        redirect::host_of(self.url.reveal())
    }
}

/// A redirect's own body is read up to here, so that its connection can be used again.
const DISCARDED_LENGTH: u64 = 16 * 1024;
const DISCARD_TIMEOUT: Duration = Duration::from_millis(200);

impl Upstream {
    /// Fails when no response head arrives, or when a redirect leads where it must not.
    pub async fn send(&self, exchange: Exchange<'_>) -> Result<UpstreamResponse, Failure> {
        let Exchange {
            origins,
            kind,
            mut method,
            mut url,
            headers: client,
            replaced,
            body,
        } = exchange;
        let mut body = match body {
            Some(body) => sent_body(body, client).await,
            None => None,
        };
        let mut trail = Trail::new(method.clone(), url.clone());
        // Once a redirect has left the origin that the client's credentials are for, they do not come back.
        let begun = url.origin();
        let mut home = origins.is_home(&url);
        loop {
            home &= url.origin() == begun;
            let mut sent = headers::for_upstream(kind, client, home);
            for (name, value) in &replaced {
                sent.insert(name, value.clone());
            }
            if body.is_none() {
                for name in headers::BODY {
                    sent.remove(name);
                }
            }
            if !sent.contains_key(header::AUTHORIZATION)
                && let Some(basic) = origins.credentials_for(&url)
            {
                sent.insert(header::AUTHORIZATION, basic);
            }
            let (response, lease) = self.request(&method, &url, &sent, body.take()).await?;
            let status = response.status();
            if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
                return Err(Failure::upstream(
                    "the HTTP proxy of the environment asks for credentials; put user and password into its URL",
                ));
            }
            if !redirect::is_redirect(status) {
                return Ok(UpstreamResponse {
                    status,
                    headers: headers::for_client(kind, response.headers()),
                    received: response.headers().clone(),
                    url: SafeUrl::new(url),
                    response,
                    lease,
                    timeout: self.response_timeout,
                });
            }
            let hop = trail.follow(kind, origins, status, response.headers().get(header::LOCATION))?;
            discard(response).await;
            tracing::debug!(from = %SafeUrl::new(url), to = %SafeUrl::new(hop.url.clone()), %status, "redirect followed");
            (method, url) = (hop.method, hop.url);
        }
    }

    /// A read that found its pooled connection closed, or was cut before any answer, is sent once more.
    async fn request(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        mut body: Option<RequestBody>,
    ) -> Result<(reqwest::Response, Lease), Failure> {
        let host = redirect::host_of(url);
        let lease = self.pools.lease(url)?;
        let mut again = body.is_none() && (method == Method::GET || method == Method::HEAD);
        loop {
            let mut request = reqwest::Request::new(method.clone(), url.clone());
            *request.headers_mut() = headers.clone();
            let uploaded = Arc::new(AtomicU64::new(0));
            if let Some(body) = body.take() {
                let uploaded = Arc::clone(&uploaded);
                *request.body_mut() = Some(reqwest::Body::wrap_stream(body.inspect(move |_| {
                    uploaded.fetch_add(1, Ordering::Relaxed);
                })));
            }
            match self.head(lease.client(), request, &host, &uploaded).await? {
                Ok(response) => {
                    lease.answered(response.version());
                    return Ok((response, lease));
                }
                Err(error) if again && fault::was_cut(&error) => again = false,
                Err(error) => return Err(fault::on_request(&host, error)),
            }
        }
    }

    /// The outer error is the timeout, which starts anew whenever a piece of the upload has gone.
    async fn head(
        &self,
        client: &reqwest::Client,
        request: reqwest::Request,
        host: &str,
        uploaded: &AtomicU64,
    ) -> Result<reqwest::Result<reqwest::Response>, Failure> {
        let mut answer = pin!(client.execute(request));
        loop {
            let before = uploaded.load(Ordering::Relaxed);
            match tokio::time::timeout(self.response_timeout, &mut answer).await {
                Ok(answer) => return Ok(answer),
                Err(_) if uploaded.load(Ordering::Relaxed) != before => {}
                Err(_) => return Err(fault::silent(host, self.response_timeout)),
            }
        }
    }
}

/// None when nothing comes: a DELETE or OPTIONS must not become a chunked request, which some registries refuse.
async fn sent_body(mut body: RequestBody, client: &HeaderMap) -> Option<RequestBody> {
    if let Some(length) = client.get(header::CONTENT_LENGTH) {
        return (length != "0").then_some(body);
    }
    let first = body.next().await?;
    Some(futures_util::stream::iter([first]).chain(body).boxed())
}

async fn discard(mut response: reqwest::Response) {
    if response
        .content_length()
        .is_some_and(|length| length <= DISCARDED_LENGTH)
    {
        let rest = async { while let Ok(Some(_)) = response.chunk().await {} };
        // A connection that is not drained is closed, no more.
        let _ = tokio::time::timeout(DISCARD_TIMEOUT, rest).await;
    }
}

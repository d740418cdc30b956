//! A response body on its way through.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use tokio::time::Sleep;

use super::fault;
use super::pools::Lease;
use crate::failure::Failure;

/// Yields upstream's bytes as they come. Ends with an error, never cleanly, when upstream stops short of its length, resets
/// or is silent for longer than `http.client.response-timeout`: the client's connection must then be cut.
pub struct BodyStream {
    inner: Option<BoxStream<'static, reqwest::Result<Bytes>>>,
    /// Its connection is in use until the body has ended.
    lease: Option<Lease>,
    host: String,
    timeout: Duration,
    /// Runs only while upstream owes us something: a client that reads slowly is no silence of upstream's.
    silence: Option<Pin<Box<Sleep>>>,
}

impl BodyStream {
    pub(super) fn new(response: reqwest::Response, lease: Lease, host: String, timeout: Duration) -> Self {
        Self {
            inner: Some(response.bytes_stream().boxed()),
            lease: Some(lease),
            host,
            timeout,
            silence: None,
        }
    }

    fn end(&mut self, with: Option<Failure>) -> Poll<Option<Result<Bytes, Failure>>> {
        self.inner = None;
        self.lease = None;
        Poll::Ready(with.map(Err))
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else {
            return Poll::Ready(None);
        };
        match inner.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(bytes))) => {
                this.silence = None;
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(Some(Err(error))) => {
                let failure = fault::on_body(&this.host, error);
                this.end(Some(failure))
            }
            Poll::Ready(None) => this.end(None),
            Poll::Pending => {
                let deadline = this.timeout;
                let silence = this
                    .silence
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep(deadline)));
                if silence.as_mut().poll(cx).is_ready() {
                    let failure = fault::silent(&this.host, this.timeout);
                    return this.end(Some(failure));
                }
                Poll::Pending
            }
        }
    }
}

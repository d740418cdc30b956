//! The answers that carry no package: refusals by policy and failures. One home for both, so that every client reads
//! them in the same place: status line, headers, body in the form it asked for.

mod accept;
mod body;
mod refused;
mod text;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

pub use refused::{Refused, Why};

use crate::failure::Failure;
use crate::plugin::ErrorForm;

pub const DECISION: HeaderName = HeaderName::from_static("x-osa-decision");
pub const POLICY: HeaderName = HeaderName::from_static("x-osa-policy");
pub const REASON: HeaderName = HeaderName::from_static("x-osa-reason");
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-osa-request-id");
/// On failures: who is to blame, see [`crate::failure::Blame`].
pub const BLAME: HeaderName = HeaderName::from_static("x-osa-blame");

/// Whom to answer, and how they want to be answered.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The request's headers, for `Accept`.
    pub headers: &'a HeaderMap,
    /// How this ecosystem's clients show an error to people.
    pub own_form: Option<&'a ErrorForm>,
    pub request_id: &'a str,
    /// `codescoring.enable-status-line`
    pub status_line: bool,
}

/// What was asked for and is refused.
#[derive(Clone, Copy, Debug)]
pub enum Refusal<'a> {
    Package(&'a Refused),
    /// A document of which nothing would be left: every component it offers is in `refused`.
    Document {
        /// What the package URLs of the document share, e.g. `pkg:widget/a@`.
        prefix: &'a str,
        refused: &'a [Refused],
    },
}

/// The answer to a refused request, with `status` = `codescoring.block-status-code`. A HEAD request gets the same head.
pub fn blocked(refusal: Refusal<'_>, status: StatusCode, asker: Asker<'_>) -> Response<Bytes> {
    let summary = body::Summary::of(refusal);
    let mut response = body::render(&summary, status, asker);
    let headers = response.headers_mut();
    headers.insert(DECISION, HeaderValue::from_static("blocked"));
    let names: Vec<&str> = summary.policies.iter().map(|policy| policy.name.as_str()).collect();
    if !names.is_empty()
        && let Some(value) = text::header(&names.join(", "))
    {
        headers.insert(POLICY, value);
    }
    if let Some(value) = text::header(&summary.reason) {
        headers.insert(REASON, value);
    }
    if asker.status_line
        && let Some(phrase) = text::reason_phrase(&capitalised(&summary.reason))
    {
        response.extensions_mut().insert(phrase);
    }
    response
}

/// The answer to a request that failed. The caller logs `failure.detail`; it is not sent.
pub fn failed(failure: &Failure, asker: Asker<'_>) -> Response<Bytes> {
    let mut response = body::render(&body::Summary::of_failure(failure), failure.status, asker);
    let headers = response.headers_mut();
    headers.insert(BLAME, HeaderValue::from_static(failure.blame.as_str()));
    for (name, value) in failure.headers.iter() {
        headers.append(name, value.clone());
    }
    if let Some(wait) = failure.retry_after {
        // Whole seconds, rounded up: never invite a client back too early.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What both kinds of answer have in common.
fn frame(status: StatusCode, content_type: HeaderValue, body: String, request_id: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    if let Some(id) = text::header(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;

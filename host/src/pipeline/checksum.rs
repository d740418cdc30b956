//! The checksum file of an edited document: of the bytes that a client would get, not of upstream's.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};

use super::digest;
use super::document::{self, Made};
use super::visit::Visit;
use crate::failure::Failure;
use crate::plugin::{Digest, Document};

/// The digest in lower-case hexadecimal and nothing else, as repositories publish it.
pub(super) async fn answer(visit: &Visit<'_>, document: Document, kind: Digest) -> Result<Response<Body>, Failure> {
    let document = match document::make(visit, document).await? {
        Made::Edited(document, _) => document,
        Made::Answer(answer) => return Ok(answer),
    };
    let mut response = Response::new(digest::hex(kind, &document.document().parts).await?.into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(visit.whole(response))
}

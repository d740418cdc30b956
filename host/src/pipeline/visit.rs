//! One request on its way through a repository: what every step needs to know of it.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Response};

use super::gateway::Gateway;
use super::repository::Repository;
use crate::judge::Context;
use crate::plugin::{Head, Request};
use crate::policy::refusal::{self, Asker, Refusal};

pub(super) struct Visit<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) repository: &'a Repository,
    pub(super) id: &'a str,
    pub(super) parts: &'a Parts,
    /// As the plugin sees it.
    pub(super) request: Request,
    /// What links into this repository begin with, no slash at the end.
    pub(super) link_base: String,
    /// The repository manager's repository that the request came through.
    pub(super) context: Option<Arc<Context>>,
}

/// Marks an answer as policy's refusal, among its extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocked;

impl Visit<'_> {
    pub(super) fn is_head(&self) -> bool {
        self.parts.method == Method::HEAD
    }

    pub(super) fn asker(&self) -> Asker<'_> {
        asker(self.gateway, Some(self.repository), &self.parts.headers, self.id)
    }

    /// The answer to a refused request.
    pub(super) fn refuse(&self, refusal: Refusal<'_>) -> Response<Body> {
        let codescoring = &self.gateway.codescoring;
        let mut response = refusal::blocked(refusal, codescoring.block_status_code, self.asker());
        response.extensions_mut().insert(Blocked);
        self.whole(response)
    }

    /// A response whose body is at hand; HEAD gets its head alone.
    pub(super) fn whole(&self, response: Response<Bytes>) -> Response<Body> {
        whole(response, self.is_head())
    }
}

/// An upstream head as a plugin sees it.
pub(super) fn head_for_plugin(status: http::StatusCode, headers: &HeaderMap) -> Head {
    let headers = headers
        .iter()
        .filter(|(name, _)| *name != http::header::SET_COOKIE)
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    Head {
        status: status.as_u16(),
        headers,
    }
}

pub(super) fn asker<'a>(
    gateway: &Gateway,
    repository: Option<&'a Repository>,
    headers: &'a HeaderMap,
    id: &'a str,
) -> Asker<'a> {
    Asker {
        headers,
        own_form: repository.and_then(|repository| repository.plugin.plugin().description().error_form.as_ref()),
        request_id: id,
        status_line: gateway.codescoring.enable_status_line,
    }
}

pub(super) fn whole(response: Response<Bytes>, head: bool) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if parts.status != http::StatusCode::NO_CONTENT && parts.status != http::StatusCode::NOT_MODIFIED {
        parts.headers.insert(http::header::CONTENT_LENGTH, body.len().into());
    }
    Response::from_parts(parts, if head { Body::empty() } else { Body::from(body) })
}

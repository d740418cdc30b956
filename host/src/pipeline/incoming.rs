//! The client's request as a plugin sees it.

use http::request::Parts;

use crate::plugin::{Description, Request};

/// `path` is what is left of the client's path once the repository (and its context) is off.
pub(super) fn request(parts: &Parts, description: &Description, path: &str, query: Option<&str>) -> Request {
    let headers = description
        .wants_headers
        .iter()
        .filter_map(|name| {
            // Several lines of one name are one list (RFC 9110 section 5.3).
            let lines: Vec<_> = parts
                .headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .collect();
            (!lines.is_empty()).then(|| (name.clone(), lines.join(", ")))
        })
        .collect();
    Request {
        method: parts.method.as_str().to_owned(),
        path: path.to_owned(),
        query: query.map(str::to_owned),
        headers,
    }
}

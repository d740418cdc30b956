//! Answers that a plugin makes up itself, without any upstream.

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::failure::Failure;
use crate::plugin::{Answer, Plugin};

/// A plugin may say what its protocol needs, but not how the connection is run nor whom a browser should trust.
const NOT_ITS_OWN: [&str; 12] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "set-cookie",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn answer(plugin: &Plugin, answer: Answer) -> Result<Response<Bytes>, Failure> {
    let lied = |what: String| plugin.lied("classify", what);
    let status = StatusCode::from_u16(answer.status)
        .ok()
        .filter(|status| !status.is_informational() && *status != StatusCode::SWITCHING_PROTOCOLS)
        .ok_or_else(|| lied(format!("answered with status {}", answer.status)))?;
    let mut response = Response::new(Bytes::from(answer.body));
    *response.status_mut() = status;
    for (name, value) in answer.headers {
        let (name, value) = header(&name, &value)
            .filter(|(name, value)| *name != LOCATION || stays_here(value))
            .ok_or_else(|| lied(format!("answered with a bad header {name:?}")))?;
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// A redirect of a plugin's own leads to another path of this proxy: it knows no other host.
fn stays_here(location: &HeaderValue) -> bool {
    let first = location
        .as_bytes()
        .split(|byte| matches!(byte, b'/' | b'?' | b'#'))
        .next()
        .unwrap_or_default();
    !first.contains(&b':') && !location.as_bytes().starts_with(b"//") && !location.as_bytes().contains(&b'\\')
}

/// A header that a plugin may set, or none.
pub(super) fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    if NOT_ITS_OWN.contains(&name.as_str()) {
        return None;
    }
    Some((name, HeaderValue::from_str(value).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{header, stays_here};

    #[test]
    fn a_redirect_stays_here() {
        let stays = |text: &str| stays_here(&text.parse().unwrap());
        assert!(stays("name/") && stays("/npm/name/?a=b:c") && stays("../simple/x/"));
        assert!(!stays("https://evil.example/") && !stays("//evil.example/") && !stays("javascript:x"));
        assert!(!stays("/\\evil.example/"));
    }

    #[test]
    fn a_plugin_cannot_steer_the_connection() {
        assert!(header("content-type", "text/plain").is_some());
        assert!(header("transfer-encoding", "chunked").is_none());
        assert!(header("x-a", "b\r\nset-cookie: c").is_none());
        assert!(header("x a", "b").is_none());
    }
}

//! Who may change something.
//!
//! With `admin.token`: who sends it. Without: whoever reaches `admin.address`, where that is set. Without either, only this
//! machine: verdicts that are forgotten while Judge is away are not there to block with, so clients must not be able to remove
//! them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::header::{AUTHORIZATION, FORWARDED, HOST, VIA, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use url::Host;

use super::Admin;
use crate::reply::Refused;
use crate::secret::Secret;

/// Proof that the request comes from an administrator. Checked before a body is read.
pub(super) struct Administrator;

impl FromRequestParts<Arc<Admin>> for Administrator {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Refused> {
        let peer = parts.extensions.get().map(|ConnectInfo(peer)| *peer);
        let admitted = match &admin.token {
            Some(token) => by_token(token, &parts.headers),
            None if admin.has_own_listener => Ok(()),
            None if is_this_machine(peer, parts) => Ok(()),
            None => Err(Refused::new(
                StatusCode::FORBIDDEN,
                "without a token this is only answered to the proxy's own machine: set `admin.token` in osa-proxy.yml, or \
                 `admin.address` to serve it where only administrators come",
            )),
        };
        if admitted.is_err() {
            tracing::warn!(?peer, path = parts.uri.path(), "an admin call was refused");
        }
        admitted.map(|()| Self)
    }
}

fn by_token(token: &Secret, headers: &HeaderMap) -> Result<(), Refused> {
    let refused =
        |message, challenge| Err(Refused::new(StatusCode::UNAUTHORIZED, message).with(WWW_AUTHENTICATE, challenge));
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.split_once(' '));
    match given {
        Some((scheme, given)) if scheme.eq_ignore_ascii_case("bearer") => {
            if token.is(given.trim()) {
                return Ok(());
            }
            refused(
                "this is not the token of `admin.token`",
                r#"Bearer realm="osa-proxy", error="invalid_token""#,
            )
        }
        _ => refused(
            "send the token of `admin.token`: `Authorization: Bearer <token>`",
            r#"Bearer realm="osa-proxy""#,
        ),
    }
}

/// A reverse proxy on this machine speaks for others, and tells so in one of these ways.
fn is_this_machine(peer: Option<SocketAddr>, parts: &Parts) -> bool {
    let forwarded = [
        FORWARDED.as_str(),
        VIA.as_str(),
        "x-forwarded-for",
        "x-forwarded-host",
        "x-real-ip",
    ];
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && is_local_name(parts)
        && !forwarded.into_iter().any(|name| parts.headers.contains_key(name))
}

/// Web pages can make a browser on this machine send requests, but not under the name of this machine.
fn is_local_name(parts: &Parts) -> bool {
    let named = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = parts.uri.authority().cloned().or_else(|| named?.parse().ok());
    match authority
        .as_ref()
        .and_then(|authority| Host::parse(authority.host()).ok())
    {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn admits(peer: &str, uri: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::delete(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        is_this_machine(Some(peer.parse().unwrap()), &parts)
    }

    #[test]
    fn this_machine_is_told_from_others_and_from_those_who_speak_for_them() {
        for (peer, uri, host) in [
            ("127.0.0.1:5", "/", "127.0.0.1:8080"),
            ("127.0.0.2:5", "/", "localhost"),
            ("[::1]:5", "/", "[::1]:8080"),
            ("[::ffff:127.0.0.1]:5", "/", "LOCALHOST:80"),
            ("127.0.0.1:5", "http://localhost:8080/", "ignored.example"),
        ] {
            assert!(admits(peer, uri, &[("host", host)]), "{peer} {uri} {host}");
        }
        for (peer, uri, host) in [
            ("192.0.2.1:5", "/", "127.0.0.1"),
            ("[2001:db8::1]:5", "/", "localhost"),
            ("[::ffff:192.0.2.1]:5", "/", "localhost"),
            ("127.0.0.1:5", "/", "proxy.example"),
            ("127.0.0.1:5", "/", "localhost.example"),
            ("127.0.0.1:5", "/", "127.0.0.1.example"),
            ("127.0.0.1:5", "/", "192.0.2.1"),
            ("127.0.0.1:5", "/", "?"),
            ("127.0.0.1:5", "http://proxy.example/", "localhost"),
        ] {
            assert!(!admits(peer, uri, &[("host", host)]), "{peer} {uri} {host}");
        }
        assert!(!admits("127.0.0.1:5", "/", &[]));
        for name in ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"] {
            assert!(
                !admits("127.0.0.1:5", "/", &[("host", "localhost"), (name, "x")]),
                "{name}"
            );
        }
    }
}

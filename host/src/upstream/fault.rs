//! What went wrong on the way to a registry, in words that say what to do.

use std::error::Error;
use std::io;
use std::time::Duration;

use crate::failure::Failure;

/// Before the response head.
pub(super) fn on_request(host: &str, error: reqwest::Error) -> Failure {
    // The URL may hold a token; the host is named anyway.
    let error = error.without_url();
    let text = chain(&error);
    let failure = if let Some(tls) = tls_error(&error) {
        Failure::upstream(match tls {
            rustls::Error::InvalidCertificate(_) => format!(
                "the TLS certificate of {host} is not trusted; if it is right, add its CA to the file that SSL_CERT_FILE names"
            ),
            _ => format!("no TLS connection to {host}"),
        })
    } else if error.is_timeout() {
        Failure::upstream_timeout(format!("no connection to {host} within http.client.connection-timeout"))
    } else if text.contains("tunnel") || text.contains("proxy") {
        Failure::upstream(format!("the HTTP proxy of the environment does not lead to {host}"))
    } else if text.contains("dns error") {
        Failure::upstream(format!("the name {host} does not resolve"))
    } else if has_kind(&error, &[io::ErrorKind::ConnectionRefused]) {
        Failure::upstream(format!("{host} refuses connections"))
    } else if error.is_connect() {
        Failure::upstream(format!("no connection to {host}"))
    } else if was_cut(&error) {
        Failure::upstream(format!("{host} closed the connection without an answer"))
    } else {
        Failure::upstream(format!("{host} did not answer in proper HTTP"))
    };
    failure.with_detail(text)
}

/// Inside the body.
pub(super) fn on_body(host: &str, error: reqwest::Error) -> Failure {
    Failure::upstream(format!("{host} cut its answer short")).with_detail(chain(&error.without_url()))
}

pub(super) fn silent(host: &str, wait: Duration) -> Failure {
    Failure::upstream_timeout(format!(
        "{host} was silent for {} (http.client.response-timeout)",
        humane(wait)
    ))
}

/// The connection ended before any part of an answer: what becomes of a pooled one that the server closes just then.
pub(super) fn was_cut(error: &reqwest::Error) -> bool {
    let ended = sources(error).any(|source| {
        source
            .downcast_ref::<hyper::Error>()
            .is_some_and(|error| error.is_incomplete_message() || error.is_canceled() || error.is_closed())
    });
    let kinds = [
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::BrokenPipe,
        io::ErrorKind::UnexpectedEof,
    ];
    !error.is_connect() && !error.is_timeout() && (ended || has_kind(error, &kinds))
}

fn humane(wait: Duration) -> String {
    if wait.subsec_millis() == 0 {
        format!("{} s", wait.as_secs())
    } else {
        format!("{} ms", wait.as_millis())
    }
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        // An io::Error skips the error it wraps when asked for its source.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn has_kind(error: &reqwest::Error, kinds: &[io::ErrorKind]) -> bool {
    sources(error).any(|source| {
        source
            .downcast_ref::<io::Error>()
            .is_some_and(|error| kinds.contains(&error.kind()))
    })
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    sources(error).find_map(|source| source.downcast_ref::<rustls::Error>())
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut lines: Vec<String> = sources(error).map(ToString::to_string).collect();
    lines.dedup();
    lines.join(": ")
}

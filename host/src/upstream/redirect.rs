//! Redirects are followed by us, never handed to the client: where one leads is decided here, before anything is sent.

use http::{HeaderValue, Method, StatusCode};
use url::Url;

use super::headers::Kind;
use super::target::Origins;
use crate::failure::Failure;

const MAX_HOPS: usize = 10;

/// The way a request has gone so far.
#[derive(Debug)]
pub(super) struct Trail {
    visited: Vec<(Method, Url)>,
}

/// The next request of a redirect.
#[derive(Debug)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
}

/// Whether the status sends the client elsewhere: 300 and 304 to 306 do not.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

impl Trail {
    pub(super) fn new(method: Method, url: Url) -> Self {
        Self {
            visited: vec![(method, url)],
        }
    }

    /// Documents stay on the configured origins; files, and what is judged by its own digest, go to any host. Nothing goes from https to http or to another
    /// scheme, in circles, or with a body that would have to be sent twice. User and password in a `Location` are dropped.
    pub(super) fn follow(
        &mut self,
        kind: Kind,
        origins: &Origins,
        status: StatusCode,
        location: Option<&HeaderValue>,
    ) -> Result<Hop, Failure> {
        let Some((method, from)) = self.visited.last().cloned() else {
            return Err(Failure::upstream("upstream redirects a request that was never sent"));
        };
        let host = host_of(&from);
        let Some(location) = location else {
            return Err(Failure::upstream(format!(
                "{host} answered {status} without a Location"
            )));
        };
        let url = std::str::from_utf8(location.as_bytes())
            .ok()
            .and_then(|location| from.join(location).ok())
            .and_then(without_credentials);
        let Some(url) = url else {
            return Err(Failure::upstream(format!(
                "{host} answered {status} with a Location that is no http URL"
            )));
        };
        let to = host_of(&url);
        if from.scheme() == "https" && url.scheme() == "http" {
            return Err(Failure::upstream(format!(
                "{host} redirects from https down to http on {to}, which is refused"
            )));
        }
        if kind == Kind::Document && !origins.contains(&url) {
            return Err(Failure::upstream(format!(
                "{host} redirects a document to {}://{to}, which is not configured for this repository; \
                 if that is right, configure it as this repository's registry",
                url.scheme()
            )));
        }
        let method = next_method(&method, status).ok_or_else(|| {
            Failure::upstream(format!("{host} redirects a {method}, which is not sent a second time"))
        })?;
        let hop = (method, url);
        if self.visited.contains(&hop) {
            return Err(Failure::upstream(format!("{host} redirects in a circle")));
        }
        if self.visited.len() > MAX_HOPS {
            return Err(Failure::upstream(format!(
                "{host} redirects more than {MAX_HOPS} times"
            )));
        }
        self.visited.push(hop.clone());
        Ok(Hop {
            method: hop.0,
            url: hop.1,
        })
    }
}

/// Host and port for messages: neither path nor query nor user, which may hold secrets.
pub(super) fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "upstream".to_owned(),
    }
}

/// RFC 9110 §15.4, without its leave to turn a POST into a GET on 301 and 302.
fn next_method(method: &Method, status: StatusCode) -> Option<Method> {
    match *method {
        Method::GET | Method::HEAD => Some(method.clone()),
        _ if status == StatusCode::SEE_OTHER => Some(Method::GET),
        _ => None,
    }
}

fn without_credentials(mut url: Url) -> Option<Url> {
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_fragment(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::secret::SafeUrl;

    fn follow_from(from: &str, method: Method, kind: Kind, status: u16, location: &str) -> Result<Hop, Failure> {
        let base = SafeUrl::new(Url::parse("https://registry.example/").unwrap());
        let origins = Origins::new("widget", "registry", &BTreeMap::from([("registry".to_owned(), base)]));
        Trail::new(method, Url::parse(from).unwrap()).follow(
            kind,
            &origins,
            StatusCode::from_u16(status).unwrap(),
            Some(&HeaderValue::from_str(location).unwrap()),
        )
    }

    fn follow(kind: Kind, status: u16, location: &str) -> Result<Hop, Failure> {
        follow_from("https://registry.example/a/b", Method::GET, kind, status, location)
    }

    #[test]
    fn documents_stay_on_configured_origins_and_files_do_not() {
        assert_eq!(
            follow(Kind::Document, 301, "../c?x").unwrap().url.as_str(),
            "https://registry.example/c?x"
        );
        let failure = follow(Kind::Document, 302, "https://bob:pw@other.example/x?token=t").unwrap_err();
        assert!(failure.message.contains("https://other.example"), "{failure}");
        assert!(
            !failure.message.contains("pw") && !failure.message.contains("token"),
            "{failure}"
        );
        for kind in [Kind::Artifact, Kind::Passthrough] {
            let hop = follow(kind, 302, "https://bob:pw@cdn.example/x?token=t#f").unwrap();
            assert_eq!(hop.url.as_str(), "https://cdn.example/x?token=t");
        }
    }

    #[test]
    fn nothing_goes_down_to_http_or_to_another_scheme() {
        for location in [
            "http://registry.example/x",
            "http://cdn.example/",
            "file:///etc/passwd",
            "ftp://cdn.example/x",
            "gopher:x",
            "https://",
        ] {
            let failure = follow(Kind::Artifact, 302, location).unwrap_err();
            assert_eq!(failure.status, 502, "{location}");
        }
    }

    #[test]
    fn only_reads_are_sent_again() {
        for status in [301, 302, 303, 307, 308] {
            let hop = follow_from("https://registry.example/a", Method::HEAD, Kind::Artifact, status, "/b").unwrap();
            assert_eq!(hop.method, Method::HEAD);
        }
        let post = |status| {
            follow_from(
                "https://registry.example/a",
                Method::POST,
                Kind::Passthrough,
                status,
                "/b",
            )
        };
        assert_eq!(post(303).unwrap().method, Method::GET);
        for status in [301, 302, 307, 308] {
            assert!(post(status).unwrap_err().message.contains("POST"));
        }
    }
}

//! Which headers cross the proxy, in each direction.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::accept::without_mirrors;

/// What becomes of an answer decides which headers make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Relayed as it is.
    Passthrough,
    /// A package file: judged before, then relayed; ranges and conditions reach upstream.
    Artifact,
    /// Read, edited and answered by us: its representation, validators and encoding are ours.
    Document,
    /// Read like a document and judged like a file, by what it holds: it may come from any host that a redirect names.
    Component,
}

impl Kind {
    /// Whether the whole is read here, so that neither the client's conditions nor upstream's coding go through.
    fn is_read(self) -> bool {
        matches!(self, Self::Document | Self::Component)
    }
}

/// The encodings that `body` decodes, in the order we like them.
const DECODABLE: HeaderValue = HeaderValue::from_static("zstd, br, gzip");

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("osa-proxy/", env!("CARGO_PKG_VERSION")));

/// RFC 9110 §7.6.1, and what older proxies made up.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// Where the request came from and what it passed: upstream sees us, and some content delivery networks refuse the rest.
const ORIGIN_TRACES: [&str; 9] = [
    "host",
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "expect",
    "max-forwards",
];

/// Sent anywhere: nothing in them is a secret.
const HARMLESS: [&str; 6] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "pragma",
    "user-agent",
];

/// What a request's own body is.
pub(super) const BODY: [&str; 4] = ["content-type", "content-length", "content-encoding", "content-language"];

/// Those that make an answer another than the whole.
pub const CONDITIONS: [&str; 6] = [
    "range",
    "if-range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
];

/// Meant for whoever speaks to us over this connection, or said in the proxy's own name.
const ANSWER_DROPPED: [&str; 9] = [
    "alt-svc",
    "clear-site-data",
    "nel",
    "public-key-pins",
    "report-to",
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
    "via",
];

/// Describes upstream's bytes, which are not those that the client gets.
const DOCUMENT_DROPPED: [&str; 10] = [
    "accept-ranges",
    "content-digest",
    "content-encoding",
    "content-length",
    "content-md5",
    "content-range",
    "digest",
    "etag",
    "last-modified",
    "repr-digest",
];

/// Whether a header may hold a secret of the client: the usual ones, and every name that sounds like one, such as
/// `Private-Token`, `X-Api-Key` or a one-time password.
pub fn is_credential(name: &HeaderName) -> bool {
    let name = name.as_str();
    let telling = [
        "token",
        "api-key",
        "apikey",
        "auth",
        "secret",
        "session",
        "password",
        "credential",
    ];
    matches!(name, "cookie" | "x-jfrog-art-api")
        || name.ends_with("-otp")
        || telling.iter().any(|word| name.contains(word))
}

/// The client's headers as they go to one upstream. `home` says whether that is where the client's credentials belong;
/// elsewhere only harmless headers go, so that a secret under an unknown name stays here too.
pub(super) fn for_upstream(kind: Kind, client: &HeaderMap, home: bool) -> HeaderMap {
    let named = named_by_connection(client);
    let mut headers = HeaderMap::with_capacity(client.len() + 2);
    for (name, value) in client {
        let text = name.as_str();
        let wanted = match kind {
            Kind::Document | Kind::Component => HARMLESS.contains(&text) || (home && is_credential(name)),
            Kind::Passthrough | Kind::Artifact => {
                home || HARMLESS.contains(&text) || CONDITIONS.contains(&text) || BODY.contains(&text)
            }
        };
        let dropped = HOP_BY_HOP.contains(&text)
            || ORIGIN_TRACES.contains(&text)
            || text.starts_with("x-forwarded")
            || text.starts_with("proxy-")
            || named.contains(name);
        if wanted && !dropped {
            let mut value = if *name == header::ACCEPT {
                without_mirrors(value)
            } else {
                value.clone()
            };
            value.set_sensitive(is_credential(name));
            headers.append(name.clone(), value);
        }
    }
    if kind.is_read() {
        headers.insert(header::ACCEPT_ENCODING, DECODABLE);
    }
    headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
    headers
}

/// Upstream's headers as they go to the client.
pub(super) fn for_client(kind: Kind, upstream: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(upstream);
    let mut headers = HeaderMap::with_capacity(upstream.len());
    for (name, value) in upstream {
        let text = name.as_str();
        let dropped = HOP_BY_HOP.contains(&text)
            || ANSWER_DROPPED.contains(&text)
            // Nobody but this proxy says what it decided.
            || text.starts_with("x-osa-")
            || (kind.is_read() && (DOCUMENT_DROPPED.contains(&text) || text.starts_with("x-checksum-")))
            || named.contains(name);
        if !dropped {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (
                    name.parse::<HeaderName>().unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    fn client() -> HeaderMap {
        map(&[
            ("host", "proxy.example"),
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("proxy-authorization", "Basic x"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-host", "proxy.example"),
            ("forwarded", "for=10.0.0.1"),
            ("via", "1.1 x"),
            ("x-real-ip", "10.0.0.1"),
            ("authorization", "Bearer t"),
            ("cookie", "a=b"),
            ("private-token", "t"),
            ("x-acme-apikey", "t"),
            ("x-custom", "maybe a secret"),
            ("accept", "text/html"),
            ("accept-encoding", "lzma"),
            ("user-agent", "widget/1"),
            ("range", "bytes=0-1"),
            ("if-none-match", "\"x\""),
        ])
    }

    #[test]
    fn a_file_request_is_passed_on_but_for_hops() {
        for kind in [Kind::Artifact, Kind::Passthrough] {
            assert_eq!(
                names(&for_upstream(kind, &client(), true)),
                [
                    "accept",
                    "accept-encoding",
                    "authorization",
                    "cookie",
                    "if-none-match",
                    "private-token",
                    "range",
                    "user-agent",
                    "x-acme-apikey",
                    "x-custom"
                ]
            );
            let elsewhere = for_upstream(kind, &client(), false);
            assert_eq!(
                names(&elsewhere),
                ["accept", "accept-encoding", "if-none-match", "range", "user-agent"]
            );
        }
    }

    #[test]
    fn a_document_request_is_ours() {
        let headers = for_upstream(Kind::Document, &client(), true);
        assert_eq!(
            names(&headers),
            [
                "accept",
                "accept-encoding",
                "authorization",
                "cookie",
                "private-token",
                "user-agent",
                "x-acme-apikey"
            ]
        );
        assert_eq!(headers["accept-encoding"], "zstd, br, gzip");
        assert_eq!(headers["user-agent"], "widget/1");
        let elsewhere = for_upstream(Kind::Document, &client(), false);
        assert_eq!(names(&elsewhere), ["accept", "accept-encoding", "user-agent"]);
        assert!(!format!("{headers:?}").contains("Bearer"));
        assert_eq!(
            for_upstream(Kind::Document, &HeaderMap::new(), true)["user-agent"],
            USER_AGENT
        );
    }

    #[test]
    fn an_answer_loses_what_is_not_for_the_client() {
        let upstream = map(&[
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("set-cookie", "a=b"),
            ("alt-svc", "h3"),
            ("strict-transport-security", "max-age=1"),
            ("x-osa-decision", "allow"),
            ("content-type", "text/html"),
            ("content-encoding", "gzip"),
            ("content-length", "5"),
            ("etag", "\"x\""),
            ("last-modified", "x"),
            ("accept-ranges", "bytes"),
            ("repr-digest", "x"),
            ("link", "x"),
        ]);
        assert_eq!(names(&for_client(Kind::Document, &upstream)), ["content-type", "link"]);
        assert_eq!(
            names(&for_client(Kind::Artifact, &upstream)),
            [
                "accept-ranges",
                "content-encoding",
                "content-length",
                "content-type",
                "etag",
                "last-modified",
                "link",
                "repr-digest"
            ]
        );
    }
}

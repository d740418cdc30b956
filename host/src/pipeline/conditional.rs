//! The answer with an edited document: our own ETag, 304, compression, parts, HEAD (RFC 9110 §8.8.3, §13.1.2, §14).

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, DATE, ETAG,
    EXPIRES, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, VARY,
};
use http::{Method, Response, StatusCode};

use super::encode::{self, Coding};
use super::range::{self, Part};
use super::representation::Representation;
use crate::failure::Failure;
use crate::plugin::Digest;

/// Kept, but asked about each time: the next verdict may be another.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// RFC 9530: of the whole representation, also where a part of it is sent.
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// Answers GET or HEAD with `document`. `headers` describe it: content type, `Cache-Control` (default `no-cache`), and the
/// request headers it depends on in `Vary`, to which `Accept-Encoding` is added. The parts of the body are to be sent in
/// order; there are none for HEAD and 304.
pub async fn answer(
    method: &Method,
    request: &HeaderMap,
    mut headers: HeaderMap,
    document: &Representation,
) -> Result<Response<Vec<Bytes>>, Failure> {
    let coding = encode::negotiate(request, document.document().length)?;
    let etag = etag(document.digest().await?, document.validator(), coding);
    headers.insert(ETAG, header(&etag)?);
    headers.entry(CACHE_CONTROL).or_insert(REVALIDATE);
    vary_by_encoding(&mut headers);

    if is_held(request, &etag) {
        headers = [ETAG, CACHE_CONTROL, CONTENT_LOCATION, DATE, EXPIRES, VARY]
            .into_iter()
            .flat_map(|name| {
                headers
                    .get_all(&name)
                    .iter()
                    .map(|value| (name.clone(), value.clone()))
                    .collect::<Vec<_>>()
            })
            .collect();
        return Ok(response(StatusCode::NOT_MODIFIED, headers, Vec::new()));
    }
    let mut parts = document.coded(coding).await?;
    let mut status = StatusCode::OK;
    headers.remove(CONTENT_ENCODING);
    if coding == Coding::Identity {
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if document.validator() != Digest::Sha256 {
            headers.insert(REPR_DIGEST, header(&document.repr_digest().await?)?);
        }
        let length = document.document().length;
        match range::wanted(request, length, &etag) {
            Part::Of(range) if method == Method::GET => {
                let told = format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1));
                headers.insert(CONTENT_RANGE, header(&told)?);
                parts = range::cut(&parts, &range);
                status = StatusCode::PARTIAL_CONTENT;
            }
            Part::Beyond if method == Method::GET => {
                headers.insert(CONTENT_RANGE, header(&format!("bytes */{length}"))?);
                parts = Vec::new();
                status = StatusCode::RANGE_NOT_SATISFIABLE;
            }
            _ => {}
        }
    } else {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.as_str()));
    }
    headers.insert(
        CONTENT_LENGTH,
        HeaderValue::from(parts.iter().map(Bytes::len).sum::<usize>()),
    );
    let parts = if method == Method::HEAD { Vec::new() } else { parts };
    Ok(response(status, headers, parts))
}

/// Strong and different for every coding, as the bytes are. Only where the protocol's clients compare the tag with the
/// digest of what they decoded (any validator but sha256) a coded answer has the digest itself, then as a weak tag.
fn etag(hex: &str, validator: Digest, coding: Coding) -> String {
    match (coding, validator) {
        (Coding::Identity, _) => format!("\"{hex}\""),
        (coding, Digest::Sha256) => format!("\"{hex}-{}\"", coding.as_str()),
        _ => format!("W/\"{hex}\""),
    }
}

/// `If-None-Match` by weak comparison.
pub(super) fn is_held(request: &HeaderMap, etag: &str) -> bool {
    request.get_all(IF_NONE_MATCH).iter().any(|value| {
        let value = String::from_utf8_lossy(value.as_bytes());
        value.trim() == "*" || opaque_tags(&value).any(|tag| Some(tag) == opaque_tags(etag).next())
    })
}

/// What stands between quotes; commas may stand there too.
fn opaque_tags(list: &str) -> impl Iterator<Item = &str> {
    list.split('"').skip(1).step_by(2)
}

fn vary_by_encoding(headers: &mut HeaderMap) {
    let named = headers.get_all(VARY).iter().any(|value| {
        let value = value.to_str().unwrap_or_default();
        value
            .split(',')
            .any(|name| matches!(name.trim(), "*") || name.trim().eq_ignore_ascii_case("accept-encoding"))
    });
    if !named {
        headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}

fn header(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(|error| Failure::overloaded("no ETag can be made").with_detail(error))
}

fn response(status: StatusCode, headers: HeaderMap, parts: Vec<Bytes>) -> Response<Vec<Bytes>> {
    let mut response = Response::new(parts);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::splice::Spliced;

    const SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    async fn ask(
        method: Method,
        lines: &[(&'static str, &str)],
        body: &str,
        validator: Digest,
    ) -> Response<Vec<Bytes>> {
        let mut request = HeaderMap::new();
        for (name, value) in lines {
            request.append(*name, value.parse().unwrap());
        }
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("text/html"));
        headers.insert(VARY, HeaderValue::from_static("Accept"));
        let document = Spliced::from(Bytes::copy_from_slice(body.as_bytes()));
        let document = Representation::new(document, validator, None);
        answer(&method, &request, headers, &document).await.unwrap()
    }

    #[tokio::test]
    async fn the_etag_is_the_digest_and_comes_back_as_304() {
        let first = ask(Method::GET, &[], "test", Digest::Sha256).await;
        assert_eq!(first.headers()[ETAG], format!("\"{SHA256}\"").as_str());
        assert_eq!(first.headers()[CONTENT_LENGTH], "4");
        assert_eq!(first.body().concat(), b"test");
        let vary: Vec<_> = first.headers().get_all(VARY).iter().collect();
        assert_eq!(vary, ["Accept", "Accept-Encoding"]);

        for held in [
            format!("\"{SHA256}\""),
            format!("W/\"{SHA256}\""),
            format!("\"a,b\", W/\"c\" , \"{SHA256}\""),
            "*".to_owned(),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let answer = ask(method, &[("if-none-match", &held)], "test", Digest::Sha256).await;
                assert_eq!(answer.status(), 304, "{held}");
                assert!(answer.body().is_empty());
                let mut names: Vec<_> = answer.headers().keys().map(http::HeaderName::as_str).collect();
                names.sort_unstable();
                assert_eq!(names, ["cache-control", "etag", "vary"]);
            }
        }
        let changed = ask(
            Method::GET,
            &[("if-none-match", &format!("\"{SHA256}\""))],
            "tent",
            Digest::Sha256,
        )
        .await;
        assert_eq!(changed.status(), 200);
    }

    #[tokio::test]
    async fn each_coding_has_its_own_strong_tag() {
        let body = "test ".repeat(1000);
        let mut tags = Vec::new();
        for accept in ["identity", "gzip", "br", "zstd"] {
            let answer = ask(Method::GET, &[("accept-encoding", accept)], &body, Digest::Sha256).await;
            let length: usize = answer.headers()[CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
            assert_eq!(answer.body().concat().len(), length);
            tags.push(answer.headers()[ETAG].to_str().unwrap().to_owned());
        }
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), 4, "{tags:?}");
        assert!(tags.iter().all(|tag| tag.starts_with('"')));
    }

    #[tokio::test]
    async fn a_validator_that_clients_compute_is_bare() {
        let body = "test ".repeat(1000);
        let plain = ask(Method::GET, &[], "test", Digest::Md5).await;
        assert_eq!(plain.headers()[ETAG], "\"098f6bcd4621d373cade4e832627b4f6\"");
        let coded = ask(Method::GET, &[("accept-encoding", "gzip")], &body, Digest::Md5).await;
        let identity = ask(Method::GET, &[], &body, Digest::Md5).await;
        let tag = identity.headers()[ETAG].to_str().unwrap().to_owned();
        assert_eq!(coded.headers()[ETAG].to_str().unwrap(), format!("W/{tag}"));
    }

    #[tokio::test]
    async fn a_part_comes_with_the_tag_and_the_digest_of_the_whole() {
        let part = ask(Method::GET, &[("range", "bytes=1-2")], "test", Digest::Md5).await;
        assert_eq!((part.status().as_u16(), part.body().concat()), (206, b"es".to_vec()));
        assert_eq!(part.headers()[CONTENT_RANGE], "bytes 1-2/4");
        assert_eq!(part.headers()[CONTENT_LENGTH], "2");
        assert_eq!(part.headers()[ETAG], "\"098f6bcd4621d373cade4e832627b4f6\"");
        assert_eq!(
            part.headers()[REPR_DIGEST],
            "sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:"
        );
        let beyond = ask(Method::GET, &[("range", "bytes=4-")], "test", Digest::Sha256).await;
        assert_eq!((beyond.status().as_u16(), beyond.body().len()), (416, 0));
        assert_eq!(beyond.headers()[CONTENT_RANGE], "bytes */4");
        let head = ask(Method::HEAD, &[("range", "bytes=1-2")], "test", Digest::Sha256).await;
        assert_eq!(
            (head.status().as_u16(), &head.headers()[CONTENT_LENGTH]),
            (200, &HeaderValue::from(4))
        );
        assert!(!head.headers().contains_key(REPR_DIGEST), "its tag is that already");
        // A part of what is packed would be of use to nobody.
        let body = "test ".repeat(1000);
        let lines = [("range", "bytes=1-2"), ("accept-encoding", "gzip")];
        let packed = ask(Method::GET, &lines, &body, Digest::Md5).await;
        assert_eq!(packed.status(), 200);
        assert!(!packed.headers().contains_key(REPR_DIGEST));
        // What the client has still holds.
        let unchanged = [
            ("range", "bytes=3-"),
            ("if-none-match", "\"098f6bcd4621d373cade4e832627b4f6\""),
        ];
        assert_eq!(ask(Method::GET, &unchanged, "test", Digest::Md5).await.status(), 304);
    }

    #[tokio::test]
    async fn head_has_the_headers_of_get() {
        let body = "test ".repeat(1000);
        let get = ask(Method::GET, &[("accept-encoding", "zstd")], &body, Digest::Sha256).await;
        let head = ask(Method::HEAD, &[("accept-encoding", "zstd")], &body, Digest::Sha256).await;
        assert_eq!(get.headers(), head.headers());
        assert!(head.body().is_empty() && !get.body().is_empty());
    }
}

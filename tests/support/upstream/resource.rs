//! A file or document served the way a good registry serves it: validators, ranges, encodings, authorization.

use std::io::{Read, Write};

use bytes::Bytes;

use super::{Received, Reply, Route};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Gzip,
    Brotli,
    Zstd,
}

impl Encoding {
    pub const ALL: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// As in `Content-Encoding`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// Packs a body for the transfer. Same input, same bytes.
pub fn encode(encoding: Encoding, body: &[u8]) -> Vec<u8> {
    match encoding {
        Encoding::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        }
        Encoding::Brotli => {
            let mut packed = Vec::new();
            let mut encoder = brotli::CompressorWriter::new(&mut packed, 4096, 3, 20);
            encoder.write_all(body).unwrap();
            drop(encoder);
            packed
        }
        Encoding::Zstd => zstd::encode_all(body, 1).unwrap(),
    }
}

/// Unpacks what [`encode`] or a server has packed.
pub fn decode(encoding: Encoding, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match encoding {
        Encoding::Gzip => flate2::read::MultiGzDecoder::new(body).read_to_end(&mut plain),
        Encoding::Brotli => brotli::Decompressor::new(body, 4096).read_to_end(&mut plain),
        Encoding::Zstd => zstd::Decoder::new(body).and_then(|mut decoder| decoder.read_to_end(&mut plain)),
    }
    .expect("a packed body");
    plain
}

/// Answers GET and HEAD.
#[derive(Clone, Debug)]
pub struct Resource {
    pub content_type: String,
    pub body: Bytes,
    /// With its quotes, `W/` in front when weak.
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Whether `Accept-Encoding` is heeded.
    pub packed: bool,
    /// The only `Authorization` that is let in.
    pub authorization: Option<String>,
    pub headers: Vec<(String, String)>,
}

impl Resource {
    pub fn new(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            content_type: content_type.to_owned(),
            body: body.into(),
            etag: None,
            last_modified: None,
            packed: false,
            authorization: None,
            headers: Vec::new(),
        }
    }

    #[must_use]
    pub fn etag(mut self, etag: &str) -> Self {
        self.etag = Some(etag.to_owned());
        self
    }

    /// An HTTP date.
    #[must_use]
    pub fn last_modified(mut self, date: &str) -> Self {
        self.last_modified = Some(date.to_owned());
        self
    }

    #[must_use]
    pub fn packed(mut self) -> Self {
        self.packed = true;
        self
    }

    #[must_use]
    pub fn authorization(mut self, value: &str) -> Self {
        self.authorization = Some(value.to_owned());
        self
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn head(&self, status: u16) -> Reply {
        let mut reply = Reply::new(status)
            .header("content-type", &self.content_type)
            .header("accept-ranges", "bytes");
        if let Some(etag) = &self.etag {
            reply = reply.header("etag", etag);
        }
        if let Some(date) = &self.last_modified {
            reply = reply.header("last-modified", date);
        }
        if self.packed {
            reply = reply.header("vary", "Accept-Encoding");
        }
        reply.headers.extend(self.headers.iter().cloned());
        reply
    }

    /// RFC 9110 section 13: `If-None-Match` hides `If-Modified-Since`.
    fn is_fresh(&self, request: &Received) -> bool {
        let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        match (request.header("if-none-match"), request.header("if-modified-since")) {
            (Some("*"), _) => true,
            (Some(list), _) => self
                .etag
                .as_ref()
                .is_some_and(|etag| list.split(',').any(|tag| strong(tag) == strong(etag))),
            (None, Some(date)) => self.last_modified.as_deref() == Some(date),
            (None, None) => false,
        }
    }

    /// RFC 9110 section 14, one range only. None: the whole body is due.
    fn range(&self, request: &Received) -> Option<Reply> {
        if let Some(validator) = request.header("if-range")
            && ![
                self.etag.as_deref().filter(|tag| !tag.starts_with("W/")),
                self.last_modified.as_deref(),
            ]
            .contains(&Some(validator))
        {
            return None;
        }
        let length = self.body.len();
        let (first, last) = request.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        let (first, last) = match (first.parse::<usize>(), last.parse::<usize>()) {
            (Ok(first), Ok(last)) => (first, last.min(length.saturating_sub(1))),
            (Ok(first), Err(_)) => (first, length.saturating_sub(1)),
            (Err(_), Ok(suffix)) => (length.saturating_sub(suffix), length.saturating_sub(1)),
            (Err(_), Err(_)) => return None,
        };
        if first > last || first >= length {
            return Some(self.head(416).header("content-range", &format!("bytes */{length}")));
        }
        let reply = self
            .head(206)
            .header("content-range", &format!("bytes {first}-{last}/{length}"));
        Some(reply.body(self.body.slice(first..=last)))
    }
}

impl Route for Resource {
    fn answer(&self, request: &Received) -> Reply {
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Reply::new(405).header("allow", "GET, HEAD");
        }
        if self
            .authorization
            .as_deref()
            .is_some_and(|due| request.header("authorization") != Some(due))
        {
            return Reply::new(401)
                .header("www-authenticate", "Basic realm=\"registry\"")
                .body("log in first");
        }
        if self.is_fresh(request) {
            return self.head(304);
        }
        if request.method == "GET"
            && let Some(part) = self.range(request)
        {
            return part;
        }
        let wanted = |encoding: &Encoding| request.quality("accept-encoding", encoding.as_str()).unwrap_or(0.0) > 0.0;
        match Encoding::ALL
            .into_iter()
            .find(|encoding| self.packed && wanted(encoding))
        {
            Some(encoding) => {
                let mut reply = self.head(200).header("content-encoding", encoding.as_str());
                for (_, value) in reply.headers.iter_mut().filter(|(name, _)| name == "etag") {
                    *value = format!("W/{}", value.trim_start_matches("W/"));
                }
                reply.body(encode(encoding, &self.body))
            }
            None => self.head(200).body(self.body.clone()),
        }
    }
}

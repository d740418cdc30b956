//! Reading requests off the wire.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// As on the wire, query included.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Received {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The quality that a list such as `accept` gives to a word; none when it is not named.
    pub fn quality(&self, header: &str, word: &str) -> Option<f32> {
        self.header(header)?.split(',').find_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next().filter(|name| name.eq_ignore_ascii_case(word))?;
            Some(
                parts
                    .find_map(|part| part.strip_prefix("q=")?.parse().ok())
                    .unwrap_or(1.0),
            )
        })
    }
}

/// None: the client is done.
pub(super) async fn read(stream: &mut TcpStream, unread: &mut BytesMut) -> io::Result<Option<Received>> {
    let (mut request, head_length) = loop {
        if let Some(parsed) = parse(unread)? {
            break parsed;
        }
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    };
    unread.advance(head_length);
    if request.header("transfer-encoding").is_some() {
        request.body = chunked(stream, unread).await?;
    } else if let Some(length) = request.header("content-length").and_then(|length| length.parse().ok()) {
        request.body = exactly(stream, unread, length).await?;
    }
    Ok(Some(request))
}

fn parse(unread: &BytesMut) -> io::Result<Option<(Received, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = parsed.parse(unread).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let request = Received {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|h| (h.name.to_ascii_lowercase(), text(h.value)))
            .collect(),
        body: Bytes::new(),
    };
    Ok(Some((request, length)))
}

async fn exactly(stream: &mut TcpStream, unread: &mut BytesMut, length: usize) -> io::Result<Bytes> {
    while unread.len() < length {
        if stream.read_buf(unread).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(unread.split_to(length).freeze())
}

async fn chunked(stream: &mut TcpStream, unread: &mut BytesMut) -> io::Result<Bytes> {
    let mut body = BytesMut::new();
    loop {
        let line_end = loop {
            if let Some(at) = unread.windows(2).position(|pair| pair == b"\r\n") {
                break at;
            }
            if stream.read_buf(unread).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let line = exactly(stream, unread, line_end + 2).await?;
        let size = std::str::from_utf8(&line).map_err(io::Error::other)?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        let chunk = exactly(stream, unread, size + 2).await?;
        if size == 0 {
            return Ok(body.freeze());
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

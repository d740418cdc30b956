//! A small HTTP/1.1 client that hides nothing: reason phrases, bytes as they came, and whether the body was whole.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::upstream::{Encoding, decode};

/// No answer takes longer than this in any test.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request to be sent on a connection of its own.
#[derive(Clone, Debug)]
pub struct Ask {
    address: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub reason: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Out of its chunks, but still encoded.
    pub body: Vec<u8>,
    /// Whether the body came to the end that its head announced.
    pub whole: bool,
}

impl Ask {
    /// `url` is `http://HOST:PORT/…`; the path is sent as it is.
    pub fn new(method: &str, url: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("a plain HTTP URL");
        let at = rest.find('/').unwrap_or(rest.len());
        let (address, target) = rest.split_at(at);
        Self {
            address: address.to_owned(),
            method: method.to_owned(),
            target: if target.is_empty() {
                "/".to_owned()
            } else {
                target.to_owned()
            },
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn get(url: &str) -> Self {
        Self::new("GET", url)
    }

    pub fn head(url: &str) -> Self {
        Self::new("HEAD", url)
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.target);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }

    pub async fn send(&self) -> Answer {
        self.try_send()
            .await
            .unwrap_or_else(|| panic!("no HTTP answer to {self:?}"))
    }

    /// None when the connection ends before there is the head of an answer.
    pub async fn try_send(&self) -> Option<Answer> {
        let (bytes, _) = exchange(&self.address, &self.bytes()).await;
        Answer::parse(&bytes, self.method == "HEAD")
    }

    /// Opens the connection and reads only the head of the answer; the body is left to the caller.
    pub async fn open(&self) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).await.expect("the proxy listens");
        stream.write_all(&self.bytes()).await.expect("the proxy reads");
        stream
    }
}

/// Sends bytes as they are and reads until the connection ends; false when it had to be given up.
pub async fn exchange(address: &str, bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    // A server may answer and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, read_to_end(&mut stream, &mut answer))
        .await
        .is_ok();
    (answer, ended)
}

/// A reset ends the answer as well as an orderly close does.
async fn read_to_end(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        answer.extend_from_slice(&buffer[..read]);
    }
}

impl Answer {
    /// The first answer among these bytes; none when there is no head.
    pub fn parse(bytes: &[u8], head_only: bool) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut parsed = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = parsed.parse(bytes) else {
            return None;
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut answer = Self {
            status: parsed.code?,
            reason: parsed.reason.unwrap_or_default().to_owned(),
            headers: parsed
                .headers
                .iter()
                .map(|h| (h.name.to_ascii_lowercase(), text(h.value)))
                .collect(),
            body: Vec::new(),
            whole: true,
        };
        if !head_only {
            answer.read_body(&bytes[length..]);
        }
        Some(answer)
    }

    fn read_body(&mut self, bytes: &[u8]) {
        if self.header("transfer-encoding").is_some() {
            (self.body, self.whole) = unchunk(bytes);
        } else if let Some(length) = self
            .header("content-length")
            .and_then(|length| length.parse::<usize>().ok())
        {
            self.whole = bytes.len() == length;
            bytes.clone_into(&mut self.body);
        } else {
            bytes.clone_into(&mut self.body);
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a header, split at commas, in lower case.
    pub fn list(&self, name: &str) -> Vec<String> {
        let values = self
            .headers
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str());
        values
            .flat_map(|value| value.split(','))
            .map(|item| item.trim().to_ascii_lowercase())
            .collect()
    }

    /// The body, out of its content encoding.
    pub fn decoded(&self) -> Vec<u8> {
        let name = self.header("content-encoding");
        match Encoding::ALL
            .into_iter()
            .find(|encoding| Some(encoding.as_str()) == name)
        {
            Some(encoding) => decode(encoding, &self.body),
            None => self.body.clone(),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.decoded()).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.decoded()).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }
}

fn unchunk(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(bytes) {
        if size == 0 {
            return (body, true);
        }
        let end = start + size as usize;
        if bytes.len() < end + 2 {
            body.extend_from_slice(&bytes[start..]);
            return (body, false);
        }
        body.extend_from_slice(&bytes[start..end]);
        bytes = &bytes[end + 2..];
    }
    (body, false)
}

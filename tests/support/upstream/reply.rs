//! Answers, well-behaved or faulty.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// How an answer goes wrong on the wire.
#[derive(Clone, Debug, Default)]
pub enum Fault {
    #[default]
    None,
    /// The head comes late.
    SlowHead(Duration),
    /// The body comes in pieces of so many bytes with a pause before each.
    Drip { piece: usize, pause: Duration },
    /// So many bytes of the body, then nothing, with the connection left open.
    SilenceAfter(usize),
    /// So many bytes of the body, then a TCP reset.
    ResetAfter(usize),
    /// So many bytes of the body, then an orderly end of the connection.
    CloseAfter(usize),
    /// The head announces so many bytes; the body is sent as it is and the connection ended.
    Announce(u64),
    /// These bytes in the place of an answer, then the end of the connection.
    Garbage(Bytes),
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Sent in chunks, without a length.
    pub chunked: bool,
    pub fault: Fault,
}

/// What may follow on the connection.
pub(super) enum Next {
    Request,
    Close,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            chunked: false,
            fault: Fault::None,
        }
    }

    pub fn ok(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(200).header("content-type", content_type).body(body)
    }

    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status).header("location", location)
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    pub(super) async fn send(&self, stream: &mut TcpStream, head_only: bool) -> io::Result<Next> {
        match &self.fault {
            Fault::Garbage(bytes) => {
                stream.write_all(bytes).await?;
                stream.shutdown().await?;
                return Ok(Next::Close);
            }
            Fault::SlowHead(wait) => tokio::time::sleep(*wait).await,
            _ => {}
        }
        stream.write_all(self.head().as_bytes()).await?;
        if head_only || matches!(self.status, 204 | 304) {
            return Ok(Next::Request);
        }
        self.send_body(stream).await
    }

    fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} Status\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = match &self.fault {
            Fault::Announce(length) => Some(*length),
            _ if self.chunked => None,
            _ => Some(self.body.len() as u64),
        };
        match length {
            Some(length) if !matches!(self.status, 204 | 304) => {
                head.push_str(&format!("content-length: {length}\r\n"));
            }
            Some(_) => {}
            None => head.push_str("transfer-encoding: chunked\r\n"),
        }
        head + "\r\n"
    }

    async fn send_body(&self, stream: &mut TcpStream) -> io::Result<Next> {
        match self.fault {
            Fault::Drip { piece, pause } => {
                for part in self.body.chunks(piece) {
                    tokio::time::sleep(pause).await;
                    self.send_piece(stream, part).await?;
                }
            }
            Fault::SilenceAfter(bytes) => {
                self.send_piece(stream, self.beginning(bytes)).await?;
                std::future::pending::<()>().await;
            }
            Fault::ResetAfter(bytes) => {
                self.send_piece(stream, self.beginning(bytes)).await?;
                // The bytes must be read before the reset throws them away.
                tokio::time::sleep(Duration::from_millis(100)).await;
                stream.set_zero_linger()?;
                return Ok(Next::Close);
            }
            Fault::CloseAfter(bytes) => {
                self.send_piece(stream, self.beginning(bytes)).await?;
                stream.shutdown().await?;
                return Ok(Next::Close);
            }
            Fault::Announce(_) => {
                stream.write_all(&self.body).await?;
                stream.shutdown().await?;
                return Ok(Next::Close);
            }
            Fault::None | Fault::SlowHead(_) | Fault::Garbage(_) => self.send_piece(stream, &self.body).await?,
        }
        if self.chunked {
            stream.write_all(b"0\r\n\r\n").await?;
        }
        Ok(Next::Request)
    }

    fn beginning(&self, bytes: usize) -> &[u8] {
        &self.body[..bytes.min(self.body.len())]
    }

    async fn send_piece(&self, stream: &mut TcpStream, piece: &[u8]) -> io::Result<()> {
        if self.chunked && !piece.is_empty() {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
            stream.write_all(piece).await?;
            stream.write_all(b"\r\n").await?;
        } else {
            stream.write_all(piece).await?;
        }
        stream.flush().await
    }
}

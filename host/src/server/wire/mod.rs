//! The connection below HTTP: refuses requests that could be read in two ways and ends those that stall.

mod framing;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use self::framing::{Framing, Place};
use crate::config::HttpServer;

/// What the connection and the requests on it tell each other.
#[derive(Debug, Default)]
pub(super) struct Line {
    ambiguous: AtomicBool,
    /// Requests whose answers are not yet sent in full.
    running: AtomicUsize,
}

impl Line {
    /// A request on this connection could be read in two ways: nothing more is answered on it.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.ambiguous.load(Ordering::Acquire)
    }

    /// Counts a request as running for as long as the guard lives.
    pub(super) fn running(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::AcqRel);
        Running(Arc::clone(self))
    }
}

/// See [`Line::running`].
#[derive(Debug)]
pub(super) struct Running(Arc<Line>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What a client may take its time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    /// `idle-timeout`, between requests.
    ForRequest,
    /// `read-header-timeout`, from the first byte of a head; the first head is due from the start.
    ForHead,
    /// `read-timeout`, from the first byte of the request.
    ForBody,
    /// We are working: the client owes us nothing.
    Nothing,
}

/// A stream that is watched on its way in.
pub(super) struct Wire<S> {
    stream: S,
    framing: Framing,
    line: Arc<Line>,
    waiting: Waiting,
    began: Instant,
    timer: Pin<Box<Sleep>>,
    header: Duration,
    request: Duration,
    idle: Duration,
}

// === impl Wire ===

impl<S> Wire<S> {
    pub(super) fn new(stream: S, settings: &HttpServer, line: Arc<Line>) -> Self {
        let now = Instant::now();
        Self {
            stream,
            framing: Framing::new(),
            line,
            waiting: Waiting::ForHead,
            began: now,
            timer: Box::pin(tokio::time::sleep_until(now + settings.read_header_timeout)),
            header: settings.read_header_timeout,
            request: settings.read_timeout,
            idle: settings.idle_timeout,
        }
    }

    fn due(&self) -> Waiting {
        match self.framing.place() {
            Place::Head => Waiting::ForHead,
            Place::Body => Waiting::ForBody,
            Place::Idle | Place::Blind if self.line.running.load(Ordering::Acquire) > 0 => Waiting::Nothing,
            // The very first request is due as soon as the connection stands.
            Place::Idle if !self.framing.begun() => Waiting::ForHead,
            Place::Idle | Place::Blind => Waiting::ForRequest,
        }
    }

    /// Sets the timer anew whenever the client begins to owe something else.
    fn wait_for(&mut self, due: Waiting) {
        if due == self.waiting {
            return;
        }
        let now = Instant::now();
        // The time for a body counts from the request's first byte.
        if due != Waiting::ForBody || self.waiting != Waiting::ForHead {
            self.began = now;
        }
        let allowed = match due {
            Waiting::ForRequest => self.idle,
            Waiting::ForHead => self.header,
            Waiting::ForBody => self.request,
            Waiting::Nothing => Duration::from_hours(24),
        };
        self.waiting = due;
        self.timer.as_mut().reset(self.began + allowed);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut this.stream).poll_read(cx, buf) {
            let fresh = buf.filled().get(before..).unwrap_or_default();
            this.framing.feed(fresh);
            if this.framing.ambiguous() {
                this.line.ambiguous.store(true, Ordering::Release);
            }
            let due = this.due();
            this.wait_for(due);
            return Poll::Ready(result);
        }
        let due = this.due();
        this.wait_for(due);
        if due == Waiting::Nothing {
            return Poll::Pending;
        }
        ready!(this.timer.as_mut().poll(cx));
        match due {
            // Nothing was begun, so nothing is lost: an ordinary end.
            Waiting::ForRequest | Waiting::Nothing => Poll::Ready(Ok(())),
            Waiting::ForHead | Waiting::ForBody => {
                tracing::debug!(?due, "a client sent its request too slowly");
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

//! Accepts connections and hands their requests to the router, until told to stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::wire::{Line, Wire};
use crate::config::HttpServer;
use crate::guarded::guarded;

/// Head of a request: enough for long tokens, little enough for 10,000 connections.
const MAX_HEAD: u32 = 64 * 1024;

/// Runs until `stop`, then lets running requests finish within `shutdown-timeout`. Until they have, new connections are still
/// answered, so that probes and clients learn what happens; `router` knows of `stop` too.
pub(super) async fn serve(listener: TcpListener, router: Router, settings: HttpServer, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let builder = builder(&settings);
    let connect = |(stream, peer)| connection(&builder, stream, peer, router.clone(), &settings);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener) => accepted,
        };
        let watcher = graceful.watcher();
        tokio::spawn(run(watcher.watch(connect(accepted))));
    }
    let running = graceful.count();
    let finished = tokio::time::timeout(settings.shutdown_timeout, graceful.shutdown());
    let late = async {
        loop {
            tokio::spawn(run(connect(accept(&listener).await)));
        }
    };
    tokio::select! {
        finished = finished => if finished.is_err() {
            tracing::warn!(
                running,
                "connections were still busy after http.server.shutdown-timeout and are cut off"
            );
        },
        () = late => {}
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // Out of descriptors or memory: accepting again at once would spin.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn run(connection: impl Future<Output = Result<(), Box<dyn std::error::Error + Send + Sync>>>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn builder(settings: &HttpServer) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // The wire below keeps the time; this timer only makes the library look at the wire between two requests.
    let never_first = settings.idle_timeout + settings.read_header_timeout + Duration::from_mins(1);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(never_first)
        .max_buf_size(MAX_HEAD as usize);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(MAX_HEAD);
    builder
}

fn connection(
    builder: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    settings: &HttpServer,
) -> impl hyper_util::server::graceful::GracefulConnection<
    Error = Box<dyn std::error::Error + Send + Sync>,
    Output = Result<(), Box<dyn std::error::Error + Send + Sync>>,
> + Send
+ use<> {
    // Answers are whole or streamed in large pieces; waiting to fill a segment only adds latency.
    let _ = stream.set_nodelay(true);
    let line = Arc::new(Line::default());
    let wire = Wire::new(stream, settings, Arc::clone(&line));
    let service = service_fn(move |request| answer(request, peer, router.clone(), Arc::clone(&line)));
    builder.serve_connection(TokioIo::new(wire), service).into_owned()
}

async fn answer(
    mut request: Request<Incoming>,
    peer: SocketAddr,
    router: Router,
    line: Arc<Line>,
) -> Result<Response<Body>, Infallible> {
    if line.is_ambiguous() {
        return Ok(ambiguous());
    }
    let running = line.running();
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request.map(Body::new)).await?;
    Ok(response.map(|body| guarded(body, running)))
}

/// Nothing that follows on such a connection can be trusted to be a request, so it ends here.
fn ambiguous() -> Response<Body> {
    let message = "this request has no single length or no single Host header, so it could be read in two ways\n";
    let mut response = Response::new(Body::from(message));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

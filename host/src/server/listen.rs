//! Accepts connections and hands their requests to the router, until told to stop.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
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

/// Runs until `stop`, then lets running requests finish within `shutdown-timeout`.
pub(super) async fn serve(listener: TcpListener, router: Router, settings: HttpServer, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let builder = builder(&settings);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let watcher = graceful.watcher();
                let connection = watcher.watch(connection(&builder, stream, router.clone(), &settings));
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended early");
                    }
                });
            }
            // Out of descriptors or memory: accepting again at once would spin.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let running = graceful.count();
    if tokio::time::timeout(settings.shutdown_timeout, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            running,
            "connections were still busy after http.server.shutdown-timeout and are cut off"
        );
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
    let service = service_fn(move |request| answer(request, router.clone(), Arc::clone(&line)));
    builder.serve_connection(TokioIo::new(wire), service).into_owned()
}

async fn answer(request: Request<Incoming>, router: Router, line: Arc<Line>) -> Result<Response<Body>, Infallible> {
    if line.is_ambiguous() {
        return Ok(ambiguous());
    }
    let running = line.running();
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

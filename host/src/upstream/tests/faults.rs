//! What goes wrong before the head and inside a streamed body.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::Method;
use tokio::net::TcpListener;

use super::server::{Server, Step, ok};
use super::{TIMEOUT, get, headers, origins, send, settings, upstream, whole};
use crate::config::HttpClient;
use crate::failure::Blame;
use crate::upstream::{Exchange, Kind, Upstream, client_builder};

#[tokio::test]
async fn an_answer_is_streamed_and_statuses_are_answers() {
    let server = Server::answering(ok("set-cookie: a=b\r\netag: \"x\"\r\n", b"body")).await;
    let response = get(&server, Kind::Artifact).await.unwrap();
    assert_eq!(response.headers["etag"], "\"x\"");
    assert!(!response.headers.contains_key("set-cookie"));
    assert_eq!(response.url.reveal().as_str(), server.url("/a"));
    assert_eq!(whole(response).await.unwrap(), b"body");
    let sent = &server.requests()[0];
    assert!(
        sent.starts_with("get /a http/1.1\r\n") && sent.contains("range: bytes=0-3"),
        "{sent}"
    );
    assert!(sent.contains("user-agent: osa-proxy/"), "{sent}");

    let busy = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
    let response = get(&Server::answering(busy).await, Kind::Document).await.unwrap();
    assert_eq!(
        (response.status.as_u16(), &response.headers["retry-after"]),
        (429, &"7".parse().unwrap())
    );
}

/// A name server that knows nobody.
struct NoNames;

impl reqwest::dns::Resolve for NoNames {
    fn resolve(&self, _name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(std::future::ready(Err("no such name".into())))
    }
}

#[tokio::test]
async fn nobody_there() {
    let settings = settings();
    let nameless = |settings: &HttpClient| client_builder(settings).unwrap().no_proxy().dns_resolver(NoNames);
    let upstream = Upstream::with(&settings, nameless).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (registry, words) in [
        (format!("http://{free}/?token=s3cret"), "refuses connections"),
        ("http://registry.example/?token=s3cret".to_owned(), "does not resolve"),
    ] {
        let origins = origins(&registry);
        let exchange = Exchange {
            origins: &origins,
            kind: Kind::Artifact,
            method: Method::GET,
            url: origins.resolve("registry", "a").unwrap(),
            headers: &headers(&[]),
            replaced: http::HeaderMap::new(),
            body: None,
        };
        let failure = upstream.send(exchange).await.unwrap_err();
        assert_eq!((failure.blame, failure.status.as_u16()), (Blame::Upstream, 502));
        assert!(failure.message.contains(words), "{failure:?}");
        assert!(!format!("{failure:?}").contains("s3cret"), "{failure:?}");
    }
}

#[tokio::test]
async fn silence_before_the_head_is_a_timeout() {
    let server = Server::with(vec![Step::Wait(Duration::from_secs(5))]).await;
    let failure = get(&server, Kind::Artifact).await.unwrap_err();
    assert_eq!(failure.status, 504);
    assert!(failure.message.contains("http.client.response-timeout"), "{failure}");
}

#[tokio::test]
async fn a_cut_before_the_head_is_tried_once_more() {
    for end in [Step::Reset, Step::Close] {
        let server = Server::with(vec![end.clone()]).await;
        let failure = get(&server, Kind::Artifact).await.unwrap_err();
        assert_eq!(failure.status, 502);
        assert!(failure.message.contains("without an answer"), "{failure:?}");
        assert_eq!(server.requests().len(), 2);

        let count = AtomicUsize::new(0);
        let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
            0 => vec![end.clone()],
            _ => vec![Step::Send(ok("", b"body"))],
        })
        .await;
        assert_eq!(
            whole(get(&server, Kind::Document).await.unwrap()).await.unwrap(),
            b"body"
        );
    }
}

#[tokio::test]
async fn a_pooled_connection_that_the_server_closes_is_no_failure() {
    for method in [Method::GET, Method::HEAD] {
        // The server answers once on each connection, then closes it when the second request has come.
        let count = AtomicUsize::new(0);
        let body: &[u8] = if method == Method::GET { b"body" } else { b"" };
        let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
            1 => vec![Step::Close],
            _ => vec![Step::Send(ok("", body))],
        })
        .await;
        let upstream = upstream();
        for _ in 0..2 {
            let response = send(&upstream, &server, Kind::Artifact, method.clone()).await.unwrap();
            assert_eq!(whole(response).await.unwrap(), body);
        }
        assert_eq!(server.requests().len(), 3, "{method}");
    }
}

#[tokio::test]
async fn what_changes_something_is_never_sent_twice() {
    let server = Server::with(vec![Step::Close]).await;
    assert!(
        send(&upstream(), &server, Kind::Passthrough, Method::POST)
            .await
            .is_err()
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn no_http_is_said_so() {
    let failure = get(
        &Server::with(vec![Step::Send(b"SSH-2.0-x\r\n\r\n".to_vec()), Step::Close]).await,
        Kind::Artifact,
    )
    .await
    .unwrap_err();
    assert!(failure.message.contains("proper HTTP"), "{failure:?}");
}

#[tokio::test]
async fn a_body_that_ends_early_never_ends_cleanly() {
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n".to_vec();
    for (head, end) in [
        (short.clone(), Step::Close),
        (short.clone(), Step::Reset),
        (chunked.clone(), Step::Close),
        (chunked.clone(), Step::Reset),
    ] {
        let server = Server::with(vec![Step::Send(head), Step::Wait(Duration::from_millis(50)), end]).await;
        let mut stream = get(&server, Kind::Artifact).await.unwrap().into_stream();
        assert_eq!(stream.next().await.unwrap().unwrap(), "half");
        let failure = stream.next().await.unwrap().unwrap_err();
        assert_eq!(failure.status, 502);
        assert!(failure.message.contains("cut its answer short"), "{failure:?}");
        assert!(stream.next().await.is_none());
    }
    for head in [short, chunked] {
        let server = Server::with(vec![Step::Send(head), Step::Wait(Duration::from_secs(5))]).await;
        let failure = whole(get(&server, Kind::Artifact).await.unwrap()).await.unwrap_err();
        assert_eq!(failure.status, 504, "{failure:?}");
    }
}

#[tokio::test]
async fn a_slow_file_that_keeps_moving_is_not_cut() {
    let mut steps = vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n".to_vec())];
    for _ in 0..12 {
        steps.push(Step::Wait(TIMEOUT / 4));
        steps.push(Step::Send(b".".to_vec()));
    }
    let started = Instant::now();
    let body = whole(get(&Server::with(steps).await, Kind::Artifact).await.unwrap()).await;
    assert_eq!(body.unwrap().len(), 12);
    assert!(started.elapsed() > TIMEOUT * 2);
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_no_silence_of_upstream() {
    let body = vec![b'x'; 8 << 20];
    let server = Server::answering(ok("", &body)).await;
    let mut stream = get(&server, Kind::Artifact).await.unwrap().into_stream();
    let mut read = stream.next().await.unwrap().unwrap().len();
    for _ in 0..2 {
        tokio::time::sleep(TIMEOUT * 2).await;
        read += stream.next().await.unwrap().unwrap().len();
    }
    while let Some(piece) = stream.try_next().await.unwrap() {
        read += piece.len();
    }
    assert_eq!(read, body.len());
}

async fn upload(method: Method, lines: &[(&'static str, &'static str)], pieces: &[&'static str]) -> String {
    let server = Server::answering(ok("", b"")).await;
    let origins = origins(&server.url("/"));
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| Ok(Bytes::from_static(piece.as_bytes())))
        .collect();
    let exchange = Exchange {
        origins: &origins,
        kind: Kind::Passthrough,
        method,
        url: origins.resolve("registry", "audit").unwrap(),
        headers: &headers(lines),
        replaced: http::HeaderMap::new(),
        body: Some(futures_util::stream::iter(pieces).boxed()),
    };
    assert_eq!(upstream().send(exchange).await.unwrap().status, 200);
    server.requests().remove(0)
}

#[tokio::test]
async fn an_upload_goes_through_with_its_length() {
    let lines = [("content-length", "6"), ("content-type", "application/json")];
    let sent = upload(Method::POST, &lines, &["{}", "\r\n\r\n"]).await;
    assert!(
        sent.contains("content-length: 6\r\n") && sent.contains("application/json"),
        "{sent}"
    );
    assert!(!sent.contains("transfer-encoding"), "{sent}");
    let sent = upload(Method::PUT, &[], &["{}", "\r\n\r\n"]).await;
    assert!(sent.contains("transfer-encoding: chunked"), "{sent}");
    for lines in [&[][..], &[("content-length", "0")]] {
        let sent = upload(Method::DELETE, lines, &[]).await;
        assert!(!sent.contains("transfer-encoding"), "{sent}");
    }
}

//! TLS: trusted roots decide, and a refusal says what to do.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::Method;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{headers, origins, upstream, whole};
use crate::failure::Failure;
use crate::upstream::client::{Upstream, builder, tls};
use crate::upstream::{Exchange, Kind, UpstreamResponse};

type Socket = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;

/// Serves each connection for `localhost`; also the certificate.
async fn server<F>(alpn: &[u8], serve: impl Fn(Socket) -> F + Send + 'static) -> (u16, CertificateDer<'static>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = signed.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(signed.signing_key.serialize_der().into());
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    config.alpn_protocols = vec![alpn.to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            if let Ok(socket) = acceptor.accept(socket).await {
                tokio::spawn(serve(socket));
            }
        }
    });
    (port, certificate)
}

async fn answer(mut socket: Socket) {
    let _ = socket.read(&mut [0; 4096]).await;
    let _ = socket
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody")
        .await;
    let _ = socket.shutdown().await;
}

/// A client that trusts the one certificate.
fn trusting(certificate: CertificateDer<'static>) -> Upstream {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let settings = super::settings();
    let tls = tls(roots).unwrap();
    Upstream::with(&settings, move |settings| builder(settings, tls.clone()).no_proxy()).unwrap()
}

async fn ask(upstream: &Upstream, registry: &str) -> Result<UpstreamResponse, Failure> {
    let origins = origins(registry);
    let exchange = Exchange {
        origins: &origins,
        kind: Kind::Artifact,
        method: Method::GET,
        url: origins.resolve("registry", "a").unwrap(),
        headers: &headers(&[]),
        replaced: http::HeaderMap::new(),
        body: None,
    };
    upstream.send(exchange).await
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_with_advice() {
    let (port, _) = server(b"http/1.1", answer).await;
    let failure = ask(&upstream(), &format!("https://localhost:{port}/"))
        .await
        .unwrap_err();
    assert_eq!(failure.status, 502);
    for words in ["localhost", "not trusted", "SSL_CERT_FILE"] {
        assert!(failure.message.contains(words), "{failure:?}");
    }
}

#[tokio::test]
async fn a_trusted_certificate_is_for_its_name_only() {
    let (port, certificate) = server(b"http/1.1", answer).await;
    let upstream = trusting(certificate);
    let response = ask(&upstream, &format!("https://localhost:{port}/")).await.unwrap();
    assert_eq!(whole(response).await.unwrap(), b"body");
    let failure = ask(&upstream, &format!("https://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(failure.message.contains("not trusted"), "{failure:?}");
}

#[tokio::test]
async fn plain_http_behind_https_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            let _ = socket.read(&mut [0; 4096]).await;
        }
    });
    let failure = ask(&upstream(), &format!("https://127.0.0.1:{port}/"))
        .await
        .unwrap_err();
    assert!(failure.message.contains("no TLS connection"), "{failure:?}");
}

#[tokio::test]
async fn slow_clients_do_not_stop_the_others_of_one_connection() {
    const SIZE: usize = 8 << 20;
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let (port, certificate) = server(b"h2", move |socket| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            let large = service_fn(async |_| {
                let body = http_body_util::Full::new(Bytes::from(vec![b'x'; SIZE]));
                Ok::<_, Infallible>(http::Response::new(body))
            });
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            let _ = server.serve_connection(TokioIo::new(socket), large).await;
        }
    })
    .await;
    let (upstream, registry) = (trusting(certificate), format!("https://localhost:{port}/"));
    let mut unread = Vec::new();
    for _ in 0..12 {
        let mut stream = ask(&upstream, &registry).await.unwrap().into_stream();
        stream.next().await.unwrap().unwrap();
        unread.push(stream);
    }
    let read = whole(ask(&upstream, &registry).await.unwrap()).await.unwrap();
    assert_eq!(read.len(), SIZE);
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

//! TLS: trusted roots decide, and a refusal says what to do.

use std::sync::Arc;

use http::Method;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{headers, origins, upstream, whole};
use crate::failure::Failure;
use crate::upstream::client::{Upstream, builder_with_roots};
use crate::upstream::{Exchange, Kind, UpstreamResponse};

/// A server for `localhost` and its certificate.
async fn server() -> (u16, CertificateDer<'static>) {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = signed.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(signed.signing_key.serialize_der().into());
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            if let Ok(mut socket) = acceptor.accept(socket).await {
                let mut head = [0; 4096];
                let _ = socket.read(&mut head).await;
                let _ = socket
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody")
                    .await;
                let _ = socket.shutdown().await;
            }
        }
    });
    (port, certificate)
}

async fn ask(upstream: &Upstream, registry: &str) -> Result<UpstreamResponse, Failure> {
    let origins = origins(registry);
    let exchange = Exchange {
        origins: &origins,
        kind: Kind::Artifact,
        method: Method::GET,
        url: origins.resolve("registry", "a").unwrap(),
        headers: &headers(&[]),
        accept: None,
        body: None,
    };
    upstream.send(exchange).await
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_with_advice() {
    let (port, _) = server().await;
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
    let (port, certificate) = server().await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let settings = super::settings();
    let builder = builder_with_roots(&settings, roots).unwrap().no_proxy();
    let upstream = Upstream::from_builder(builder, &settings).unwrap();
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

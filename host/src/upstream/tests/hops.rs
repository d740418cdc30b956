//! Redirects on the wire: where they are followed, and what goes along.

use std::collections::BTreeMap;

use http::Method;
use url::Url;

use super::server::{Server, ok};
use super::{get, headers, send, upstream, whole};
use crate::secret::SafeUrl;
use crate::upstream::{Exchange, Kind, Origins};

fn moved(status: u16, location: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 5\r\n\r\nmoved").into_bytes()
}

#[tokio::test]
async fn a_file_may_come_from_anywhere_but_credentials_stay() {
    let files = Server::answering(ok("", b"file")).await;
    for status in [301, 302, 303, 307, 308] {
        let registry = Server::answering(moved(status, &files.url("/b?signature=x"))).await;
        for method in [Method::GET, Method::HEAD] {
            let response = send(&upstream(), &registry, Kind::Artifact, method.clone())
                .await
                .unwrap();
            assert_eq!(response.url.reveal().as_str(), files.url("/b?signature=x"));
            let sent = files.requests().pop().unwrap();
            assert!(
                sent.starts_with(&format!("{} /b?signature=x ", method.as_str().to_lowercase())),
                "{sent}"
            );
            assert!(sent.contains("range: bytes=0-3"), "{sent}");
            assert!(!sent.contains("t0ken"), "{sent}");
        }
        assert!(registry.requests()[0].contains("authorization: bearer t0ken"));
        assert!(registry.requests()[0].contains("private-token: t0ken"));
    }
}

#[tokio::test]
async fn credentials_do_not_come_back_from_elsewhere() {
    let registry = std::sync::Arc::new(std::sync::OnceLock::new());
    let home = std::sync::Arc::clone(&registry);
    let elsewhere = Server::start(move |_| {
        let home: &String = home.get().unwrap();
        vec![super::server::Step::Send(moved(302, home))]
    })
    .await;
    let away = elsewhere.url("/");
    let server = Server::start(move |head| {
        vec![super::server::Step::Send(if head.starts_with("GET /back") {
            ok("", b"file")
        } else {
            moved(302, &away)
        })]
    })
    .await;
    registry.set(server.url("/back")).unwrap();
    assert_eq!(
        whole(get(&server, Kind::Artifact).await.unwrap()).await.unwrap(),
        b"file"
    );
    let requests = server.requests();
    assert!(
        requests[0].contains("t0ken") && !requests[1].contains("t0ken"),
        "{requests:?}"
    );
}

#[tokio::test]
async fn a_document_stays_on_configured_origins() {
    let other = Server::answering(ok("", b"evil")).await;
    let registry = Server::answering(moved(302, &other.url("/b?token=s3cret"))).await;
    let failure = get(&registry, Kind::Document).await.unwrap_err();
    assert_eq!(failure.status, 502);
    assert!(failure.message.contains(other.url("").as_str()), "{failure}");
    assert!(!format!("{failure:?}").contains("s3cret"));
    assert!(other.requests().is_empty());

    let inside = Server::start(|head| {
        let answer = if head.starts_with("GET /c") {
            ok("", b"good")
        } else {
            moved(301, "/c")
        };
        vec![super::server::Step::Send(answer)]
    })
    .await;
    assert_eq!(
        whole(get(&inside, Kind::Document).await.unwrap()).await.unwrap(),
        b"good"
    );
    assert!(inside.requests()[1].contains("t0ken"));
}

#[tokio::test]
async fn circles_and_endless_trails_end() {
    let failure = get(&Server::answering(moved(302, "/a")).await, Kind::Artifact)
        .await
        .unwrap_err();
    assert!(failure.message.contains("circle"), "{failure}");
    let endless = Server::start(|head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        vec![super::server::Step::Send(moved(302, &format!("{path}x")))]
    })
    .await;
    let failure = get(&endless, Kind::Artifact).await.unwrap_err();
    assert!(failure.message.contains("more than 10"), "{failure}");
    assert_eq!(endless.requests().len(), 11);
    let lost = "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n";
    assert!(
        get(&Server::answering(lost).await, Kind::Artifact)
            .await
            .unwrap_err()
            .message
            .contains("Location")
    );
}

#[tokio::test]
async fn a_configured_user_goes_to_its_origin_alone() {
    let files = Server::answering(ok("", b"file")).await;
    let registry = Server::answering(moved(302, &files.url("/"))).await;
    let url = registry.url("/").replace("//", "//bob:s3cret@");
    let configured = BTreeMap::from([("registry".to_owned(), SafeUrl::new(Url::parse(&url).unwrap()))]);
    let origins = Origins::new("widget", "registry", &configured);
    for own in [&headers(&[]), &headers(&[("authorization", "Bearer t0ken")])] {
        let exchange = Exchange {
            origins: &origins,
            kind: Kind::Artifact,
            method: Method::GET,
            url: origins.resolve("registry", "a").unwrap(),
            headers: own,
            replaced: http::HeaderMap::from_iter([(http::header::ACCEPT, "text/widget".parse().unwrap())]),
            body: None,
        };
        upstream().send(exchange).await.unwrap();
    }
    let requests = registry.requests();
    assert!(
        requests[0].contains("authorization: basic ym9ionmzy3jlda=="),
        "{requests:?}"
    );
    assert!(requests[0].contains("accept: text/widget"), "{requests:?}");
    assert!(requests[1].contains("authorization: bearer t0ken"), "{requests:?}");
    assert!(!requests[1].contains("basic"), "{requests:?}");
    assert!(files.requests().iter().all(|sent| !sent.contains("authorization")));
}

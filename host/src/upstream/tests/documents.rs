//! Documents: decoded, whole, within bounds, or refused.

use std::time::Duration;

use async_compression::Level;
use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;

use super::get;
use super::server::{Server, Step, ok};
use crate::failure::Failure;
use crate::upstream::{Budget, Kind, ReadError, read_document};

const MIB: u64 = 1 << 20;
const LIMIT: u64 = 4 * MIB;

macro_rules! packed {
    ($encoder:ident, $body:expr) => {{
        let mut encoder = $encoder::with_quality(Vec::new(), Level::Fastest);
        encoder.write_all($body).await.unwrap();
        encoder.shutdown().await.unwrap();
        encoder.into_inner()
    }};
}

async fn read_from(server: &Server, budget: &Budget) -> Result<Bytes, ReadError> {
    read_document(get(server, Kind::Document).await.unwrap(), LIMIT, budget).await
}

async fn read(encoding: &str, body: &[u8]) -> Result<Bytes, ReadError> {
    let server = Server::answering(ok(&format!("content-encoding: {encoding}\r\n"), body)).await;
    let budget = Budget::new(64 * MIB);
    let result = read_from(&server, &budget).await;
    let held = result.as_ref().map_or(0, Bytes::len) as u64;
    assert!(budget.available() <= 64 * MIB - held);
    if result.is_err() {
        assert_eq!(budget.available(), 64 * MIB);
    }
    result
}

fn refused(result: Result<Bytes, ReadError>) -> Failure {
    let failure = Failure::from(result.unwrap_err());
    assert_eq!(failure.status, 502, "{failure:?}");
    failure
}

fn text() -> Vec<u8> {
    (0..60_000u32)
        .flat_map(|number| format!("{{\"widget\":{number}}},").into_bytes())
        .collect()
}

#[tokio::test]
async fn every_encoding_is_undone() {
    let text = text();
    let gzip = packed!(GzipEncoder, &text);
    let zlib = packed!(ZlibEncoder, &text);
    let bare = packed!(DeflateEncoder, &text);
    let brotli = packed!(BrotliEncoder, &text);
    let zstd = packed!(ZstdEncoder, &text);
    let twice = packed!(BrotliEncoder, &gzip);
    for (encoding, body) in [
        ("identity", &text),
        ("gzip", &gzip),
        ("X-GZIP", &gzip),
        ("deflate", &zlib),
        ("deflate", &bare),
        ("br", &brotli),
        ("zstd", &zstd),
        ("gzip, br", &twice),
    ] {
        assert!(read(encoding, body).await.unwrap() == text, "{encoding}");
        assert!(read(encoding, b"").await.unwrap().is_empty(), "{encoding}");
    }
}

#[tokio::test]
async fn a_damaged_encoding_is_refused() {
    let text = text();
    for (encoding, body) in [
        ("gzip", packed!(GzipEncoder, &text)),
        ("deflate", packed!(ZlibEncoder, &text)),
        ("br", packed!(BrotliEncoder, &text)),
        ("zstd", packed!(ZstdEncoder, &text)),
    ] {
        for part in [body.len() / 2, body.len() - 1, 3] {
            let failure = refused(read(encoding, &body[..part]).await);
            assert!(
                failure.message.contains("does not decode"),
                "{encoding} {part}: {failure:?}"
            );
        }
        let mut more = body.clone();
        more.extend_from_slice(b"and then some");
        refused(read(encoding, &more).await);
        refused(read(encoding, b"{\"not\":\"packed\"}").await);
    }
    for encoding in ["lzma", "gzip, gzip, gzip"] {
        assert!(refused(read(encoding, b"x").await).message.contains("content encoding"));
    }
}

#[tokio::test]
async fn bombs_stop_at_the_cap() {
    let zeros = vec![0; 64 << 20];
    for (encoding, bomb) in [
        ("gzip", packed!(GzipEncoder, &zeros)),
        ("br", packed!(BrotliEncoder, &zeros)),
        ("zstd", packed!(ZstdEncoder, &zeros)),
    ] {
        assert!((bomb.len() as u64) < MIB);
        let error = read(encoding, &bomb).await.unwrap_err();
        assert!(matches!(error, ReadError::TooLarge { limit: LIMIT, .. }), "{error:?}");
        assert!(error.to_string().contains("http.client.max-manifest-body-size"));
    }
}

#[tokio::test]
async fn the_cap_is_exact() {
    let full = vec![b'x'; LIMIT as usize];
    assert_eq!(read("identity", &full).await.unwrap().len(), full.len());
    assert_eq!(
        read("gzip", &packed!(GzipEncoder, &full)).await.unwrap().len(),
        full.len()
    );
    let over = vec![b'x'; LIMIT as usize + 1];
    assert!(matches!(read("identity", &over).await, Err(ReadError::TooLarge { .. })));
    assert!(matches!(
        read("gzip", &packed!(GzipEncoder, &over)).await,
        Err(ReadError::TooLarge { .. })
    ));
    let mut unannounced = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    unannounced.extend_from_slice(&over);
    let server = Server::with(vec![Step::Send(unannounced), Step::Close]).await;
    assert!(matches!(
        read_from(&server, &Budget::new(MIB)).await,
        Err(ReadError::TooLarge { .. })
    ));
}

#[tokio::test]
async fn a_body_of_the_wrong_length_is_refused() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":".to_vec();
    for end in [Step::Close, Step::Reset] {
        let server = Server::with(vec![
            Step::Send(head.clone()),
            Step::Wait(Duration::from_millis(30)),
            end,
        ])
        .await;
        let failure = refused(read_from(&server, &Budget::new(MIB)).await);
        assert!(failure.message.contains("cut its answer short"), "{failure:?}");
    }
    let server = Server::with(vec![Step::Send(head), Step::Wait(Duration::from_secs(5))]).await;
    let failure = Failure::from(read_from(&server, &Budget::new(MIB)).await.unwrap_err());
    assert_eq!(failure.status, 504);
}

#[tokio::test]
async fn the_budget_is_held_as_long_as_any_slice() {
    let server = Server::answering(ok("", &vec![b'x'; 3 << 20])).await;
    let budget = Budget::with_wait(4 * MIB, Duration::from_millis(100));
    let body = read_from(&server, &budget).await.unwrap();
    assert!(budget.available() <= MIB);
    let slice = body.slice(..10);
    drop(body);
    assert!(budget.available() <= MIB);
    // The second one finds no room, takes the overdraft, and the third has neither.
    let second = read_from(&server, &budget).await.unwrap();
    let third = Failure::from(read_from(&server, &budget).await.unwrap_err());
    assert_eq!(third.status, 503);
    assert!(third.retry_after.is_some());
    drop((slice, second));
    assert_eq!(budget.available(), 4 * MIB);
    read_from(&server, &budget).await.unwrap();
}

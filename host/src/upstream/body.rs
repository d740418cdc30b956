//! A document's body: decoded, complete, within its cap and within the process's budget, or a failure.

use std::io;
use std::pin::Pin;

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio_util::io::StreamReader;

use super::budget::{Budget, Reservation};
use super::fetch::UpstreamResponse;
use crate::failure::Failure;

type Reader = Pin<Box<dyn AsyncBufRead + Send>>;

/// RFC 9659: what a server may ask of HTTP clients, 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;
const MAX_ENCODINGS: usize = 2;
const FIRST_STEP: u64 = 64 * 1024;
/// Above this a buffer grows by steps, not by doubling.
const LARGEST_STEP: u64 = 16 * 1024 * 1024;
/// A bomb decodes at full speed from one received packet: other tasks get their turn after this many bytes.
const YIELD_EVERY: usize = 1024 * 1024;

/// Why a document could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// Cannot be checked, so it is never served, whatever `codescoring.block-on-codescoring-errors` says.
    #[error("the document from {host} is larger than http.client.max-manifest-body-size ({limit} bytes)")]
    TooLarge { host: String, limit: u64 },
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Failed(failure) => failure,
            ReadError::TooLarge { .. } => Self::upstream(error.to_string()),
        }
    }
}

/// Reads and decodes the whole body. `limit` holds for the bytes received and for the bytes decoded. The reservation lives
/// as long as the bytes or any slice of them.
pub async fn read_document(response: UpstreamResponse, limit: u64, budget: &Budget) -> Result<Bytes, ReadError> {
    let host = response.host();
    let too_large = || ReadError::TooLarge {
        host: host.clone(),
        limit,
    };
    let declared = response.response.content_length();
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let encodings = encodings(&response.received).map_err(|encoding| {
        Failure::upstream(format!(
            "{host} sent the content encoding {encoding:?}, which it was not asked for"
        ))
    })?;

    let mut received: u64 = 0;
    let bounded = response.into_stream().map(move |piece| {
        let piece = piece.map_err(io::Error::other)?;
        received = received.saturating_add(piece.len() as u64);
        if received > limit {
            Err(io::Error::other(Exceeded))
        } else {
            Ok(piece)
        }
    });
    let mut reader: Reader = Box::pin(StreamReader::new(bounded));
    let failed = |error: io::Error| match error.downcast::<Failure>() {
        Ok(failure) => ReadError::Failed(failure),
        Err(error) if is_exceeded(&error) => too_large(),
        Err(error) => Failure::upstream(format!(
            "{host} sent a body that does not decode as its content encoding"
        ))
        .with_detail(error)
        .into(),
    };
    // Some servers name an encoding for a body of no bytes.
    if !reader.fill_buf().await.map_err(failed)?.is_empty() {
        for encoding in encodings.iter().rev() {
            reader = decoder(*encoding, reader).await.map_err(failed)?;
        }
    }
    let expected = if encodings.is_empty() { declared } else { None };
    collect(reader, limit, expected, budget.reservation())
        .await
        .map_err(|error| match error {
            CollectError::Read(error) => failed(error),
            CollectError::Exceeded => too_large(),
            CollectError::Budget(failure) => failure.into(),
        })
}

// === content encodings ===

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// In the order in which they were applied (RFC 9110 §8.4); the error is what we cannot undo.
fn encodings(headers: &HeaderMap) -> Result<Vec<Encoding>, String> {
    let mut found = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in String::from_utf8_lossy(value.as_bytes()).split(',') {
            found.push(match name.trim().to_ascii_lowercase().as_str() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => Encoding::Gzip,
                "deflate" => Encoding::Deflate,
                "br" => Encoding::Brotli,
                "zstd" => Encoding::Zstd,
                other => return Err(other.chars().take(64).collect()),
            });
            if found.len() > MAX_ENCODINGS {
                return Err("of more than two layers".to_owned());
            }
        }
    }
    Ok(found)
}

/// Each reads its input to the end, so that bytes behind the encoded ones are an error and a missing end is noticed.
async fn decoder(encoding: Encoding, mut input: Reader) -> io::Result<Reader> {
    macro_rules! boxed {
        ($decoder:expr) => {{
            let mut decoder = $decoder;
            decoder.multiple_members(true);
            Box::pin(BufReader::new(decoder)) as Reader
        }};
    }
    Ok(match encoding {
        Encoding::Gzip => boxed!(GzipDecoder::new(input)),
        Encoding::Brotli => boxed!(BrotliDecoder::new(input)),
        Encoding::Zstd => {
            boxed!(ZstdDecoder::with_params(
                input,
                &[DParameter::window_log_max(ZSTD_WINDOW_LOG)]
            ))
        }
        // RFC 9110 §8.4.1.2: zlib is meant, and some servers send the bare stream.
        Encoding::Deflate => match input.fill_buf().await? {
            [first, second, ..] if !is_zlib(*first, *second) => boxed!(DeflateDecoder::new(input)),
            _ => boxed!(ZlibDecoder::new(input)),
        },
    })
}

fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31)
}

// === collecting ===

enum CollectError {
    Read(io::Error),
    Exceeded,
    Budget(Failure),
}

/// Marks an error of the inner stream: more bytes than the cap.
#[derive(Debug, thiserror::Error)]
#[error("larger than the cap")]
struct Exceeded;

fn is_exceeded(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Exceeded>)
}

/// The bytes and the part of the budget that they take; dropped together.
struct Reserved {
    bytes: Vec<u8>,
    _reservation: Reservation,
}

impl AsRef<[u8]> for Reserved {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

async fn collect(
    mut reader: Reader,
    limit: u64,
    expected: Option<u64>,
    mut reservation: Reservation,
) -> Result<Bytes, CollectError> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut since_yield = 0;
    loop {
        if bytes.len() == bytes.capacity() {
            let capacity = next_capacity(bytes.capacity() as u64, limit, expected);
            reservation.grow_to(capacity).await.map_err(CollectError::Budget)?;
            bytes.reserve_exact(
                usize::try_from(capacity)
                    .unwrap_or(usize::MAX)
                    .saturating_sub(bytes.len()),
            );
        }
        let read = reader.read_buf(&mut bytes).await.map_err(CollectError::Read)?;
        if bytes.len() as u64 > limit {
            return Err(CollectError::Exceeded);
        }
        if read == 0 {
            break;
        }
        since_yield += read;
        if since_yield >= YIELD_EVERY {
            since_yield = 0;
            tokio::task::yield_now().await;
        }
    }
    if bytes.is_empty() {
        return Ok(Bytes::new());
    }
    if bytes.capacity() - bytes.len() > bytes.len() / 8 {
        bytes.shrink_to_fit();
        reservation.shrink_to(bytes.capacity() as u64);
    }
    Ok(Bytes::from_owner(Reserved {
        bytes,
        _reservation: reservation,
    }))
}

/// One byte more than may come, so that the end shows in the last read. What upstream declares is not reserved before it
/// comes: whoever promises much and sends little would hold the budget for nothing.
fn next_capacity(capacity: u64, limit: u64, expected: Option<u64>) -> u64 {
    let step = capacity.clamp(FIRST_STEP, LARGEST_STEP);
    let most = expected
        .filter(|expected| *expected >= capacity)
        .unwrap_or(limit)
        .min(limit);
    capacity.saturating_add(step).min(most.saturating_add(1))
}

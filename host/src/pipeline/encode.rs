//! Compression of edited documents for the client (RFC 9110 §12.5.3, RFC 8878, RFC 7932).

use std::io;

use async_compression::Level;
use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZstdEncoder};
use bytes::Bytes;
use http::StatusCode;
use http::header::{ACCEPT_ENCODING, HeaderMap};
use tokio::io::AsyncWriteExt as _;
use tokio::runtime::Handle;

use super::offload::offload;
use crate::failure::{Blame, Failure};
use crate::weights;

/// Below this, headers and round trips outweigh what is saved.
const WORTH_COMPRESSING: u64 = 1024;

/// Quick levels: documents are compressed anew whenever a verdict changes.
const ZSTD_LEVEL: Level = Level::Precise(3);
const BROTLI_LEVEL: Level = Level::Precise(4);
const GZIP_LEVEL: Level = Level::Precise(4);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
}

impl Coding {
    /// In the order we like them.
    const COMPRESSED: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// As in `Content-Encoding`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// The coding for a body of `length` bytes; 406 when the client accepts none that we have.
pub fn negotiate(request: &HeaderMap, length: u64) -> Result<Coding, Failure> {
    let accepted = Accepted::parse(request);
    let identity = accepted.weight("identity").unwrap_or_else(|| {
        // Unnamed, it is acceptable and last; `*;q=0` takes it away.
        u16::from(accepted.any != Some(0))
    });
    let best = Coding::COMPRESSED
        .into_iter()
        .filter_map(|coding| {
            let weight = accepted.weight(coding.as_str()).or(match coding {
                // Whoever takes anything surely has gzip.
                Coding::Gzip => accepted.any,
                _ => None,
            })?;
            (weight > 0).then_some((coding, weight))
        })
        // Of equals the first, which `max_by_key` would not give.
        .reduce(|best, next| if next.1 > best.1 { next } else { best });
    match best {
        Some((coding, weight)) if identity == 0 || (weight >= identity && length >= WORTH_COMPRESSING) => Ok(coding),
        _ if identity > 0 => Ok(Coding::Identity),
        _ => Err(Failure::new(
            Blame::Client,
            StatusCode::NOT_ACCEPTABLE,
            "no content encoding that Accept-Encoding allows is known here; zstd, br, gzip and identity are",
        )),
    }
}

/// `Accept-Encoding`, weights in thousandths.
struct Accepted {
    named: Vec<(String, u16)>,
    any: Option<u16>,
}

impl Accepted {
    fn parse(request: &HeaderMap) -> Self {
        let mut accepted = Self {
            named: Vec::new(),
            any: None,
        };
        for (coding, weight) in weights::listed(request, &ACCEPT_ENCODING) {
            match coding.as_str() {
                "*" => accepted.any = Some(weight),
                "x-gzip" => accepted.named.push(("gzip".to_owned(), weight)),
                _ => accepted.named.push((coding, weight)),
            }
        }
        accepted
    }

    fn weight(&self, name: &str) -> Option<u16> {
        self.named
            .iter()
            .find(|(named, _)| named == name)
            .map(|(_, weight)| *weight)
    }
}

/// The parts put together, in the given coding. `Identity` is the caller's to leave alone.
pub async fn compress(parts: &[Bytes], coding: Coding) -> Result<Bytes, Failure> {
    let size = parts.iter().map(Bytes::len).sum();
    let parts = parts.to_vec();
    let runtime = Handle::current();
    let small = size < super::offload::WORTH_A_THREAD;
    let packed = if small {
        pack(&parts, coding).await
    } else {
        offload(size, move || runtime.block_on(pack(&parts, coding))).await?
    };
    packed
        .map(Bytes::from)
        .map_err(|error| Failure::overloaded("the answer could not be compressed").with_detail(error))
}

async fn pack(parts: &[Bytes], coding: Coding) -> io::Result<Vec<u8>> {
    macro_rules! packed {
        ($encoder:expr) => {{
            let mut encoder = $encoder;
            for part in parts {
                encoder.write_all(part).await?;
            }
            encoder.shutdown().await?;
            encoder.into_inner()
        }};
    }
    Ok(match coding {
        Coding::Identity => parts.concat(),
        Coding::Gzip => packed!(GzipEncoder::with_quality(Vec::new(), GZIP_LEVEL)),
        Coding::Brotli => packed!(BrotliEncoder::with_quality(Vec::new(), BROTLI_LEVEL)),
        Coding::Zstd => packed!(ZstdEncoder::with_quality(Vec::new(), ZSTD_LEVEL)),
    })
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn choose(accept: &str, length: u64) -> Result<Coding, u16> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, accept.parse().unwrap());
        negotiate(&headers, length).map_err(|failure| failure.status.as_u16())
    }

    #[test]
    fn weights_decide_and_then_our_order() {
        assert_eq!(negotiate(&HeaderMap::new(), 5000).unwrap(), Coding::Identity);
        for (accept, coding) in [
            ("gzip, deflate, br, zstd", Coding::Zstd),
            ("gzip, br", Coding::Brotli),
            ("gzip;q=1.0, br;q=0.5", Coding::Gzip),
            ("GZIP ; q=0.3, deflate", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("*", Coding::Gzip),
            ("gzip;q=0, *", Coding::Identity),
            ("*;q=0, gzip", Coding::Gzip),
            ("identity, gzip;q=0.5", Coding::Identity),
            ("deflate", Coding::Identity),
            ("", Coding::Identity),
            ("gzip;q=nonsense", Coding::Gzip),
        ] {
            assert_eq!(choose(accept, 5000), Ok(coding), "{accept}");
        }
        assert_eq!(choose("gzip, zstd", 500), Ok(Coding::Identity));
        assert_eq!(choose("gzip, identity;q=0", 500), Ok(Coding::Gzip));
        assert_eq!(choose("lzma, *;q=0", 5000), Err(406));
        assert_eq!(choose("identity;q=0", 5000), Err(406));
    }

    #[tokio::test]
    async fn what_is_packed_unpacks() {
        for size in [10, 3_000_000] {
            let parts = [Bytes::from("ab".repeat(size)), Bytes::from("c".repeat(size))];
            let whole = parts.concat();
            let mut unpacked: Vec<Vec<u8>> = vec![Vec::new(); 3];
            let zstd = compress(&parts, Coding::Zstd).await.unwrap();
            let brotli = compress(&parts, Coding::Brotli).await.unwrap();
            let gzip = compress(&parts, Coding::Gzip).await.unwrap();
            ZstdDecoder::new(&zstd[..]).read_to_end(&mut unpacked[0]).await.unwrap();
            BrotliDecoder::new(&brotli[..])
                .read_to_end(&mut unpacked[1])
                .await
                .unwrap();
            GzipDecoder::new(&gzip[..]).read_to_end(&mut unpacked[2]).await.unwrap();
            assert!(unpacked.iter().all(|text| *text == whole));
        }
    }

    #[tokio::test]
    async fn a_large_document_does_not_hold_up_the_runtime() {
        let body = [Bytes::from(b"{\"widget\":\"1.2.3\"},".repeat(2_000_000))];
        let packing = tokio::spawn(async move { compress(&body, Coding::Brotli).await.map(|packed| packed.len()) });
        let mut longest = std::time::Duration::ZERO;
        while !packing.is_finished() {
            let before = std::time::Instant::now();
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            longest = longest.max(before.elapsed());
        }
        assert!(packing.await.unwrap().unwrap() > 0);
        assert!(longest < std::time::Duration::from_millis(250), "{longest:?}");
    }
}

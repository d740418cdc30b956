//! Documents that are packed as files (`specs.4.8.gz`), apart from how they travel.

use std::io;
use std::pin::Pin;

use async_compression::tokio::bufread::{BzDecoder, GzipDecoder, XzDecoder, ZstdDecoder};
use async_compression::tokio::write::{BzEncoder, GzipEncoder, XzEncoder, ZstdEncoder};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use super::splice::Spliced;
use crate::failure::Failure;
use crate::plugin::Packing;

/// The document inside the file. At most `limit` bytes of it: a bomb is an error, not a heap.
pub(super) async fn unpack(file: Bytes, packing: Packing, limit: u64, host: &str) -> Result<Bytes, Failure> {
    let mut reader: Pin<Box<dyn AsyncRead + Send>> = match packing {
        Packing::Plain => return Ok(file),
        Packing::Gzip => Box::pin(multiple(
            GzipDecoder::new(io::Cursor::new(file)),
            GzipDecoder::multiple_members,
        )),
        Packing::Bzip2 => Box::pin(multiple(
            BzDecoder::new(io::Cursor::new(file)),
            BzDecoder::multiple_members,
        )),
        Packing::Xz => Box::pin(multiple(
            XzDecoder::new(io::Cursor::new(file)),
            XzDecoder::multiple_members,
        )),
        Packing::Zstd => Box::pin(multiple(
            ZstdDecoder::new(io::Cursor::new(file)),
            ZstdDecoder::multiple_members,
        )),
    };
    let mut document = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = reader.read(&mut piece).await.map_err(|error| {
            Failure::upstream(format!("{host} sent a packed file that cannot be unpacked")).with_detail(error)
        })?;
        if read == 0 {
            return Ok(document.into());
        }
        document.extend_from_slice(piece.get(..read).unwrap_or_default());
        if document.len() as u64 > limit {
            return Err(Failure::upstream(format!(
                "the document from {host} is larger than http.client.max-manifest-body-size ({limit} bytes)"
            )));
        }
        // A bomb unpacks at full speed from memory: other tasks get their turn.
        tokio::task::yield_now().await;
    }
}

/// Files made of several streams one after another are common: appending is how some indexes grow.
fn multiple<D>(mut decoder: D, switch: impl FnOnce(&mut D, bool)) -> D {
    switch(&mut decoder, true);
    decoder
}

/// The file again, with the edited document inside.
pub(super) async fn pack(document: Spliced, packing: Packing) -> Result<Spliced, Failure> {
    macro_rules! packed {
        ($encoder:expr) => {{
            let mut encoder = $encoder;
            let written: io::Result<()> = async {
                for part in &document.parts {
                    encoder.write_all(part).await?;
                    tokio::task::yield_now().await;
                }
                encoder.shutdown().await
            }
            .await;
            written.map(|()| Spliced::from(Bytes::from(encoder.into_inner())))
        }};
    }
    let packed = match packing {
        Packing::Plain => return Ok(document),
        Packing::Gzip => packed!(GzipEncoder::new(Vec::new())),
        Packing::Bzip2 => packed!(BzEncoder::new(Vec::new())),
        Packing::Xz => packed!(XzEncoder::new(Vec::new())),
        Packing::Zstd => packed!(ZstdEncoder::new(Vec::new())),
    };
    packed.map_err(|error| Failure::overloaded("the document could not be packed again").with_detail(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Packing; 4] = [Packing::Gzip, Packing::Bzip2, Packing::Xz, Packing::Zstd];

    #[tokio::test]
    async fn what_is_packed_unpacks() {
        let text = Bytes::from("name version\n".repeat(1000));
        for kind in KINDS {
            let packed = pack(text.clone().into(), kind).await.unwrap();
            let file: Bytes = packed.parts.concat().into();
            assert!(file.len() < text.len() / 10);
            let twice: Bytes = [file.clone(), file.clone()].concat().into();
            assert_eq!(unpack(file, kind, 1 << 20, "h").await.unwrap(), text, "{kind:?}");
            assert_eq!(
                unpack(twice, kind, 1 << 20, "h").await.unwrap().len(),
                2 * text.len(),
                "{kind:?}"
            );
        }
    }

    #[tokio::test]
    async fn bombs_and_broken_files_are_upstreams_fault() {
        for kind in KINDS {
            let packed = pack(Bytes::from(vec![0; 1 << 20]).into(), kind).await.unwrap();
            let file: Bytes = packed.parts.concat().into();
            let failure = unpack(file.clone(), kind, 1 << 16, "h").await.unwrap_err();
            assert!(failure.message.contains("max-manifest-body-size"), "{failure}");
            let cut = file.slice(..file.len() - 3);
            assert!(unpack(cut, kind, 1 << 21, "h").await.is_err(), "{kind:?}");
            assert!(
                unpack(Bytes::from_static(b"no such file"), kind, 1 << 20, "h")
                    .await
                    .is_err(),
                "{kind:?}"
            );
        }
    }
}

//! Digests of what is served: for ETags and for checksum files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::offload::offload;
use crate::failure::Failure;
use crate::plugin::Digest;

/// Lower-case hexadecimal digest of the parts put together.
pub async fn hex(digest: Digest, parts: &[Bytes]) -> Result<String, Failure> {
    let size = parts.iter().map(Bytes::len).sum();
    let parts = parts.to_vec();
    offload(size, move || match digest {
        Digest::Md5 => hex_of::<md5::Md5>(&parts),
        Digest::Sha1 => hex_of::<sha1::Sha1>(&parts),
        Digest::Sha256 => hex_of::<sha2::Sha256>(&parts),
        Digest::Sha512 => hex_of::<sha2::Sha512>(&parts),
    })
    .await
}

/// SHA-256 of the parts put together, in Base64 with padding.
pub(super) async fn base64_sha256(parts: &[Bytes]) -> Result<String, Failure> {
    let size = parts.iter().map(Bytes::len).sum();
    let parts = parts.to_vec();
    offload(size, move || STANDARD.encode(digest_of::<sha2::Sha256>(&parts))).await
}

fn digest_of<D: sha2::Digest>(parts: &[Bytes]) -> sha2::digest::Output<D> {
    let mut hasher = D::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

fn hex_of<D: sha2::Digest>(parts: &[Bytes]) -> String {
    let mut text = String::new();
    for byte in digest_of::<D>(parts) {
        for half in [byte >> 4, byte & 0x0f] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn parts_count_as_one_text() {
        let parts = [Bytes::from_static(b"a"), Bytes::new(), Bytes::from_static(b"bc")];
        for (digest, expected) in [
            (Digest::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Digest::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                Digest::Sha256,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
        ] {
            assert_eq!(hex(digest, &parts).await.unwrap(), expected);
        }
        assert_eq!(hex(Digest::Sha512, &parts).await.unwrap().len(), 128);
    }

    #[tokio::test]
    async fn a_large_body_has_the_same_digest_as_its_pieces() {
        let whole = Bytes::from(vec![7; 1 << 20]);
        let pieces: Vec<Bytes> = (0..16).map(|at| whole.slice(at << 16..(at + 1) << 16)).collect();
        assert_eq!(
            hex(Digest::Sha256, &[whole]).await.unwrap(),
            hex(Digest::Sha256, &pieces).await.unwrap()
        );
    }
}

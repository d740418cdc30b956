//! An edited document as it is served: its digest and its compressed forms are made once, when first asked for.

use bytes::Bytes;
use tokio::sync::OnceCell;

use super::digest;
use super::encode::{self, Coding};
use super::splice::Spliced;
use crate::failure::Failure;
use crate::plugin::Digest;

#[derive(Debug)]
pub struct Representation {
    document: Spliced,
    content_type: Option<http::HeaderValue>,
    digest: OnceCell<String>,
    sha256: OnceCell<String>,
    gzip: OnceCell<Bytes>,
    brotli: OnceCell<Bytes>,
    zstd: OnceCell<Bytes>,
    validator: Digest,
}

impl Representation {
    /// `content_type` when it is another than upstream's.
    pub fn new(document: Spliced, validator: Digest, content_type: Option<http::HeaderValue>) -> Self {
        Self {
            document,
            content_type,
            validator,
            digest: OnceCell::new(),
            sha256: OnceCell::new(),
            gzip: OnceCell::new(),
            brotli: OnceCell::new(),
            zstd: OnceCell::new(),
        }
    }

    pub fn document(&self) -> &Spliced {
        &self.document
    }

    pub fn content_type(&self) -> Option<&http::HeaderValue> {
        self.content_type.as_ref()
    }

    pub fn validator(&self) -> Digest {
        self.validator
    }

    /// In lower-case hexadecimal, of the uncompressed bytes.
    pub async fn digest(&self) -> Result<&str, Failure> {
        let made = self
            .digest
            .get_or_try_init(|| digest::hex(self.validator, &self.document.parts))
            .await?;
        Ok(made)
    }

    /// `Repr-Digest` of the uncompressed bytes, for clients whose validator is a digest that nobody should trust.
    pub async fn repr_digest(&self) -> Result<String, Failure> {
        let made = self
            .sha256
            .get_or_try_init(|| digest::base64_sha256(&self.document.parts))
            .await?;
        Ok(format!("sha-256=:{made}:"))
    }

    /// The bytes in a coding.
    pub async fn coded(&self, coding: Coding) -> Result<Vec<Bytes>, Failure> {
        let cell = match coding {
            Coding::Identity => return Ok(self.document.parts.clone()),
            Coding::Gzip => &self.gzip,
            Coding::Brotli => &self.brotli,
            Coding::Zstd => &self.zstd,
        };
        let made = cell
            .get_or_try_init(|| encode::compress(&self.document.parts, coding))
            .await?;
        Ok(vec![made.clone()])
    }
}

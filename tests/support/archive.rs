//! Archives that package managers can install: same input, same bytes.

use std::io::{Cursor, Write};

use crate::upstream::{Encoding, encode};

/// `(path, content)` pairs.
pub type Files<'a> = &'a [(&'a str, &'a str)];

pub fn tar_gz(files: Files<'_>) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, path, content.as_bytes())
            .expect("a valid tar member");
    }
    encode(Encoding::Gzip, &archive.into_inner().expect("writing to memory"))
}

pub fn zip(files: Files<'_>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (path, content) in files {
        archive.start_file(*path, options).expect("a valid zip member");
        archive.write_all(content.as_bytes()).expect("writing to memory");
    }
    archive.finish().expect("writing to memory").into_inner()
}

/// A digest in lower-case hex.
pub fn hex<D: sha2::Digest>(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    D::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

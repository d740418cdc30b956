//! An Alpine mirror: `APKINDEX.tar.gz` and packages of version 2, unsigned, as apk takes them with `--allow-untrusted`.

use std::io::Write as _;

use base64::Engine as _;
use sha1::Sha1;
use sha2::Sha256;

use crate::archive::hex;
use crate::upstream::{Resource, Upstream};

/// A package of one file, `/opt/NAME`, that holds its version.
#[derive(Clone, Copy, Debug)]
pub struct Apk<'a> {
    pub name: &'a str,
    pub version: &'a str,
}

pub struct Mirror {
    pub server: Upstream,
    /// `/v3.20/main/x86_64`
    folder: String,
}

impl Mirror {
    /// A repository in a folder of the server, such as `/v3.20/main/x86_64`.
    pub async fn with(folder: &str, packages: &[Apk<'_>]) -> Self {
        let mirror = Self {
            server: Upstream::start().await,
            folder: folder.to_owned(),
        };
        mirror.publish(packages);
        mirror
    }

    /// A state of the index and its packages, in the place of the one before.
    pub fn publish(&self, packages: &[Apk<'_>]) {
        let mut index = String::new();
        for apk in packages {
            let (control, data) = apk.streams();
            let identity = <Sha1 as sha1::Digest>::digest(&control);
            let identity = base64::engine::general_purpose::STANDARD.encode(identity);
            let Apk { name, version } = apk;
            let bytes = [control, data].concat();
            index += &format!(
                "C:Q1{identity}\nP:{name}\nV:{version}\nA:x86_64\nS:{}\nI:10\nT:made for a test\nL:MIT\n\n",
                bytes.len()
            );
            self.put(&format!("{name}-{version}.apk"), "application/octet-stream", bytes);
        }
        let files = [("DESCRIPTION", "test"), ("APKINDEX", index.as_str())];
        self.put("APKINDEX.tar.gz", "application/gzip", gzip(&tar(&files, true)));
    }

    fn put(&self, file: &str, kind: &str, bytes: Vec<u8>) {
        let hash = hex::<Sha256>(&bytes);
        let second = bytes.len() % 60;
        let resource = Resource::new(kind, bytes)
            .etag(&format!("\"{}\"", &hash[..16]))
            .last_modified(&format!("Mon, 01 Jan 2024 00:00:{second:02} GMT"));
        self.server.put(format!("{}/{file}", self.folder), resource);
    }
}

// === impl Apk ===

impl Apk<'_> {
    /// Two streams of gzip, one behind the other in the file: what describes the package, and its files.
    fn streams(&self) -> (Vec<u8>, Vec<u8>) {
        let Self { name, version } = self;
        let data = gzip(&tar(&[(&format!("opt/{name}"), version)], true));
        let control = format!(
            "pkgname = {name}\npkgver = {version}\npkgdesc = made for a test\nurl = https://registry.example\n\
             builddate = 1700000000\npackager = nobody\nsize = 10\narch = x86_64\norigin = {name}\nlicense = MIT\n\
             datahash = {}\n",
            hex::<Sha256>(&data)
        );
        (gzip(&tar(&[(".PKGINFO", &control)], false)), data)
    }
}

/// `ended`: with the two blocks of zeros that end an archive.
fn tar(files: &[(&str, &str)], ended: bool) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, text) in files {
        if name.starts_with("opt/") {
            let sum = hex::<Sha1>(text.as_bytes());
            let sums = [("APK-TOOLS.checksum.SHA1", sum.as_bytes())];
            archive.append_pax_extensions(sums).expect("memory does not fail");
        }
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, name, text.as_bytes())
            .expect("memory does not fail");
    }
    let mut bytes = archive.into_inner().expect("memory does not fail");
    if !ended {
        bytes.truncate(bytes.len() - 1024);
    }
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory does not fail");
    encoder.finish().expect("memory does not fail")
}

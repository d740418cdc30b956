//! A Debian archive as mirrors serve it: signed indexes by name and by hash, packages in `pool`, validators for all of it.

use std::path::Path;

use sha2::Sha256;

use crate::archive::hex;
use crate::upstream::{Resource, Upstream};

/// Where the indexes of the one component lie, below the archive.
pub const BINARY: &str = "dists/bookworm/main/binary-amd64";

pub struct Archive {
    pub server: Upstream,
    /// Of the archive: empty, or with a slash in front.
    base: String,
}

impl Archive {
    pub async fn empty() -> Self {
        Self::below("").await
    }

    /// All of it below a path, as repository managers have it.
    pub async fn below(base: &str) -> Self {
        Self {
            server: Upstream::start().await,
            base: base.to_owned(),
        }
    }

    /// No slash at the end.
    pub fn url(&self) -> String {
        format!("{}{}", self.server.url(), self.base)
    }

    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        let kind = match path.rsplit_once('.').map(|(_, end)| end) {
            Some("deb" | "udeb") => "application/vnd.debian.binary-package",
            Some("gz") => "application/x-gzip",
            Some("xz") => "application/x-xz",
            _ => "text/plain",
        };
        let hash = hex::<Sha256>(&bytes);
        // The second differs with the bytes, as it would with their time.
        let second = bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>() % 60;
        let resource = Resource::new(kind, bytes)
            .etag(&format!("\"{}\"", &hash[..16]))
            .last_modified(&format!("Mon, 01 Jan 2024 00:00:{second:02} GMT"));
        // As apt asks for it.
        let encoded = path.replace('+', "%2b").replace('~', "%7e");
        self.server.put(format!("{}/{encoded}", self.base), resource.clone());
        self.server.put(format!("{}/{path}", self.base), resource);
    }

    /// A state of the indexes, in the place of the one before; what is addressed by hash stays.
    pub fn publish(&self, packages: &str) {
        let hash = hex::<Sha256>(packages.as_bytes());
        let release = format!(
            "Codename: bookworm\nAcquire-By-Hash: yes\nSHA256:\n {hash} {} main/binary-amd64/Packages\n",
            packages.len()
        );
        let signature = format!("-----BEGIN PGP SIGNATURE-----\n{hash}\n");
        self.put(
            "dists/bookworm/InRelease",
            format!("-----BEGIN PGP SIGNED MESSAGE-----\n{release}{signature}"),
        );
        self.put("dists/bookworm/Release", release);
        self.put("dists/bookworm/Release.gpg", signature);
        self.put(&format!("{BINARY}/Packages"), packages);
        self.put(&format!("{BINARY}/by-hash/SHA256/{hash}"), packages);
    }

    /// The files of these folders of an archive, in the place of those before.
    pub fn put_folders(&self, archive: &Path, folders: &[&str]) {
        let mut folders: Vec<_> = folders.iter().map(|folder| archive.join(folder)).collect();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder that can be read") {
                let file = entry.expect("a folder that can be read").path();
                if file.is_dir() {
                    folders.push(file);
                    continue;
                }
                let path = file.strip_prefix(archive).expect("it lies below");
                let path = path.to_str().expect("plain names").to_owned();
                self.put(&path, std::fs::read(&file).expect("a file that can be read"));
            }
        }
    }
}

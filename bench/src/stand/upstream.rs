//! A registry of static files: two packages, each with a packument and a tarball.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use super::nginx::Nginx;
use crate::kinds::packument;

/// About 20 KB and about 10 MB.
pub(crate) const PACKAGES: [(&str, usize); 2] = [("small", 20), ("large", 10_000)];
/// Bytes.
pub(crate) const TARBALL: usize = 100_000;
const EACH: usize = 1_000;

pub(crate) fn start(folder: &Path) -> anyhow::Result<Nginx> {
    let mut locations = String::from("default_type application/json;\n");
    for (name, _) in PACKAGES {
        let file = |kind: &str| folder.join(format!("{name}.{kind}"));
        let (packument, tarball) = (file("json"), file("tgz"));
        // No packer makes this smaller, as with a real one.
        let noise: Vec<u8> = (0..TARBALL as u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        std::fs::write(&tarball, noise)?;
        // Writing to a string cannot fail.
        let _ = write!(
            locations,
            "location = /{name} {{ alias {}; }}\nlocation ~ ^/{name}/-/ {{ default_type application/octet-stream; alias {}; }}\n",
            packument.display(),
            tarball.display()
        );
    }
    let nginx = Nginx::start(folder, "", &locations)?;
    for (name, versions) in PACKAGES {
        let body = packument(name, &format!("http://{}", nginx.address), versions, EACH);
        std::fs::write(folder.join(format!("{name}.json")), body)?;
    }
    Ok(nginx)
}

/// A tarball of a version that policy allows, as clients of `server` ask for it.
pub(crate) fn tarball(name: &str) -> String {
    format!("/{name}/-/{name}-0.1.1.tgz")
}

/// Where it is on 127.0.0.1.
pub(crate) fn url(address: SocketAddr, path: &str) -> String {
    format!("http://{address}{path}")
}

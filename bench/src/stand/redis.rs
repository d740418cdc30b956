//! Debian's redis-server, nothing on disk.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::process::{Process, free_address};

pub(crate) struct Redis {
    pub(crate) address: SocketAddr,
    _process: Process,
}

// === impl Redis ===

impl Redis {
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        let address = free_address()?;
        let mut command = Command::new("redis-server");
        command
            .args([
                "--bind",
                &address.ip().to_string(),
                "--port",
                &address.port().to_string(),
            ])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(folder);
        let mut process = Process::start(&mut command, &folder.join("redis-log"))?;
        process.wait_for(address)?;
        Ok(Self {
            address,
            _process: process,
        })
    }
}

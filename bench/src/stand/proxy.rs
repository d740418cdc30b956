//! osa-proxy itself, as a process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::process::{Process, free_address};

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
}

/// Where they are remembered.
#[derive(Clone, Copy)]
pub(crate) enum Verdicts {
    InMemory,
    OnRedis(SocketAddr),
}

/// A few old versions are refused, so that each document is edited.
const POLICY: &str = "default: allow
rules:
  - deny: pkg:npm/*
    versions: \"<0.0.3\"
    policy: Nothing as old as this
    reason: for the measurement
";

// === impl Proxy ===

impl Proxy {
    /// Not waited for.
    pub(crate) fn start(
        executable: &Path,
        plugins: &Path,
        folder: &Path,
        upstream: SocketAddr,
        verdicts: Verdicts,
    ) -> anyhow::Result<Self> {
        let address = free_address()?;
        let redis = match verdicts {
            Verdicts::InMemory => String::new(),
            Verdicts::OnRedis(address) => format!("  redis:\n    address: {address}\n"),
        };
        let configuration = format!(
            "http:\n  server:\n    address: {address}\n\
             plugins:\n  directory: {}\n\
             policy:\n  file: policy.yml\n\
             logging:\n  level: warn\n\
             npm:\n  enabled: true\n  repository:\n    - name: npm\n      registry: http://{upstream}\n      \
             scan-manifest: true\n      scan-package: true\n\
             pypi:\n  enabled: true\n  repository:\n    - name: pypi\n      registry: http://{upstream}\n      \
             scan-manifest: true\n      scan-package: true\n\
             debian:\n  enabled: true\n  repository:\n    - name: debian\n      registry: http://{upstream}\n      \
             scan-package: true\n\
             docker:\n  enabled: true\n  repository:\n    - name: images\n      registry: http://{upstream}\n\
             cache:\n  judge:\n    enabled: true\n{redis}",
            plugins.display(),
        );
        let file = folder.join("osa-proxy.yml");
        std::fs::write(&file, configuration)?;
        std::fs::write(folder.join("policy.yml"), POLICY)?;
        let mut command = Command::new(executable);
        command.arg("serve").arg(&file);
        let process = Process::start(&mut command, &folder.join("log"))?;
        Ok(Self { address, process })
    }
}

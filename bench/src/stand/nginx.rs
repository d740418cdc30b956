//! nginx, as the upstream of all and as the proxy that ours is compared with.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use super::process::{Process, free_address};

pub(crate) struct Nginx {
    pub(crate) address: SocketAddr,
    _process: Process,
}

// === impl Nginx ===

impl Nginx {
    /// `http` stands within the http block, `server` within its only server.
    pub(crate) fn start(folder: &Path, http: &str, server: &str) -> anyhow::Result<Self> {
        let address = free_address()?;
        // Workers leave root for a user that may not read the folder.
        let user = if std::fs::metadata("/proc/self")?.uid() == 0 {
            "user root;"
        } else {
            ""
        };
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
            .concat();
        let configuration = format!(
            "{user}\ndaemon off;\nworker_processes 2;\npid {folder}/pid;\nerror_log stderr;\n\
             events {{ worker_connections 512; }}\n\
             http {{\naccess_log off;\nsendfile on;\ntcp_nopush on;\nkeepalive_requests 1000000;\n{temporary}{http}\n\
             server {{ listen {address};\n{server}\n}}\n}}\n",
            folder = folder.display(),
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, configuration)?;
        let mut command = Command::new("nginx");
        let system = std::env::var("PATH").unwrap_or_default();
        command
            .env("PATH", format!("{system}:/usr/sbin"))
            .arg("-c")
            .arg(&file)
            .args(["-g", "", "-e", "stderr"]);
        let mut process = Process::start(&mut command, &folder.join("log"))?;
        process.wait_for(address)?;
        Ok(Self {
            address,
            _process: process,
        })
    }

    /// In front of another server, connections to it kept open.
    pub(crate) fn in_front_of(upstream: SocketAddr, folder: &Path) -> anyhow::Result<Self> {
        let http = format!("upstream registry {{ server {upstream}; keepalive 32; keepalive_requests 1000000; }}");
        let server = "location / { proxy_pass http://registry; proxy_http_version 1.1;\n\
                      proxy_set_header Connection \"\"; proxy_max_temp_file_size 0; }";
        Self::start(folder, &http, server)
    }
}

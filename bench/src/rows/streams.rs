//! Large files on their way through: an image's layer and an archive's index, neither of which is ever held.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, ensure};

use crate::Places;
use crate::stand::nginx::Nginx;
use crate::stand::proxy::{Proxy, Verdicts};
use crate::stand::wrk::{self, Load};
use crate::stand::{http, upstream};
use crate::table::{Table, at_least, at_most};

/// Of nginx's throughput.
const THROUGHPUT: f64 = 0.9;
/// MB that the proxy may grow by.
const GROWTH: f64 = 20.0;
const TURNS: usize = 3;
const CONNECTIONS: u32 = 2;

struct File {
    name: &'static str,
    /// On the upstream, and below the proxy's own address.
    paths: [&'static str; 2],
    bytes: usize,
}

const BLOB: &str = "/v2/acme/widget/blobs/sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

const FILES: [File; 2] = [
    File {
        name: "blob, 200 MB",
        paths: [BLOB, BLOB],
        bytes: 200_000_000,
    },
    File {
        name: "Packages, 50 MB",
        paths: [
            "/dists/stable/main/binary-amd64/Packages",
            "/debian/dists/stable/main/binary-amd64/Packages",
        ],
        bytes: 50_000_000,
    },
];

pub(crate) fn streams(places: &Places) -> anyhow::Result<Vec<Table>> {
    let registry = start(&places.folder("streams-upstream")?)?;
    let nginx = Nginx::in_front_of(registry.address, &places.folder("streams-nginx")?)?;
    let folder = places.folder("streams-proxy")?;
    let mut proxy = Proxy::start(
        &places.proxy,
        &places.plugins,
        &folder,
        registry.address,
        Verdicts::InMemory,
    )?;
    proxy.process.wait_for(proxy.address)?;
    let mut times = Table::new(
        "Large files over 2 connections on 127.0.0.1",
        &["what", "MB/s", "of nginx", "target", ""],
    );
    let mut memory = Table::new(
        "Most memory that they take of the proxy",
        &["what", "MB more", "target", ""],
    );
    for file in &FILES {
        let [theirs, ours] = file.paths;
        let servers = [
            ("upstream alone", registry.address, theirs),
            ("nginx proxy_pass", nginx.address, theirs),
            ("osa-proxy", proxy.address, ours),
        ];
        // What the first request sets up is not what a file takes.
        for (name, address, path) in servers {
            check(address, path, file.bytes).with_context(|| format!("{} from {name}", file.name))?;
        }
        let (before, _) = proxy.process.memory()?;
        let mut best: [Option<Load>; 3] = [None; 3];
        for _ in 0..TURNS {
            for ((name, address, path), best) in servers.iter().zip(&mut best) {
                let load = wrk::load(&upstream::url(*address, path), &[], CONNECTIONS)
                    .with_context(|| format!("{} from {name}", file.name))?;
                if best.is_none_or(|best| load.requests_per_second > best.requests_per_second) {
                    *best = Some(load);
                }
            }
        }
        let (_, most) = proxy.process.memory()?;
        let speed = |load: Option<Load>| load.map(|load| load.requests_per_second * file.bytes as f64 / 1e6);
        let [_, of_nginx, _] = best;
        let of_nginx = speed(of_nginx).context("nginx was not measured")?;
        for ((name, ..), load) in servers.iter().zip(best) {
            let speed = speed(load).context("not measured")?;
            let is_ours = *name == "osa-proxy";
            times.row([
                format!("{}: {name}", file.name),
                format!("{speed:.0}"),
                format!("{:.2}", speed / of_nginx),
                if is_ours {
                    format!(">= {THROUGHPUT:.2}")
                } else {
                    "-".into()
                },
                if is_ours {
                    at_least(THROUGHPUT, speed / of_nginx).into()
                } else {
                    "-".into()
                },
            ]);
        }
        let more = most.saturating_sub(before) as f64 / 1e6;
        memory.row([
            file.name.into(),
            format!("{more:.1}"),
            format!("<= {GROWTH:.0}"),
            at_most(GROWTH, more).into(),
        ]);
    }
    Ok(vec![times, memory])
}

fn start(folder: &Path) -> anyhow::Result<Nginx> {
    let mut locations = String::from("default_type application/octet-stream;\n");
    for (number, file) in FILES.iter().enumerate() {
        let stored = folder.join(format!("{number}.bin"));
        std::fs::write(&stored, vec![b'x'; file.bytes])?;
        let [path, _] = file.paths;
        locations += &format!("location = {path} {{ alias {}; }}\n", stored.display());
    }
    Nginx::start(folder, "", &locations)
}

fn check(address: SocketAddr, path: &str, bytes: usize) -> anyhow::Result<()> {
    let (status, body) = http::get(address, path)?;
    ensure!(
        status == 200 && body.len() == bytes,
        "answered {status} with {} bytes",
        body.len()
    );
    Ok(())
}

//! Requests through the proxy, through nginx as a plain proxy, and straight to the upstream.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};

use crate::Places;
use crate::stand::http;
use crate::stand::nginx::Nginx;
use crate::stand::proxy::{Proxy, Verdicts};
use crate::stand::upstream::{self, TARBALL};
use crate::stand::wrk::{self, Load};
use crate::table::Table;

/// Turns for each server; the best counts.
const TURNS: usize = 2;
const CONNECTIONS: u32 = 8;

struct Server {
    name: &'static str,
    address: SocketAddr,
    /// Before the path within the registry.
    prefix: &'static str,
}

pub(crate) fn serve(places: &Places) -> anyhow::Result<Vec<Table>> {
    let registry = upstream::start(&places.folder("serve-upstream")?)?;
    let nginx = Nginx::in_front_of(registry.address, &places.folder("serve-nginx")?)?;
    let folder = places.folder("serve-proxy")?;
    let mut proxy = Proxy::start(
        &places.proxy,
        &places.plugins,
        &folder,
        registry.address,
        Verdicts::InMemory,
    )?;
    proxy.process.wait_for(proxy.address)?;
    let servers = [
        Server {
            name: "upstream alone",
            address: registry.address,
            prefix: "",
        },
        Server {
            name: "nginx proxy_pass",
            address: nginx.address,
            prefix: "",
        },
        Server {
            name: "osa-proxy",
            address: proxy.address,
            prefix: "/npm",
        },
    ];
    let gzip: &[&str] = &["Accept-Encoding: gzip"];
    let cases = [
        ("tarball, 100 KB", upstream::tarball("small"), &[][..]),
        ("packument, 20 KB", "/small".to_owned(), &[][..]),
        ("packument, 10 MB", "/large".to_owned(), &[][..]),
        ("packument, 10 MB, client takes gzip", "/large".to_owned(), gzip),
    ];
    check(&servers)?;
    let mut table = Table::new(
        "Requests over 8 connections on 127.0.0.1, verdicts cached",
        &["what", "requests/s", "p50 ms", "p99 ms", "of nginx"],
    );
    for (what, path, headers) in cases {
        let mut best: [Option<Load>; 3] = [None; 3];
        for _ in 0..TURNS {
            for (server, best) in servers.iter().zip(&mut best) {
                let load = wrk::load(
                    &upstream::url(server.address, &format!("{}{path}", server.prefix)),
                    headers,
                    CONNECTIONS,
                )
                .with_context(|| format!("{what} from {}", server.name))?;
                if best.is_none_or(|best| load.requests_per_second > best.requests_per_second) {
                    *best = Some(load);
                }
            }
        }
        let nginx = best.get(1).copied().flatten().context("nginx was not measured")?;
        for (server, load) in servers.iter().zip(best) {
            let load = load.context("not measured")?;
            table.row([
                format!("{what}: {}", server.name),
                format!("{:.0}", load.requests_per_second),
                format!("{:.2}", load.p50),
                format!("{:.2}", load.p99),
                format!("{:.2}", load.requests_per_second / nginx.requests_per_second),
            ]);
        }
    }
    let (now, most) = proxy.process.memory()?;
    let mut memory = Table::new("Memory after that load", &["what", "MB"]);
    memory.row(["osa-proxy, resident".into(), format!("{:.1}", now as f64 / 1e6)]);
    memory.row([
        "osa-proxy, most it ever had".into(),
        format!("{:.1}", most as f64 / 1e6),
    ]);
    Ok(vec![table, memory])
}

/// Whether each serves what is to be measured; the verdicts are cached afterwards.
fn check(servers: &[Server]) -> anyhow::Result<()> {
    for server in servers {
        let ask = |path: &str| {
            http::get(server.address, &format!("{}{path}", server.prefix))
                .with_context(|| format!("{path} from {}", server.name))
        };
        let (status, body) = ask(&upstream::tarball("small"))?;
        ensure!(
            status == 200 && body.len() == TARBALL,
            "{} answered {status} for the tarball",
            server.name
        );
        for (name, _) in upstream::PACKAGES {
            let (status, body) = ask(&format!("/{name}"))?;
            let filtered = !body.windows(8).any(|bytes| bytes == b"\"0.0.0\":");
            let is_ours = !server.prefix.is_empty();
            ensure!(
                status == 200 && filtered == is_ours,
                "{} answered {status} for {name}",
                server.name
            );
        }
        if !server.prefix.is_empty() {
            let (status, _) = ask("/small/-/small-0.0.1.tgz")?;
            ensure!(status == 403, "{} answered {status} for a refused tarball", server.name);
        }
    }
    Ok(())
}

//! What a request for a package file takes through the proxy, beside the same request straight to the upstream.

use anyhow::{Context as _, ensure};

use crate::Places;
use crate::stand::nginx::Nginx;
use crate::stand::proxy::{Proxy, Verdicts};
use crate::stand::redis::Redis;
use crate::stand::upstream::{self, TARBALL};
use crate::stand::{http, wrk};
use crate::table::{Table, at_most};

/// More at the median than upstream alone, in milliseconds, where nobody waits for anybody.
const MORE: f64 = 0.150;
const MORE_WITH_REDIS: f64 = 0.400;
/// Turns for each server; the best counts.
const TURNS: usize = 3;
const CONNECTIONS: [u32; 2] = [1, 8];

pub(crate) fn latency(places: &Places) -> anyhow::Result<Vec<Table>> {
    let registry = upstream::start(&places.folder("latency-upstream")?)?;
    let nginx = Nginx::in_front_of(registry.address, &places.folder("latency-nginx")?)?;
    let redis = Redis::start(&places.folder("latency-redis")?)?;
    let start = |folder: &str, verdicts| -> anyhow::Result<Proxy> {
        let folder = places.folder(folder)?;
        let mut proxy = Proxy::start(&places.proxy, &places.plugins, &folder, registry.address, verdicts)?;
        proxy.process.wait_for(proxy.address)?;
        Ok(proxy)
    };
    let in_memory = start("latency-memory", Verdicts::InMemory)?;
    let on_redis = start("latency-redis", Verdicts::OnRedis(redis.address))?;
    let servers = [
        ("upstream alone", registry.address, "", None),
        ("nginx proxy_pass", nginx.address, "", None),
        ("osa-proxy, verdict in memory", in_memory.address, "/npm", Some(MORE)),
        (
            "osa-proxy, verdict on Redis",
            on_redis.address,
            "/npm",
            Some(MORE_WITH_REDIS),
        ),
    ];
    for (name, address, prefix, _) in servers {
        let (status, body) = http::get(address, &format!("{prefix}{}", upstream::tarball("small")))?;
        ensure!(status == 200 && body.len() == TARBALL, "{name} answered {status}");
    }
    let mut table = Table::new(
        "A tarball of 100 KB with a cached verdict: milliseconds at the median",
        &["what", "connections", "p50 ms", "more than upstream", "target", ""],
    );
    for connections in CONNECTIONS {
        let mut best = [f64::MAX; 4];
        for _ in 0..TURNS {
            for ((name, address, prefix, _), best) in servers.iter().zip(&mut best) {
                let url = upstream::url(*address, &format!("{prefix}{}", upstream::tarball("small")));
                let load = wrk::load(&url, &[], connections).with_context(|| format!("tarballs from {name}"))?;
                *best = best.min(load.p50);
            }
        }
        let alone = best.first().copied().unwrap_or_default();
        for ((name, _, _, target), p50) in servers.iter().zip(best) {
            let more = p50 - alone;
            // With more connections than processors the median is the length of the queue.
            let target = target.filter(|_| connections == 1);
            table.row([
                (*name).into(),
                connections.to_string(),
                format!("{p50:.3}"),
                format!("{more:.3}"),
                target.map_or("-".into(), |target| format!("<= {target:.3}")),
                target.map_or("-", |target| at_most(target, more)).into(),
            ]);
        }
    }
    Ok(vec![table])
}

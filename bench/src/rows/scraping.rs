//! What reading `/metrics` costs the requests that are served meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::Places;
use crate::stand::proxy::{Proxy, Verdicts};
use crate::stand::wrk::Load;
use crate::stand::{http, upstream, wrk};
use crate::table::{Table, at_least};

/// Of the requests a second without.
const LEFT: f64 = 0.95;
const EVERY: Duration = Duration::from_millis(100);
const TURNS: usize = 3;
const CONNECTIONS: u32 = 8;

pub(crate) fn scraping(places: &Places) -> anyhow::Result<Vec<Table>> {
    let registry = upstream::start(&places.folder("scraping-upstream")?)?;
    let folder = places.folder("scraping-proxy")?;
    let mut proxy = Proxy::start(
        &places.proxy,
        &places.plugins,
        &folder,
        registry.address,
        Verdicts::InMemory,
    )?;
    proxy.process.wait_for(proxy.address)?;
    let url = upstream::url(proxy.address, &format!("/npm{}", upstream::tarball("small")));
    let scrape = || {
        let (status, page) = http::get(proxy.address, "/metrics")?;
        ensure!(status == 200 && !page.is_empty(), "/metrics answered {status}");
        Ok(())
    };
    let (mut without, mut with) = (None, None);
    for _ in 0..TURNS {
        keep_best(&mut without, wrk::load(&url, &[], CONNECTIONS)?);
        let over = AtomicBool::new(false);
        let load = std::thread::scope(|scope| {
            let scraper = scope.spawn(|| -> anyhow::Result<()> {
                while !over.load(Ordering::Relaxed) {
                    scrape()?;
                    std::thread::sleep(EVERY);
                }
                Ok(())
            });
            let load = wrk::load(&url, &[], CONNECTIONS);
            over.store(true, Ordering::Relaxed);
            scraper.join().map_err(|_| anyhow::anyhow!("the scraper panicked"))??;
            load
        });
        keep_best(&mut with, load?);
    }
    let (without, with) = (without.context("not measured")?, with.context("not measured")?);
    let mut table = Table::new(
        "Tarballs of 100 KB over 8 connections while /metrics is read every 100 ms",
        &["what", "requests/s", "p50 ms", "of without", "target", ""],
    );
    let left = with.requests_per_second / without.requests_per_second;
    for (what, load, of_without, target, verdict) in [
        ("without", without, 1.0, "-".to_owned(), "-"),
        ("with", with, left, format!(">= {LEFT:.2}"), at_least(LEFT, left)),
    ] {
        table.row([
            what.into(),
            format!("{:.0}", load.requests_per_second),
            format!("{:.2}", load.p50),
            format!("{of_without:.2}"),
            target,
            verdict.into(),
        ]);
    }
    Ok(vec![table])
}

fn keep_best(best: &mut Option<Load>, load: Load) {
    if best.is_none_or(|best| load.requests_per_second > best.requests_per_second) {
        *best = Some(load);
    }
}

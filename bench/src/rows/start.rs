//! How soon the proxy answers and what it takes when it has nothing to do, with all plugins loaded.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::Places;
use crate::measure::Best;
use crate::stand::proxy::{Proxy, Verdicts};
use crate::stand::upstream::TARBALL;
use crate::stand::{http, upstream};
use crate::table::{Table, at_most};

const MEGABYTES: f64 = 80.0;
const SECONDS: f64 = 2.0;
const STARTS: u32 = 5;
const SETTLE: Duration = Duration::from_secs(1);

pub(crate) fn start(places: &Places) -> anyhow::Result<Vec<Table>> {
    let registry = upstream::start(&places.folder("start-upstream")?)?;
    let folder = places.folder("start-proxy")?;
    let mut soonest = Best::NONE;
    let mut least = u64::MAX;
    for _ in 0..STARTS {
        let begun = Instant::now();
        let mut proxy = Proxy::start(
            &places.proxy,
            &places.plugins,
            &folder,
            registry.address,
            Verdicts::InMemory,
        )?;
        proxy.process.wait_for(proxy.address)?;
        // A file of the upstream, judged and relayed: nothing is left to be done at the first request.
        let (status, body) = http::get(proxy.address, &format!("/npm{}", upstream::tarball("small")))?;
        soonest.take(begun);
        ensure!(status == 200 && body.len() == TARBALL, "the first answer was {status}");
        std::thread::sleep(SETTLE);
        least = least.min(proxy.process.memory()?.0);
    }
    let (seconds, megabytes) = (soonest.ms() / 1e3, least as f64 / 1e6);
    let mut table = Table::new(
        "Start and rest, all plugins loaded",
        &["what", "measured", "target", ""],
    );
    table.row([
        "from process start to the first tarball, s".into(),
        format!("{seconds:.2}"),
        format!("<= {SECONDS:.1}"),
        at_most(SECONDS, seconds).into(),
    ]);
    table.row([
        "resident memory at rest, MB".into(),
        format!("{megabytes:.1}"),
        format!("<= {MEGABYTES:.0}"),
        at_most(MEGABYTES, megabytes).into(),
    ]);
    Ok(vec![table])
}

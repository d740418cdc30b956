//! wrk, the load generator: few connections, a few seconds, only ever towards 127.0.0.1.

use std::process::Command;

use anyhow::{Context as _, ensure};

const SECONDS: u32 = 4;

#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) requests_per_second: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

pub(crate) fn load(url: &str, headers: &[&str], connections: u32) -> anyhow::Result<Load> {
    ensure!(url.starts_with("http://127.0.0.1:"), "load goes to this machine only");
    let mut command = Command::new("wrk");
    command.args(["-t1", "--latency", "--timeout", "20s"]);
    command.args([format!("-c{connections}"), format!("-d{SECONDS}s")]);
    for header in headers {
        command.args(["-H", header]);
    }
    let output = command.arg(url).output().context("starting wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "wrk: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    ensure!(
        !text.contains("Non-2xx") && !text.contains("Socket errors"),
        "wrk met errors at {url}:\n{text}"
    );
    let word = |label: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(label));
        line.map(str::trim)
            .with_context(|| format!("no {label} in what wrk says:\n{text}"))
    };
    Ok(Load {
        requests_per_second: word("Requests/sec:")?.parse()?,
        p50: milliseconds(word("50%")?)?,
        p99: milliseconds(word("99%")?)?,
    })
}

/// `812.00us`, `1.27ms`, `2.01s`.
fn milliseconds(text: &str) -> anyhow::Result<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 6e4)];
    let found = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (number, factor) = found.with_context(|| format!("{text} is no time"))?;
    Ok(number.parse::<f64>()? * factor)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn times_are_read_in_every_unit() {
        let microseconds = |text| (milliseconds(text).unwrap() * 1e3).round() as u64;
        assert_eq!(
            ["250.00us", "1.27ms", "2.00s", "1.00m"].map(microseconds),
            [250, 1270, 2_000_000, 60_000_000]
        );
        assert!(milliseconds("fast").is_err());
    }
}

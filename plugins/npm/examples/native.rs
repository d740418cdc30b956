//! Scan, plan and splice against parse, rewrite and serialise, both native, on one packument:
//! `cargo run --release -p osa-plugin-npm --example native -- PACKAGE FILE REGISTRY`.

#![allow(
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a native program for people"
)]

use std::time::{Duration, Instant};

use osa_plugin_npm::Npm;
use osa_plugin_sdk::conformance::{LINK_BASE, get, ok, refuse};
use osa_plugin_sdk::{GuestRepository, Outcome, Style, edits};
use serde_json::Value;

fn main() -> Result<(), String> {
    let [package, file, registry] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "PACKAGE FILE REGISTRY")?;
    let body = std::fs::read(&file).map_err(|error| format!("{file}: {error}"))?;
    let npm = Npm::new(&serde_json::json!({ "registry": registry }).to_string())?;
    let told = |error| format!("{error:?}");

    let scan = best(|| {
        npm.scan(get(&package), ok("application/json"), body.clone())
            .map_err(told)
    })?;
    let refused: Vec<_> = (0..scan.1.suffixes().len()).step_by(50).map(refuse).collect();
    let plan = best(|| {
        npm.plan(scan.1.notes.clone(), refused.clone(), Style::Remove, LINK_BASE.into())
            .map_err(told)
    })?;
    let Outcome::Edits(edits) = plan.1 else {
        return Err("nothing is left".into());
    };
    let splice = best(|| edits::splice(&body, &edits).map_err(String::from))?;
    let naive = best(|| naive(&body, &registry))?;
    let ours = scan.0 + plan.0 + splice.0;
    println!(
        "{file}: {:.1} MB, scan {:.1?} + plan {:.1?} + splice {:.1?} = {ours:.1?}; serde_json {:.1?}; {:.2}",
        body.len() as f64 / 1e6,
        scan.0,
        plan.0,
        splice.0,
        naive.0,
        ours.as_secs_f64() / naive.0.as_secs_f64(),
    );
    Ok(())
}

/// The fastest of a few runs, and what the last one gave.
fn best<T>(mut run: impl FnMut() -> Result<T, String>) -> Result<(Duration, T), String> {
    let mut fastest = Duration::MAX;
    let mut last = None;
    for _ in 0..5 {
        let start = Instant::now();
        last = Some(run()?);
        fastest = fastest.min(start.elapsed());
    }
    last.map(|last| (fastest, last)).ok_or_else(|| "no run".into())
}

fn naive(body: &[u8], registry: &str) -> Result<Vec<u8>, String> {
    let mut doc: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let versions = doc
        .get_mut("versions")
        .and_then(Value::as_object_mut)
        .ok_or("no versions")?;
    let mut position = 0;
    versions.retain(|_, manifest| {
        position += 1;
        if let Some(Value::String(link)) = manifest.pointer_mut("/dist/tarball") {
            *link = link.replacen(registry, LINK_BASE, 1);
        }
        position % 50 != 1
    });
    serde_json::to_vec(&doc).map_err(|error| error.to_string())
}

//! Measures osa-proxy against the targets of docs/benchmarks.md and prints that table.
//!
//! `osa-proxy-bench DOCUMENTS [SECTION...]`, of `documents=PART` only those documents that are called so: DOCUMENTS is a folder of real documents as registries serve them,
//! named as `kinds` says (an empty one leaves those rows out). The sections are
//! `documents`, `classify`, `verdicts`, `start`, `latency`, `scraping`, `serve` and `streams`; all without any. The proxy and its
//! plugins are those beside this executable. Exits 1 when something could not be measured; a missed target is only printed.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what this program is for"
)]

mod documents;
mod kinds;
mod measure;
mod rows;
mod sandbox;
mod stand;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use crate::table::Table;

const SECTIONS: [&str; 8] = [
    "documents",
    "classify",
    "verdicts",
    "start",
    "latency",
    "scraping",
    "serve",
    "streams",
];

/// Where everything lies.
pub(crate) struct Places {
    /// Real documents.
    documents: PathBuf,
    plugins: PathBuf,
    /// Of the labels of documents that are measured.
    part: String,
    proxy: PathBuf,
    /// For configurations and the upstream's files.
    work: PathBuf,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let documents = arguments
        .next()
        .context("usage: osa-proxy-bench DOCUMENTS [SECTION...]")?;
    let wanted: Vec<String> = arguments.collect();
    let (wanted, parts): (Vec<_>, Vec<_>) = wanted
        .iter()
        .map(|wanted| wanted.split_once('=').unwrap_or((wanted, "")))
        .unzip();
    if let Some(unknown) = wanted.iter().find(|section| !SECTIONS.contains(section)) {
        bail!("no section {unknown}; there are {}", SECTIONS.join(", "));
    }
    let executable = std::env::current_exe()?;
    let beside = |name: &str| executable.with_file_name(name);
    let places = Places {
        documents: documents.into(),
        plugins: beside("plugins"),
        proxy: beside("osa-proxy"),
        part: parts.concat(),
        work: beside("bench-work"),
    };
    std::fs::create_dir_all(&places.work)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for section in SECTIONS {
        if wanted.is_empty() || wanted.contains(&section) {
            eprintln!("bench: {section}");
            let tables = runtime
                .block_on(measure_section(section, &places))
                .with_context(|| format!("section {section}"))?;
            for table in tables {
                println!("{table}");
            }
        }
    }
    Ok(())
}

async fn measure_section(section: &str, places: &Places) -> anyhow::Result<Vec<Table>> {
    match section {
        "documents" => rows::documents(places).await,
        "classify" => rows::classify(places).await,
        "verdicts" => rows::verdicts(places).await,
        "start" => rows::start(places),
        "latency" => rows::latency(places),
        "scraping" => rows::scraping(places),
        "serve" => rows::serve(places),
        _ => rows::streams(places),
    }
}

impl Places {
    /// A folder of this run's own.
    fn folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.work.join(name);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(folder)
    }
}

/// What a file's name begins with, up to the first dot.
pub(crate) fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

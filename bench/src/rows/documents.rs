//! Rewriting documents in the sandbox against rewriting them as trees, and the memory that scanning takes.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::Places;
use crate::documents::{self, Document};
use crate::kinds::Rewrite;
use crate::measure::{Best, Rounds};
use crate::sandbox::{self, LINK_BASE, Sandbox};
use crate::table::{Table, at_most};

/// Below this, what the plugin needs for itself counts for more than the document.
const MEMORY_COUNTS_FROM: usize = 1_000_000;

struct Measured {
    scan: Duration,
    plan: Duration,
    splice: Duration,
    total: Duration,
    naive: Best,
    peak_memory: u64,
}

pub(crate) async fn documents(places: &Places) -> anyhow::Result<Vec<Table>> {
    let mut times = Table::new(
        "Rewriting a document: sandbox against native tree, every 50th version refused",
        &[
            "document",
            "MB",
            "scan ms",
            "plan ms",
            "splice ms",
            "sandbox ms",
            "tree ms",
            "ratio",
            "target",
            "",
        ],
    );
    let mut memory = Table::new(
        "Most memory of the sandbox for a document",
        &["document", "MB", "sandbox MB", "of the document", "target", ""],
    );
    for document in documents::all(&places.documents)? {
        let label = format!("{}: {}", document.kind.name(), document.label);
        if !label.contains(&places.part) {
            continue;
        }
        eprintln!("bench: {label}");
        let measured = measure(places, &document).await.context(label.clone())?;
        let size = document.body.len();
        let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1e3);
        let ratio = measured.total.as_secs_f64() / measured.naive.0.as_secs_f64();
        times.row([
            label.clone(),
            megabytes(size as u64),
            ms(measured.scan),
            ms(measured.plan),
            ms(measured.splice),
            ms(measured.total),
            ms(measured.naive.0),
            format!("{ratio:.2}"),
            format!("<= {:.2}", document.kind.target()),
            at_most(document.kind.target(), ratio).into(),
        ]);
        let ratio = measured.peak_memory as f64 / size as f64;
        let counts = size >= MEMORY_COUNTS_FROM;
        memory.row([
            label,
            megabytes(size as u64),
            megabytes(measured.peak_memory),
            format!("{ratio:.2}"),
            if counts {
                format!("<= {:.2}", document.kind.memory_target())
            } else {
                "-".into()
            },
            if counts {
                at_most(document.kind.memory_target(), ratio).into()
            } else {
                "-".into()
            },
        ]);
    }
    Ok(vec![times, memory])
}

async fn measure(places: &Places, document: &Document) -> anyhow::Result<Measured> {
    // Loaded anew, so that the most memory a call had is this document's.
    let plugins = sandbox::load(&places.plugins)?;
    let sandbox = Sandbox::new(&plugins, document)?;
    let first = sandbox.run().await?;
    let naive = Rewrite {
        document,
        refused: first.refused()?,
        link_base: LINK_BASE,
    };
    let (ours, theirs) = (first.body.parts.concat(), document.kind.rewrite(&naive)?);
    // In real ones some versions are spelt in old ways, which the tree leaves as they are.
    let made = document.label.starts_with("made");
    ensure!(
        !made || first.purls() == theirs.purls.iter().cloned().collect::<HashSet<_>>(),
        "the sandbox and the tree do not name the same components"
    );
    let theirs = theirs.body;
    ensure!(ours.len() as u64 == first.body.length, "the spliced length is wrong");
    ensure!(
        document.kind.meaning(&ours)? == document.kind.meaning(&theirs)?,
        "the sandbox and the tree do not agree on what is left"
    );
    let mut best = first;
    let mut naive_best = Best::NONE;
    let mut rounds = Rounds::new();
    while rounds.another() {
        let run = sandbox.run().await?;
        if run.total() < best.total() {
            best = run;
        }
        let begun = Instant::now();
        let body = document.kind.rewrite(&naive)?.body;
        naive_best.take(begun);
        ensure!(body.len() == theirs.len(), "the tree is rewritten otherwise each time");
    }
    Ok(Measured {
        scan: best.scan,
        plan: best.plan,
        splice: best.splice,
        total: best.total(),
        naive: naive_best,
        peak_memory: sandbox.peak_memory(),
    })
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / 1e6)
}

//! The side that is measured: scan, plan and splice as the proxy does them, a fresh instance for every call.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use osa_proxy::config::{PluginLimits, Plugins};
use osa_proxy::pipeline::splice::{Spliced, splice};
use osa_proxy::plugin::{Index, Outcome, PluginRepository, PluginSet, Refusal, Style};

use crate::documents::Document;

/// What the link base of a repository looks like.
pub(crate) const LINK_BASE: &str = "http://localhost:8080/repository";

/// One document, with the plugin that reads it.
pub(crate) struct Sandbox<'a> {
    document: &'a Document,
    repository: PluginRepository,
}

/// One rewriting, step by step.
pub(crate) struct Run {
    pub(crate) index: Index,
    pub(crate) body: Spliced,
    pub(crate) scan: Duration,
    pub(crate) plan: Duration,
    pub(crate) splice: Duration,
}

pub(crate) fn load(folder: &Path) -> anyhow::Result<PluginSet> {
    let plugins = Plugins {
        directory: folder.to_owned(),
        limits: PluginLimits::default(),
    };
    PluginSet::load(&plugins).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("plugins: {}", lines.join("\n"))
    })
}

pub(crate) fn open(plugins: &PluginSet, section: &str, settings: &str) -> anyhow::Result<PluginRepository> {
    let plugin = plugins
        .section(section)
        .with_context(|| format!("no plugin serves {section}"))?;
    plugin.open(settings).map_err(anyhow::Error::msg)
}

/// Every 50th component.
fn refuse(index: &Index) -> Vec<Refusal> {
    let every_50th = (49..index.candidates.lines().count()).step_by(50);
    every_50th
        .map(|candidate| Refusal {
            candidate: candidate as u32,
            reason: "No critical CVEs, see https://judge.example/policies/7".into(),
        })
        .collect()
}

// === impl Sandbox ===

impl<'a> Sandbox<'a> {
    pub(crate) fn new(plugins: &PluginSet, document: &'a Document) -> anyhow::Result<Self> {
        let repository = open(
            plugins,
            document.kind.section(),
            &document.kind.settings(document).to_string(),
        )?;
        Ok(Self { document, repository })
    }

    pub(crate) async fn run(&self) -> anyhow::Result<Run> {
        let document = self.document;
        let begun = Instant::now();
        let index = self
            .repository
            .scan(document.request(), document.head(), document.body.clone())
            .await?;
        let scanned = Instant::now();
        let notes = Bytes::copy_from_slice(&index.notes);
        let outcome = self
            .repository
            .plan(notes, refuse(&index), Style::Remove, LINK_BASE.into())
            .await?;
        let planned = Instant::now();
        let Outcome::Edits(edits) = outcome else {
            anyhow::bail!("no edits");
        };
        let body = splice(&document.body, &edits, u64::MAX)?;
        Ok(Run {
            index,
            body,
            scan: scanned - begun,
            plan: planned - scanned,
            splice: planned.elapsed(),
        })
    }

    /// Most memory that one call of this plugin has had, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.repository.plugin().usage().peak_memory
    }
}

// === impl Run ===

impl Run {
    pub(crate) fn total(&self) -> Duration {
        self.scan + self.plan + self.splice
    }

    /// What Judge is asked about.
    pub(crate) fn purls(&self) -> HashSet<String> {
        let suffixes = self.index.candidates.lines();
        suffixes
            .map(|suffix| format!("{}{suffix}", self.index.prefix))
            .collect()
    }

    /// What was refused: package URLs without the index's prefix.
    pub(crate) fn refused(&self) -> anyhow::Result<HashSet<String>> {
        // The only character of a version that a package URL has to encode.
        let candidates: Vec<_> = self
            .index
            .candidates
            .lines()
            .map(|suffix| suffix.replace("%2B", "+"))
            .collect();
        refuse(&self.index)
            .iter()
            .map(|refusal| {
                let candidate = candidates.get(refusal.candidate as usize);
                candidate.cloned().context("a candidate")
            })
            .collect()
    }
}

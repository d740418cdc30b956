//! Documents that list versions as lines or as elements of a JSON array, and documents about one gem.

use osa_plugin_sdk::{Candidate, Error, Outcome, Refusal, Span, Verdicts, edits::Builder, json, list};
use serde::{Deserialize, Serialize};

/// What lines and elements are edited by.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notes {
    candidates: u32,
    /// Commas stand between the entries.
    json: bool,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Entry {
    span: Span,
    /// None for an entry whose version cannot be told: it goes.
    of: Option<u32>,
}

/// What a document about one gem is edited by: its link to the gem, and what stands there behind the link base.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) link: Option<(Span, String)>,
}

/// Sees every entry of one document.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    entries: Vec<(Span, Option<usize>)>,
    candidates: Vec<Candidate>,
}

// === impl Collector ===

impl Collector {
    pub(crate) fn add(&mut self, span: Span, candidate: Option<Candidate>) {
        let of = candidate.map(|candidate| {
            self.candidates.push(candidate);
            self.candidates.len() - 1
        });
        self.entries.push((span, of));
    }

    /// Every candidate once, and which of them each entry is.
    pub(crate) fn finish(self, json: bool) -> (Vec<Candidate>, Notes) {
        let ends = [self.candidates.len()];
        let (candidates, numbers) = unique(self.candidates, ends);
        let entry = |(span, of): (Span, Option<usize>)| Entry {
            span,
            of: of.and_then(|of| numbers.get(of).copied()),
        };
        let notes = Notes {
            candidates: candidates.len() as u32,
            json,
            entries: self.entries.into_iter().map(entry).collect(),
        };
        (candidates, notes)
    }
}

/// Drops candidates that were named before, and tells for each what its number has become. Equal ones are looked for in
/// each group alone; `ends` are the ends of the groups, in order.
pub(crate) fn unique(all: Vec<Candidate>, ends: impl IntoIterator<Item = usize>) -> (Vec<Candidate>, Vec<u32>) {
    let mut order: Vec<u32> = Vec::new();
    // The first of each candidate's equals; its own position for nearly all.
    let mut first: Vec<u32> = (0..all.len() as u32).collect();
    let suffix = |at: u32| all.get(at as usize).map(|candidate| candidate.suffix.as_str());
    let mut start = 0;
    for end in ends {
        order.clear();
        order.extend(start as u32..end as u32);
        order.sort_unstable_by(|one, other| suffix(*one).cmp(&suffix(*other)).then(one.cmp(other)));
        for pair in order.windows(2) {
            if let [before, behind] = *pair
                && suffix(before) == suffix(behind)
                && let Some(&same) = first.get(before as usize)
                && let Some(slot) = first.get_mut(behind as usize)
            {
                *slot = same;
            }
        }
        start = end;
    }
    let mut kept = Vec::with_capacity(all.len());
    let mut numbers: Vec<u32> = Vec::with_capacity(all.len());
    for ((at, candidate), first) in (0..).zip(all).zip(first) {
        if first == at {
            numbers.push(kept.len() as u32);
            kept.push(candidate);
        } else {
            numbers.push(numbers.get(first as usize).copied().unwrap_or_default());
        }
    }
    (kept, numbers)
}

pub(crate) fn plan(notes: &Notes, refused: &[Refusal]) -> Result<Outcome, Error> {
    let verdicts = Verdicts::new(notes.candidates, refused)?;
    if verdicts.all_refused() {
        return Ok(Outcome::AllRefused);
    }
    let goes = |of: Option<u32>| of.is_none_or(|of| verdicts.is_refused(of));
    let parts = notes.entries.iter().map(|entry| (entry.span, goes(entry.of)));
    let mut builder = Builder::new();
    if notes.json {
        list::cut(parts, &mut builder);
    } else {
        parts
            .filter(|(_, goes)| *goes)
            .for_each(|(span, _)| builder.delete(span));
    }
    builder.finish().map(Outcome::Edits)
}

pub(crate) fn plan_subject(notes: &Subject, refused: &[Refusal], link_base: &str) -> Result<Outcome, Error> {
    if !refused.is_empty() {
        return Ok(Outcome::AllRefused);
    }
    let mut builder = Builder::new();
    if let Some((span, path)) = &notes.link {
        builder.replace(*span, &json::escape(&format!("{link_base}/{path}")));
    }
    builder.finish().map(Outcome::Edits)
}

//! Documents that list versions as lines or as elements of a JSON array, and documents about one gem.

use osa_plugin_sdk::{Candidates, Error, Outcome, Refusal, Span, Verdicts, edits::Builder, json, list};
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
    entries: Vec<Entry>,
    candidates: Candidates,
}

// === impl Collector ===

impl Collector {
    /// An entry that is the candidate which `push` adds.
    pub(crate) fn add(&mut self, span: Span, push: impl FnOnce(&mut Candidates) -> u32) {
        let of = Some(push(&mut self.candidates));
        self.entries.push(Entry { span, of });
    }

    pub(crate) fn doubt(&mut self, span: Span) {
        self.entries.push(Entry { span, of: None });
    }

    /// The candidates as an index has them, and what tells which of them each entry is.
    pub(crate) fn finish(self, json: bool) -> (String, Notes) {
        let notes = Notes {
            candidates: self.candidates.len(),
            json,
            entries: self.entries,
        };
        (self.candidates.finish(), notes)
    }
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

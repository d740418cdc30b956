//! From verdicts to edits.

use osa_plugin_sdk::{Error, Outcome, Refusal, Span, Verdicts, edits::Builder, notes};
use serde::{Deserialize, Serialize};

/// What `scan` tells `plan`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Notes {
    /// How many candidates the index has.
    pub(crate) candidates: u32,
    pub(crate) lines: Lines,
}

/// Lines that may go, in order; the candidates among them are counted as they come.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lines {
    /// How far behind the one before it a line begins, and twice its length, plus one for a candidate.
    steps: Vec<(u32, u64)>,
    #[serde(skip)]
    end: u32,
}

// === impl Lines ===

impl Lines {
    /// A line, its end included; one that is no candidate goes whatever the verdicts are.
    pub(crate) fn add(&mut self, line: Span, is_candidate: bool) {
        let length = u64::from(line.end - line.start);
        self.steps
            .push((line.start - self.end, length << 1 | u64::from(is_candidate)));
        self.end = line.end;
    }

    /// Each line, and which candidate it is.
    fn iter(&self) -> impl Iterator<Item = (Span, Option<u32>)> {
        let (mut end, mut candidates) = (0_u32, 0_u32);
        self.steps.iter().map(move |(skipped, length)| {
            let start = end.saturating_add(*skipped);
            end = start.saturating_add((length >> 1) as u32);
            let candidate = (length & 1 == 1).then_some(candidates);
            candidates += u32::from(candidate.is_some());
            (Span::new(start, end), candidate)
        })
    }
}

pub(crate) fn plan(notes: &[u8], refused: &[Refusal]) -> Result<Outcome, Error> {
    let notes: Notes = notes::unpack(notes)?;
    let verdicts = Verdicts::new(notes.candidates, refused)?;
    if verdicts.all_refused() {
        return Ok(Outcome::AllRefused);
    }
    let mut edits = Builder::new();
    for (span, candidate) in notes.lines.iter() {
        if candidate.is_none_or(|candidate| verdicts.is_refused(candidate)) {
            edits.delete(span);
        }
    }
    edits.finish().map(Outcome::Edits)
}

//! From verdicts to edits.

use osa_plugin_sdk::{Error, Outcome, Refusal, Span, edits::Builder, notes};
use serde::{Deserialize, Serialize};

/// What `scan` tells `plan`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Notes {
    /// How many candidates the index has.
    pub(crate) candidates: u32,
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    /// The end of the line included.
    pub(crate) span: Span,
    /// None for a line that goes whatever the verdicts are.
    pub(crate) candidate: Option<u32>,
}

pub(crate) fn plan(notes: &[u8], refused: &[Refusal]) -> Result<Outcome, Error> {
    let notes: Notes = notes::unpack(notes)?;
    let mut gone = vec![false; notes.candidates as usize];
    for refusal in refused {
        let slot = gone.get_mut(refusal.candidate as usize);
        *slot.ok_or_else(|| Error::Malformed("a refusal of what is no candidate".into()))? = true;
    }
    if !gone.is_empty() && gone.iter().all(|gone| *gone) {
        return Ok(Outcome::AllRefused);
    }
    let mut edits = Builder::new();
    for line in &notes.lines {
        let goes = |candidate: u32| gone.get(candidate as usize).copied().unwrap_or(true);
        if line.candidate.is_none_or(goes) {
            edits.delete(line.span);
        }
    }
    edits.finish().map(Outcome::Edits)
}

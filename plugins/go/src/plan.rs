//! From verdicts to edits.

use osa_plugin_sdk::{Error, Outcome, Refusal, Span, Verdicts, edits::Builder, notes};
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
    let verdicts = Verdicts::new(notes.candidates, refused)?;
    if verdicts.all_refused() {
        return Ok(Outcome::AllRefused);
    }
    let mut edits = Builder::new();
    for line in &notes.lines {
        if line.candidate.is_none_or(|candidate| verdicts.is_refused(candidate)) {
            edits.delete(line.span);
        }
    }
    edits.finish().map(Outcome::Edits)
}

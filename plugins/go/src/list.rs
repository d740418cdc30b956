//! `@v/list`: one version a line.

use osa_plugin_sdk::{Candidates, Error, Index, Span, notes, purl};

use crate::module::Module;
use crate::plan::{Line, Notes};
use crate::version::Version;

/// Lines are read as the go command reads them: its first word, whatever stands around and behind it, if that is a
/// version. A word that begins like a version and is none to us goes; other lines say nothing to any client and stay.
pub(crate) fn scan(module: &Module, body: &[u8]) -> Result<Index, Error> {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<') {
        return Err(Error::Malformed(
            "a page stands where a list of versions belongs".into(),
        ));
    }
    let mut candidates = Candidates::with_capacity(body.len());
    let mut lines = Vec::new();
    let mut start = 0_u32;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let span = Span::new(start, start + line.len() as u32);
        start = span.end;
        let Some(word) = first_word(line) else { continue };
        if Version::parse(word).is_none() {
            if begins_like_a_version(word) {
                lines.push(Line { span, candidate: None });
            }
            continue;
        }
        let candidate = Some(candidates.push([&*purl::encode(word)]));
        lines.push(Line { span, candidate });
    }
    let notes = Notes {
        candidates: candidates.len(),
        lines,
    };
    Ok(Index {
        prefix: module.purl_prefix(),
        candidates: candidates.finish(),
        notes: notes::pack(&notes)?,
    })
}

/// Blanks are those of `strings.Fields`. A line that is no text has no word that is a version.
fn first_word(line: &[u8]) -> Option<&str> {
    match std::str::from_utf8(line) {
        Ok(line) => line.split_whitespace().next(),
        // What stands before the first bad byte may still be one.
        Err(error) => {
            let good = line
                .get(..error.valid_up_to())
                .and_then(|good| std::str::from_utf8(good).ok())?;
            good.split_whitespace().next()
        }
    }
}

fn begins_like_a_version(word: &str) -> bool {
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    number.starts_with(|char: char| char.is_ascii_digit())
}

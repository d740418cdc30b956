//! `@v/list`: one version a line.

use osa_plugin_sdk::{Candidates, Error, Index, Span, notes};

use crate::module::Module;
use crate::plan::{Lines, Notes};
use crate::version::{encoded, is_version};

/// Lines are read as the go command reads them: its first word, whatever stands around and behind it, if that is a
/// version. A word that begins like a version and is none to us goes; other lines say nothing to any client and stay.
pub(crate) fn scan(module: &Module, body: &[u8]) -> Result<Index, Error> {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<') {
        return Err(Error::Malformed(
            "a page stands where a list of versions belongs".into(),
        ));
    }
    let mut candidates = Candidates::with_capacity(body.len());
    let mut lines = Lines::default();
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', body).map(|at| at + 1);
    for end in ends.chain([body.len()]) {
        let line = body.get(start..end).unwrap_or_default();
        let span = Span::new(start as u32, end as u32);
        start = end;
        // Nearly all lines are a version and nothing else.
        let whole = std::str::from_utf8(line.trim_ascii_end()).ok();
        let (word, is_version) = match whole.filter(|line| is_version(line)) {
            Some(version) => (version, true),
            None => match first_word(line) {
                Some(word) => (word, is_version(word)),
                None => continue,
            },
        };
        if is_version {
            candidates.push(encoded(word));
            lines.add(span, true);
        } else if begins_like_a_version(word) {
            lines.add(span, false);
        }
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

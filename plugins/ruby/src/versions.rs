//! `/versions` of the compact index: `GEM VERSION,... MD5` in a line for every gem, and again for every later change.
//!
//! Clients choose from `/info/GEM`, never from here; what they take from here is the MD5 of that document, and ask for it only
//! when their copy has another. That of an edited document depends on verdicts for every version of every gem, some two
//! million. So each MD5 is made one that no copy has: clients ask for each info that they need, and are answered 304 while it
//! is unchanged. Otherwise a copy from before a version was refused would hold for as long as nobody publishes the gem anew.

use osa_plugin_sdk::{Error, Outcome, Span, edits::Builder};
use serde::{Deserialize, Serialize};

use crate::info::entries_start;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Where the MD5s begin: the distance from the one before times 16, plus the digit to put there.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notes {
    steps: Vec<u64>,
}

pub(crate) fn scan(body: &[u8]) -> Notes {
    let mut steps = Vec::with_capacity(body.len() / 128);
    let (mut start, mut before) = (entries_start(body), 0);
    let Some(lines) = body.get(start..) else {
        return Notes::default();
    };
    let ends = memchr::memchr_iter(b'\n', lines).map(|at| start + at);
    for end in ends.chain([body.len()]).collect::<Vec<_>>() {
        if let Some(at) = checksum(body.get(start..end).unwrap_or_default()).map(|at| start + at) {
            let digit = body.get(at).map_or(0, |digit| next(*digit));
            steps.push(((at - before) as u64) << 4 | digit);
            before = at;
        }
        start = end + 1;
    }
    Notes { steps }
}

pub(crate) fn plan(notes: &Notes) -> Result<Outcome, Error> {
    let mut builder = Builder::with_capacity(notes.steps.len());
    let mut shared = [None; 16];
    let mut at = 0_u64;
    for step in &notes.steps {
        at += step >> 4;
        let digit = (step & 15) as usize;
        let Some(slot) = shared.get_mut(digit) else { continue };
        let text = *slot.get_or_insert_with(|| builder.share_bytes(DIGITS.get(digit..=digit).unwrap_or_default()));
        builder.put(Span::new(at as u32, at as u32 + 1), text);
    }
    builder.finish().map(Outcome::Edits)
}

/// Where the last of at least three words begins, with which the line ends.
fn checksum(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    // Nearly all lines: a blank, and 32 digits up to the end.
    let usual = line.len().wrapping_sub(33);
    let blank = match line.get(usual) {
        Some(b' ') if memchr::memchr(b' ', line.get(usual + 1..).unwrap_or_default()).is_none() => usual,
        _ => memchr::memrchr(b' ', line)?,
    };
    memchr::memchr(b' ', line.get(..blank)?.trim_ascii())?;
    Some(blank + 1)
}

/// Another digit than the one that stands there. The next one, not the opposite, so that a second proxy does not undo it.
fn next(digit: u8) -> u64 {
    match digit {
        b'0'..=b'9' => u64::from(digit - b'0') + 1,
        b'a'..=b'e' => u64::from(digit - b'a') + 11,
        _ => 0,
    }
}

//! `/info/GEM` of the compact index: a line for every version, behind a line of three hyphens.

use memchr::memmem;
use osa_plugin_sdk::{Candidate, Index, Span, purl, time};

use crate::component::version_suffix;
use crate::entries::{Collector, Notes};
use crate::version;

const CREATED_AT: &[u8] = b"created_at:";

/// Ruby's blanks, where it splits a line into words.
const BLANKS: [u8; 6] = *b" \t\n\x0b\x0c\r";

/// Lines that clients cannot read as versions are taken out: what one of them cannot read, another might.
pub(crate) fn scan(gem: &str, body: &[u8]) -> (Index, Notes) {
    let mut collector = Collector::default();
    let mut start = entries_start(body);
    while let Some(rest) = body.get(start..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let line = rest.get(..length).unwrap_or_default();
        if let Some(word) = first_word(line) {
            collector.add(Span::new(start as u32, (start + length) as u32), candidate(word, line));
        }
        start += length;
    }
    let (candidates, notes) = collector.finish(false);
    let index = Index {
        prefix: purl::prefix("gem", "", gem),
        candidates,
        notes: Vec::new(),
    };
    (index, notes)
}

/// Behind the first line that is `---`; where there is none, clients read every line.
pub(crate) fn entries_start(body: &[u8]) -> usize {
    let ends = |at: usize| matches!(body.get(at), None | Some(b'\n'));
    let header = if body.starts_with(b"---") && ends(3) {
        Some(0)
    } else {
        memmem::find_iter(body, b"\n---")
            .map(|at| at + 1)
            .find(|at| ends(at + 3))
    };
    header.map_or(0, |at| (at + 4).min(body.len()))
}

fn first_word(line: &[u8]) -> Option<&[u8]> {
    line.split(|byte| BLANKS.contains(byte)).find(|word| !word.is_empty())
}

/// `VERSION[-PLATFORM]`, from a line that may also tell when it was published.
fn candidate(word: &[u8], line: &[u8]) -> Option<Candidate> {
    let word = std::str::from_utf8(word).ok()?;
    let (version, platform) = word.split_once('-').unwrap_or((word, ""));
    version::is_version(version).then(|| Candidate {
        suffix: version_suffix(version, platform),
        published: published(line),
    })
}

/// Of the requirements behind the bar, separated by commas.
fn published(line: &[u8]) -> Option<i64> {
    let requirements = line.get(memchr::memchr(b'|', line)? + 1..)?;
    let at = memmem::find(requirements, CREATED_AT)?;
    let is_own = at == 0 || requirements.get(at - 1) == Some(&b',');
    let value = requirements.get(at + CREATED_AT.len()..)?;
    let value = value.split(|byte| *byte == b',').next()?.trim_ascii();
    is_own.then(|| time::unix_seconds(std::str::from_utf8(value).ok()?))?
}

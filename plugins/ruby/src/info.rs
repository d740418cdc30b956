//! `/info/GEM` of the compact index: a line for every version, behind a line of three hyphens.

use memchr::memmem;
use osa_plugin_sdk::{Index, Span, purl};

use crate::component::push_version;
use crate::entries::{Collector, Notes};
use crate::version;

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
            let span = Span::new(start as u32, (start + length) as u32);
            match version(word) {
                Some((version, platform)) => {
                    collector.add(span, |candidates| push_version(version, platform, candidates));
                }
                None => collector.doubt(span),
            }
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

/// `VERSION[-PLATFORM]`
fn version(word: &[u8]) -> Option<(&str, &str)> {
    let word = std::str::from_utf8(word).ok()?;
    let (version, platform) = word.split_once('-').unwrap_or((word, ""));
    version::is_version(version).then_some((version, platform))
}

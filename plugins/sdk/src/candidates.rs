//! The components that a document offers, as an index has them.

use crate::Index;

/// Package URLs without the prefix that they share, a line each.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Candidates {
    lines: String,
    count: u32,
}

// === impl Candidates ===

impl Candidates {
    pub fn new() -> Self {
        Self::default()
    }

    /// Room for so many bytes, a line feed for each candidate among them.
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            lines: String::with_capacity(bytes),
            count: 0,
        }
    }

    /// The parts of a suffix, one behind the other; the candidate's position.
    pub fn push<'a>(&mut self, parts: impl IntoIterator<Item = &'a str>) -> u32 {
        parts.into_iter().for_each(|part| self.lines.push_str(part));
        self.lines.push('\n');
        self.count += 1;
        self.count - 1
    }

    pub fn len(&self) -> u32 {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// As [`Index::candidates`] wants them.
    pub fn finish(self) -> String {
        self.lines
    }
}

impl<T: AsRef<str>> FromIterator<T> for Candidates {
    fn from_iter<I: IntoIterator<Item = T>>(suffixes: I) -> Self {
        let mut candidates = Self::new();
        for suffix in suffixes {
            candidates.push([suffix.as_ref()]);
        }
        candidates
    }
}

// === impl Index ===

impl Index {
    /// What stands behind the prefix in each candidate's package URL, by position.
    pub fn suffixes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.candidates.split_terminator('\n').collect::<Vec<_>>().into_iter()
    }

    /// The package URL of each candidate, by position.
    pub fn purls(&self) -> Vec<String> {
        self.suffixes()
            .map(|suffix| format!("{}{suffix}", self.prefix))
            .collect()
    }
}

use serde::{Deserialize, Serialize};

/// The bytes `start..end` of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

// === impl Span ===

impl Span {
    pub fn new(start: u32, end: u32) -> Self {
        debug_assert!(start <= end, "a span that ends before it starts");
        Self { start, end }
    }

    /// The empty span before the byte `at`: where a text is inserted.
    pub fn at(at: u32) -> Self {
        Self { start: at, end: at }
    }

    pub fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The bytes themselves; none when the span is not of this body.
    pub fn of(self, body: &[u8]) -> Option<&[u8]> {
        body.get(self.start as usize..self.end as usize)
    }
}

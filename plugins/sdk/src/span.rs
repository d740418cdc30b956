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

/// Spans that go, in order and apart from each other.
#[derive(Debug, Default)]
pub struct Gone(Vec<Span>);

// === impl Gone ===

impl Gone {
    pub fn add(&mut self, spans: impl IntoIterator<Item = Span>) {
        self.0.extend(spans);
        if !self.0.is_sorted() {
            self.0.sort_unstable();
        }
    }

    /// Whether a span is inside one of these.
    pub fn holds(&self, span: Span) -> bool {
        let before = self.0.partition_point(|gone| gone.start <= span.start);
        let last = before.checked_sub(1).and_then(|at| self.0.get(at));
        last.is_some_and(|gone| span.end <= gone.end && span.start < gone.end)
    }
}

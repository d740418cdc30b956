//! The edits of a plan.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::{Edit, Edits, Error, Span};

/// Position of a text in [`Edits::texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared(u32);

/// Collects edits in any order; each text is kept once.
#[derive(Debug, Default)]
pub struct Builder {
    texts: Vec<Vec<u8>>,
    known: BTreeMap<Vec<u8>, u32>,
    edits: Vec<Edit>,
}

// === impl Builder ===

impl Builder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Room for `edits` of them, so that many cost no growing.
    pub fn with_capacity(edits: usize) -> Self {
        Self {
            edits: Vec::with_capacity(edits),
            ..Self::default()
        }
    }

    /// Keeps a text that many edits put in.
    pub fn share(&mut self, text: &str) -> Shared {
        self.share_bytes(text.as_bytes())
    }

    /// For documents that are not text.
    pub fn share_bytes(&mut self, text: &[u8]) -> Shared {
        if let Some(&known) = self.known.get(text) {
            return Shared(known);
        }
        let position = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.known.insert(text.to_owned(), position);
        Shared(position)
    }

    pub fn delete(&mut self, span: Span) {
        if !span.is_empty() {
            self.replace(span, "");
        }
    }

    pub fn replace(&mut self, span: Span, text: &str) {
        let text = self.share(text);
        self.put(span, text);
    }

    /// Like [`Self::replace`], without looking the text up.
    pub fn put(&mut self, span: Span, text: Shared) {
        self.edits.push(Edit {
            start: span.start,
            end: span.end,
            text: text.0,
        });
    }

    pub fn insert(&mut self, at: u32, text: &str) {
        self.replace(Span::at(at), text);
    }

    /// In order; deletions that touch become one.
    ///
    /// # Errors
    /// When two edits overlap, which is a mistake of the plugin's.
    pub fn finish(mut self) -> Result<Edits, Error> {
        if !self.edits.is_sorted_by_key(|edit| (edit.start, edit.end)) {
            self.edits.sort_by_key(|edit| (edit.start, edit.end));
        }
        let empty = self.known.get(&[][..]).copied();
        self.edits.dedup_by(|next, edit| {
            let touch = edit.end == next.start && Some(edit.text) == empty && edit.text == next.text;
            if touch {
                edit.end = next.end;
            }
            touch
        });
        let mut end = 0;
        for edit in &self.edits {
            if edit.start < end || edit.end < edit.start {
                return Err(Error::Malformed(format!("two edits at byte {} overlap", edit.start)));
            }
            end = edit.end;
        }
        Ok(Edits {
            texts: self.texts,
            edits: self.edits,
            content_type: None,
        })
    }
}

/// Applies edits as the host does: for tests.
///
/// # Errors
/// When they are not in order, overlap, leave the body or name a text that is not there.
pub fn splice(body: &[u8], edits: &Edits) -> Result<Vec<u8>, Cow<'static, str>> {
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    for edit in &edits.edits {
        let kept = body.get(at..edit.start as usize).ok_or_else(|| {
            Cow::from(format!(
                "the edit at {} overlaps another or leaves the body",
                edit.start
            ))
        })?;
        let text = edits
            .texts
            .get(edit.text as usize)
            .ok_or_else(|| Cow::from(format!("no text {}", edit.text)))?;
        out.extend_from_slice(kept);
        out.extend_from_slice(text);
        at = edit.end as usize;
        if edit.end < edit.start {
            return Err(format!("the edit at {} ends before it starts", edit.start).into());
        }
    }
    out.extend_from_slice(body.get(at..).ok_or("an edit leaves the body")?);
    Ok(out)
}

//! Taking members out of an object, or elements out of an array, so that what is left is still one.

use crate::{Span, edits::Builder};

/// Deletes the parts that are `gone`, each run of them with the comma that would be left over: the one before the
/// run, or the one behind it when the run comes first.
///
/// `parts` are all members or elements of one object or array, in order, as `(span, gone)`.
pub fn cut(parts: impl IntoIterator<Item = (Span, bool)>, edits: &mut Builder) {
    let mut kept: Option<u32> = None;
    let mut run: Option<Span> = None;
    for (part, gone) in parts {
        if gone {
            run = Some(Span::new(run.map_or(part.start, |run| run.start), part.end));
            continue;
        }
        if let Some(run) = run.take() {
            edits.delete(kept.map_or(Span::new(run.start, part.start), |kept| Span::new(kept, run.end)));
        }
        kept = Some(part.end);
    }
    if let Some(run) = run {
        edits.delete(Span::new(kept.unwrap_or(run.start), run.end));
    }
}

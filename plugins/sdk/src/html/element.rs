//! Which bytes go when a link goes.

use memchr::memchr;

use super::{
    Anchor,
    tag::{blank, byte, skip, span},
};

/// An anchor without an end tag reaches as far as its text.
pub(super) fn unclosed<'a>(body: &[u8], mut anchor: Anchor<'a>) -> Anchor<'a> {
    let end = anchor.element.end as usize;
    let rest = body.get(end..).unwrap_or_default();
    anchor.element.end = (end + memchr(b'<', rest).unwrap_or(rest.len())) as u32;
    anchor
}

/// Takes in what else belongs to the line of a link that stands alone on it.
pub(super) fn whole_line<'a>(body: &[u8], mut anchor: Anchor<'a>, free_from: u32) -> Anchor<'a> {
    let mut end = skip(body, anchor.element.end as usize, |b| b == b' ' || b == b'\t');
    if body.get(end..end + 3).is_some_and(|t| t.eq_ignore_ascii_case(b"<br")) {
        let close = skip(body, end + 3, |b| blank(b) || b == b'/');
        if byte(body, close) == Some(b'>') {
            anchor.element.end = (close + 1) as u32;
            end = skip(body, close + 1, |b| b == b' ' || b == b'\t');
        }
    }
    if byte(body, end) == Some(b'\r') {
        end += 1;
    }
    if byte(body, end) != Some(b'\n') {
        return anchor;
    }
    let start = anchor.element.start as usize;
    let before = body.get(free_from as usize..start).unwrap_or_default();
    let indent = before.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let line = start - indent;
    if line == 0 || byte(body, line - 1) == Some(b'\n') {
        anchor.element = span(line, end + 1);
    }
    anchor
}

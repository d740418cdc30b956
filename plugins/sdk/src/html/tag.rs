//! Start tags and their attributes, by the strict part of the grammar that all parsers share.

use memchr::memchr;

use super::{Attribute, Malformed, Value};
use crate::Span;

/// What may start at a `<`.
pub(super) enum Tag {
    Anchor { name_end: usize },
    Base { name_end: usize },
    Meta { name_end: usize },
    AnchorEnd { end: usize },
    Comment,
    Other,
}

pub(super) fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}

pub(super) fn byte(body: &[u8], at: usize) -> Option<u8> {
    body.get(at).copied()
}

pub(super) fn blank(b: u8) -> bool {
    matches!(b, b' ' | b'\n' | b'\t' | b'\r' | 0x0c)
}

pub(super) fn skip(body: &[u8], mut at: usize, wanted: impl Fn(u8) -> bool) -> usize {
    while byte(body, at).is_some_and(&wanted) {
        at += 1;
    }
    at
}

pub(super) fn tag_at(body: &[u8], at: usize) -> Tag {
    // `tl` allows blanks between `<` and the name.
    let name = skip(body, at + 1, |b| b == b' ' || b == b'\n');
    match byte(body, name) {
        Some(b'/') => {
            let end = skip(body, name + 1, |b| b.is_ascii_alphanumeric());
            let close = skip(body, end, blank);
            let is_anchor = body.get(name + 1..end).is_some_and(|n| n.eq_ignore_ascii_case(b"a"));
            if is_anchor && byte(body, close) == Some(b'>') {
                return Tag::AnchorEnd { end: close + 1 };
            }
            Tag::Other
        }
        Some(b'!') if body.get(at..at + 4) == Some(b"<!--") => Tag::Comment,
        Some(b) if b.is_ascii_alphabetic() => {
            let name_end = skip(body, name, |b| {
                b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'+')
            });
            match body.get(name..name_end) {
                Some(n) if n.eq_ignore_ascii_case(b"a") => Tag::Anchor { name_end },
                Some(n) if n.eq_ignore_ascii_case(b"base") => Tag::Base { name_end },
                Some(n) if n.eq_ignore_ascii_case(b"meta") => Tag::Meta { name_end },
                _ => Tag::Other,
            }
        }
        _ => Tag::Other,
    }
}

/// Attributes and the offset behind `>`.
pub(super) type Attributes<'a> = (Vec<Attribute<'a>>, usize);

/// None for a doubtful tag that cannot carry an `href`, such as the `i<a.length` of a script: no parser
/// finds one before the tag is over, nor would it if a link further on were cut.
pub(super) fn link_attributes(body: &[u8], tag: usize, name_end: usize) -> Result<Option<Attributes<'_>>, Malformed> {
    strict_attributes(body, name_end).map(Some).or_else(|malformed| {
        let harmless =
            lenient_tag(body, tag).is_some_and(|tag| !tag.windows(4).any(|w| w.eq_ignore_ascii_case(b"href")));
        if harmless { Ok(None) } else { Err(malformed) }
    })
}

/// So far ahead the end of a doubtful tag is looked for.
const LENIENT: usize = 64 * 1024;

/// A doubtful tag at its longest, wherever quotes count: everywhere, or in values only. One that does not
/// end reaches to the end of the page.
fn lenient_tag(body: &[u8], tag: usize) -> Option<&[u8]> {
    let rest = body.get(tag..)?;
    let near = rest.get(..LENIENT).unwrap_or(rest);
    let end = |values_only: bool| {
        let mut quote = None;
        let mut before = 0;
        near.iter().position(|&b| {
            match quote {
                Some(open) if open == b => quote = None,
                None if b == b'>' => return true,
                None if matches!(b, b'"' | b'\'') && (!values_only || before == b'=') => quote = Some(b),
                _ => {}
            }
            if !blank(b) {
                before = b;
            }
            false
        })
    };
    match (end(false), end(true)) {
        (Some(one), Some(other)) => near.get(..one.max(other)),
        _ => (near.len() == rest.len()).then_some(rest),
    }
}

pub(super) fn strict_attributes(body: &[u8], name_end: usize) -> Result<Attributes<'_>, Malformed> {
    let mut found = Vec::with_capacity(4);
    let mut at = name_end;
    loop {
        let blanks_from = at;
        at = skip(body, at, |b| blank(b) || b == b'/');
        match byte(body, at) {
            None => {
                return Err(Malformed {
                    at: name_end,
                    what: "a tag that does not end",
                });
            }
            Some(b'>') => return Ok((found, at + 1)),
            Some(_) if at == blanks_from => {
                return Err(Malformed {
                    at,
                    what: "no blank before an attribute",
                });
            }
            Some(_) => {}
        }
        let start = at;
        at = skip(body, at, |b| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':')
        });
        let Some(name) = body.get(start..at).filter(|n| !n.is_empty()) else {
            return Err(Malformed {
                at: start,
                what: "an odd attribute name",
            });
        };
        let equals = skip(body, at, blank);
        if byte(body, equals) != Some(b'=') {
            found.push(Attribute {
                name,
                span: span(start, at),
                value: None,
            });
            continue;
        }
        let from = skip(body, equals + 1, blank);
        // `tl` lets only these stand around the equals sign.
        let around = body.get(at..from).unwrap_or_default();
        if !around.iter().all(|b| matches!(b, b' ' | b'\n' | b'=')) {
            return Err(Malformed {
                at,
                what: "an odd blank around an equals sign",
            });
        }
        let value = match byte(body, from) {
            Some(quote @ (b'"' | b'\'')) => quoted(body, from + 1, quote)?,
            _ => unquoted(body, from)?,
        };
        at = value.span.end as usize + usize::from(value.quote.is_some());
        found.push(Attribute {
            name,
            span: span(start, at),
            value: Some(value),
        });
    }
}

fn quoted(body: &[u8], from: usize, quote: u8) -> Result<Value<'_>, Malformed> {
    let rest = body.get(from..).unwrap_or_default();
    let len = memchr(quote, rest).ok_or(Malformed {
        at: from,
        what: "a quote that does not end",
    })?;
    Ok(Value {
        span: span(from, from + len),
        raw: rest.get(..len).unwrap_or_default(),
        quote: Some(quote),
    })
}

fn unquoted(body: &[u8], from: usize) -> Result<Value<'_>, Malformed> {
    let odd = |at| Malformed {
        at,
        what: "an unquoted value that parsers read in different ways",
    };
    let to = skip(body, from, |b| !blank(b) && b != b'>');
    let raw = body.get(from..to).unwrap_or_default();
    let doubtful = |b: &u8| matches!(b, b'"' | b'\'' | b'<' | b'`') || b.is_ascii_control();
    if raw.is_empty() || raw.first() == Some(&b'=') || raw.last() == Some(&b'/') || raw.iter().any(doubtful) {
        return Err(odd(from));
    }
    // `tl` ends such a value at a blank or a line feed only.
    if !matches!(byte(body, to), Some(b' ' | b'\n' | b'>')) {
        return Err(odd(to));
    }
    Ok(Value {
        span: span(from, to),
        raw,
        quote: None,
    })
}

pub(super) fn only<'a>(attributes: Vec<Attribute<'a>>, name: &[u8]) -> Result<Option<Value<'a>>, &'static str> {
    let mut found = attributes.into_iter().filter(|a| a.name.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (one, None) => Ok(one.and_then(|a| a.value)),
        _ => Err("an attribute given twice"),
    }
}

pub(super) fn meta<'a>(attributes: &[Attribute<'a>]) -> Option<(Value<'a>, Value<'a>)> {
    let value = |name: &[u8]| {
        attributes
            .iter()
            .find(|a| a.name.eq_ignore_ascii_case(name))
            .and_then(|a| a.value.clone())
    };
    Some((value(b"name")?, value(b"content")?))
}

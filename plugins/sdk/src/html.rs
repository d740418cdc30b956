//! Links of an HTML page, as byte spans, found in one pass.
//!
//! What counts is that no client sees a link that we do not: pip and poetry read pages with
//! Python's `html.parser`, uv with `tl`, others with regular expressions, and they disagree about
//! comments, raw text and broken tags. So the rule is an over-estimate: every `<a` in the bytes is
//! an anchor, wherever it stands, and a tag that two parsers could read in two ways makes the whole
//! page malformed. Cutting a link out of a comment or a script harms nobody.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memmem};

use crate::{Error, Span};

/// Why a page cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Offset of the doubtful byte.
    pub at: usize,
    pub what: &'static str,
}

/// What a page of links is made of, in document order.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// `<base href>`, which relative links start from.
    pub base: Option<Value<'a>>,
    /// `<meta name= content=>`.
    pub metas: Vec<(Value<'a>, Value<'a>)>,
    pub anchors: Vec<Anchor<'a>>,
}

#[derive(Debug)]
pub struct Anchor<'a> {
    /// From `<a` behind `</a>`; with the rest of its line (blanks before, `<br>`, line end) when
    /// nothing else stands there, so that cutting it leaves no hole.
    pub element: Span,
    /// Just behind `<a`, where an attribute may be put in.
    pub insert_at: u32,
    pub attributes: Vec<Attribute<'a>>,
}

#[derive(Debug)]
pub struct Attribute<'a> {
    /// As written; compare with [`Anchor::attribute`].
    pub name: &'a [u8],
    /// From the first byte of the name behind the closing quote.
    pub span: Span,
    pub value: Option<Value<'a>>,
}

#[derive(Debug, Clone)]
pub struct Value<'a> {
    /// Without the quotes.
    pub span: Span,
    pub raw: &'a [u8],
    /// `"`, `'`, or none.
    pub quote: Option<u8>,
}

/// What an attribute of an anchor says.
#[derive(Debug)]
pub enum Said<'p, 'a> {
    Absent,
    /// Twice: pip takes the last, browsers and uv the first.
    Twice,
    Once(&'p Attribute<'a>),
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(format!("the page has {} (at byte {})", malformed.what, malformed.at))
    }
}

// === impl Anchor ===

impl<'a> Anchor<'a> {
    /// Looks an attribute up by its lower-case name.
    pub fn attribute(&self, name: &str) -> Said<'_, 'a> {
        let mut found = self
            .attributes
            .iter()
            .filter(|a| a.name.eq_ignore_ascii_case(name.as_bytes()));
        match (found.next(), found.next()) {
            (None, _) => Said::Absent,
            (Some(one), None) => Said::Once(one),
            _ => Said::Twice,
        }
    }
}

// === impl Value ===

impl<'a> Value<'a> {
    /// The value with its character references resolved; none when it is not UTF-8 or holds a
    /// reference that parsers do not agree on.
    pub fn decoded(&self) -> Option<Cow<'a, str>> {
        decode(self.raw)
    }
}

/// Resolves character references as every parser does: the five of XML and numeric ones, each with
/// its semicolon. Anything else that may be a reference gives none.
pub fn decode(raw: &[u8]) -> Option<Cow<'_, str>> {
    let text = core::str::from_utf8(raw).ok()?;
    if memchr(b'&', raw).is_none() {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let starts_reference = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '#');
        if starts_reference {
            let (name, behind) = after.split_once(';')?;
            out.push(reference(name)?);
            rest = behind;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok()?,
                None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse().ok()?,
                _ => return None,
            };
            // 0x80..0x9f are read as windows-1252 by some, as controls by others.
            char::from_u32(code).filter(|c| !c.is_control())
        }
    }
}

/// Text for the inside of a double-quoted attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Reads a page.
pub fn read(body: &[u8]) -> Result<Page<'_>, Malformed> {
    if body.len() >= u32::MAX as usize {
        return Err(Malformed {
            at: 0,
            what: "more than 4 GiB",
        });
    }
    if let Some(at) = memchr(0, body) {
        return Err(Malformed {
            at,
            what: "a zero byte",
        });
    }
    let mut page = Page::default();
    let mut open: Option<Anchor<'_>> = None;
    let mut comment_until = 0;
    let mut scanned_until = 0;
    for at in memchr_iter(b'<', body) {
        let tag = tag_at(body, at);
        if matches!(tag, Tag::Anchor { .. }) && at < scanned_until {
            return Err(Malformed {
                at,
                what: "a link inside another tag",
            });
        }
        match tag {
            Tag::Anchor { name_end } => {
                // Cutting the link would make a tag of this `<` and of what follows.
                let before = body.get(..at).unwrap_or_default().trim_ascii_end();
                if before.last() == Some(&b'<') {
                    return Err(Malformed {
                        at,
                        what: "`<` right before a link",
                    });
                }
                let Some((attributes, end)) = link_attributes(body, at, name_end)? else {
                    continue;
                };
                page.anchors.extend(open.take().map(|anchor| unclosed(body, anchor)));
                scanned_until = end;
                open = Some(Anchor {
                    element: span(at, end),
                    insert_at: name_end as u32,
                    attributes,
                });
            }
            Tag::Base { name_end } => {
                let (attributes, end) = strict_attributes(body, name_end)?;
                let doubtful = page.base.is_some() || open.is_some() || !page.anchors.is_empty() || at < comment_until;
                if doubtful || at < scanned_until {
                    return Err(Malformed {
                        at,
                        what: "a second, late or hidden `<base>`",
                    });
                }
                scanned_until = end;
                page.base = only(attributes, b"href").map_err(|what| Malformed { at, what })?;
            }
            Tag::Meta { name_end } if at >= comment_until && at >= scanned_until => {
                let (attributes, end) = strict_attributes(body, name_end)?;
                scanned_until = end;
                page.metas.extend(meta(&attributes));
            }
            Tag::AnchorEnd { end } if at >= scanned_until => {
                if let Some(mut anchor) = open.take() {
                    anchor.element.end = end as u32;
                    let free_from = page.anchors.last().map_or(0, |a: &Anchor<'_>| a.element.end);
                    page.anchors.push(whole_line(body, anchor, free_from));
                }
            }
            Tag::Comment if at >= comment_until => {
                let inside = body.get(at + 4..).unwrap_or_default();
                comment_until = memmem::find(inside, b"-->").map_or(body.len(), |n| at + 4 + n);
            }
            _ => {}
        }
    }
    page.anchors.extend(open.take().map(|anchor| unclosed(body, anchor)));
    Ok(page)
}

/// What may start at a `<`.
enum Tag {
    Anchor { name_end: usize },
    Base { name_end: usize },
    Meta { name_end: usize },
    AnchorEnd { end: usize },
    Comment,
    Other,
}

fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}

fn byte(body: &[u8], at: usize) -> Option<u8> {
    body.get(at).copied()
}

fn blank(b: u8) -> bool {
    matches!(b, b' ' | b'\n' | b'\t' | b'\r' | 0x0c)
}

fn skip(body: &[u8], mut at: usize, wanted: impl Fn(u8) -> bool) -> usize {
    while byte(body, at).is_some_and(&wanted) {
        at += 1;
    }
    at
}

fn tag_at(body: &[u8], at: usize) -> Tag {
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
type Attributes<'a> = (Vec<Attribute<'a>>, usize);

/// None for a doubtful tag that cannot carry an `href`, such as the `i<a.length` of a script.
fn link_attributes(body: &[u8], tag: usize, name_end: usize) -> Result<Option<Attributes<'_>>, Malformed> {
    strict_attributes(body, name_end).map(Some).or_else(|malformed| {
        let reach = memchr_iter(b'<', body.get(tag + 1..).unwrap_or_default())
            .map(|n| tag + 1 + n)
            .find(|at| matches!(tag_at(body, *at), Tag::Anchor { .. }))
            .unwrap_or(body.len());
        let within = body.get(tag..reach).unwrap_or_default();
        let harmless = !within.windows(4).any(|w| w.eq_ignore_ascii_case(b"href"));
        if harmless { Ok(None) } else { Err(malformed) }
    })
}

fn strict_attributes(body: &[u8], name_end: usize) -> Result<Attributes<'_>, Malformed> {
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

fn only<'a>(attributes: Vec<Attribute<'a>>, name: &[u8]) -> Result<Option<Value<'a>>, &'static str> {
    let mut found = attributes.into_iter().filter(|a| a.name.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (one, None) => Ok(one.and_then(|a| a.value)),
        _ => Err("an attribute given twice"),
    }
}

fn meta<'a>(attributes: &[Attribute<'a>]) -> Option<(Value<'a>, Value<'a>)> {
    let value = |name: &[u8]| {
        attributes
            .iter()
            .find(|a| a.name.eq_ignore_ascii_case(name))
            .and_then(|a| a.value.clone())
    };
    Some((value(b"name")?, value(b"content")?))
}

/// An anchor without an end tag reaches as far as its text.
fn unclosed<'a>(body: &[u8], mut anchor: Anchor<'a>) -> Anchor<'a> {
    let end = anchor.element.end as usize;
    let rest = body.get(end..).unwrap_or_default();
    anchor.element.end = (end + memchr(b'<', rest).unwrap_or(rest.len())) as u32;
    anchor
}

/// Takes in what else belongs to the line of a link that stands alone on it.
fn whole_line<'a>(body: &[u8], mut anchor: Anchor<'a>, free_from: u32) -> Anchor<'a> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn hrefs(page: &str) -> Vec<String> {
        read(page.as_bytes())
            .unwrap()
            .anchors
            .iter()
            .filter_map(|a| match a.attribute("href") {
                Said::Once(Attribute { value: Some(v), .. }) => Some(v.decoded().unwrap().into_owned()),
                _ => None,
            })
            .collect()
    }

    fn without(page: &str, which: usize) -> String {
        let mut bytes = page.as_bytes().to_vec();
        let element = read(page.as_bytes()).unwrap().anchors[which].element;
        bytes.drain(element.start as usize..element.end as usize);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn attributes_in_every_legal_writing_are_found() {
        assert_eq!(
            hrefs("<a href=\"x\">1</a><A\nHREF = 'y' >2</A><a data-yanked href=z#sha256=1>3</a>"),
            ["x", "y", "z#sha256=1"]
        );
        assert_eq!(hrefs("<a data-requires-python=\">=3,<4\" href=x>"), ["x"]);
        assert_eq!(hrefs("<a/href='x?a=1&amp;b=2&#38;c'>"), ["x?a=1&b=2&c"]);
        assert_eq!(hrefs("<abbr href=x><area href=y><a-b href=z>"), [""; 0]);
    }

    #[test]
    fn links_that_only_some_parsers_see_are_found() {
        assert_eq!(hrefs("<!-- <a href=x>1</a> -->"), ["x"]);
        assert_eq!(hrefs("<script>'<a href=x>'</script>"), ["x"]);
        assert_eq!(hrefs("<p title='<a href=x>'>"), ["x"]);
        assert_eq!(hrefs("< a href=x>"), ["x"]);
    }

    #[test]
    fn comparisons_in_scripts_are_no_links() {
        assert_eq!(
            hrefs("<script>for(i=0;i<a.length;i++)if(b<a){c('x')}</script><a href=x>"),
            ["x"]
        );
    }

    #[test]
    fn tags_that_parsers_read_differently_make_the_page_malformed() {
        for page in [
            "<a href=\"x",
            "<a href=x",
            "<a href=\"x\"title=1>",
            "<a href==x>",
            "<a href=x/>",
            "<a href=x'y>",
            "<a href=x\tdata-yanked>",
            "<a x.href=\"y\">",
            "<a title=\"<a href=x>\" href=y>",
            "<<a href=x></a>a href=y>",
            "<\n <a href=x></a>\na href=y>",
            "<a\" href=x>",
            "<a href=\"x\0\">",
            "<a href=x><base href=y>",
            "<base href=x><base href=y>",
            "<!-- <base href=x> -->",
            "<base href=x href=y>",
        ] {
            assert!(read(page.as_bytes()).is_err(), "{page}");
        }
    }

    #[test]
    fn an_attribute_given_twice_is_reported() {
        let page = read(b"<a href=x HREF=y>").unwrap();
        assert!(matches!(page.anchors[0].attribute("href"), Said::Twice));
    }

    #[test]
    fn references_that_parsers_disagree_on_are_not_decoded() {
        for raw in [
            "a&period;b",
            "a&ampb",
            "a&#46",
            "a&#x2e",
            "a&#128;",
            "a&#xD800;",
            "a&#;",
            "&#x;",
        ] {
            assert_eq!(decode(raw.as_bytes()), None, "{raw}");
        }
        assert_eq!(decode(b"\xff"), None);
        assert_eq!(decode("a & b &lt;&#x41;&=".as_bytes()).unwrap(), "a & b <A&=");
    }

    #[test]
    fn cutting_a_link_takes_its_line_along() {
        let page = "<body>\n    <a href=x>x</a><br/>\n    <a href=y>y</a> <br>\r\n</body>";
        assert_eq!(without(page, 0), "<body>\n    <a href=y>y</a> <br>\r\n</body>");
        assert_eq!(without(page, 1), "<body>\n    <a href=x>x</a><br/>\n</body>");
        assert_eq!(without("<li><a href=x>x</a></li>", 0), "<li></li>");
        assert_eq!(without("<a href=x>x<br><a href=y>y", 0), "<br><a href=y>y");
        assert_eq!(without("<a href=x>x\n  <a href=y>y</a>\n", 1), "<a href=x>x\n  \n");
        assert_eq!(
            without("<a href=x>x</a> and <a href=y>y</a>", 0),
            " and <a href=y>y</a>"
        );
    }

    #[test]
    fn head_of_the_page_is_read() {
        let page = read(
            b"<!DOCTYPE html><head><meta name=\"pypi:repository-version\" content=\"1.3\"><base href='../'></head>",
        )
        .unwrap();
        assert_eq!(page.metas[0].0.raw, b"pypi:repository-version");
        assert_eq!(page.metas[0].1.raw, b"1.3");
        assert_eq!(page.base.unwrap().raw, b"../");
    }

    #[test]
    fn text_for_an_attribute_is_escaped() {
        assert_eq!(escape("a\"b'<&>\n"), "a&quot;b&#39;&lt;&amp;&gt; ");
    }
}

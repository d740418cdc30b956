//! Links of an HTML page, as byte spans, found in one pass.
//!
//! What counts is that no client sees a link that we do not: pip and poetry read pages with
//! Python's `html.parser`, uv with `tl`, others with regular expressions, and they disagree about
//! comments, raw text and broken tags. So the rule is an over-estimate: every `<a` in the bytes is
//! an anchor, wherever it stands, and a tag that two parsers could read in two ways makes the whole
//! page malformed. Cutting a link out of a comment or a script harms nobody.

mod element;
mod escape;
mod tag;

use std::borrow::Cow;

use element::{unclosed, whole_line};
pub use escape::{decode, escape};
use memchr::{memchr, memchr_iter, memmem};
use tag::{Tag, link_attributes, meta, only, span, strict_attributes, tag_at};

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
}

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

/// What a page of links is made of.
#[derive(Debug)]
pub enum Item<'a> {
    /// The `href` of `<base>`, which relative links start from: before all links, and only once.
    Base(Value<'a>),
    /// `<meta name= content=>`.
    Meta {
        name: Value<'a>,
        content: Value<'a>,
    },
    Anchor(Anchor<'a>),
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

/// Shows what a page is made of, in document order.
///
/// # Errors
/// [`Malformed`], and what the visitor gives.
pub fn read<'a>(body: &'a [u8], visit: impl FnMut(Item<'a>) -> Result<(), Error>) -> Result<(), Error> {
    if body.len() >= u32::MAX as usize {
        return Err(malformed(0, "more than 4 GiB").into());
    }
    if let Some(at) = memchr(0, body) {
        return Err(malformed(at, "a zero byte").into());
    }
    let mut reader = Reader {
        body,
        visit,
        open: None,
        based: false,
        shown_until: 0,
        comment_until: 0,
        tag_until: 0,
    };
    for at in memchr_iter(b'<', body) {
        reader.tag(at)?;
    }
    reader.unclosed()
}

fn malformed(at: usize, what: &'static str) -> Malformed {
    Malformed { at, what }
}

struct Reader<'a, V> {
    body: &'a [u8],
    visit: V,
    /// The link whose end tag is yet to come.
    open: Option<Anchor<'a>>,
    /// Whether there was a `<base>`.
    based: bool,
    /// The end of the last element shown.
    shown_until: u32,
    comment_until: usize,
    /// The end of the last tag whose attributes were read.
    tag_until: usize,
}

// === impl Reader ===

impl<'a, V: FnMut(Item<'a>) -> Result<(), Error>> Reader<'a, V> {
    fn tag(&mut self, at: usize) -> Result<(), Error> {
        let tag = tag_at(self.body, at);
        let inside_tag = at < self.tag_until;
        let inside_comment = at < self.comment_until;
        match tag {
            Tag::Anchor { .. } if inside_tag => return Err(malformed(at, "a link inside another tag").into()),
            Tag::Anchor { name_end } => {
                // Cutting the link would make a tag of this `<` and of what follows.
                let before = self.body.get(..at).unwrap_or_default().trim_ascii_end();
                if before.last() == Some(&b'<') {
                    return Err(malformed(at, "`<` right before a link").into());
                }
                if let Some((attributes, end)) = link_attributes(self.body, at, name_end)? {
                    self.unclosed()?;
                    self.tag_until = end;
                    self.open = Some(Anchor {
                        element: span(at, end),
                        insert_at: name_end as u32,
                        attributes,
                    });
                }
            }
            Tag::Base { name_end } => {
                let (attributes, end) = strict_attributes(self.body, name_end)?;
                let late = self.open.is_some() || self.shown_until > 0;
                if self.based || late || inside_comment || inside_tag {
                    return Err(malformed(at, "a second, late or hidden `<base>`").into());
                }
                self.tag_until = end;
                self.based = true;
                if let Some(href) = only(attributes, b"href").map_err(|what| malformed(at, what))? {
                    (self.visit)(Item::Base(href))?;
                }
            }
            Tag::Meta { name_end } if !inside_comment && !inside_tag => {
                let (attributes, end) = strict_attributes(self.body, name_end)?;
                self.tag_until = end;
                if let Some((name, content)) = meta(&attributes) {
                    (self.visit)(Item::Meta { name, content })?;
                }
            }
            Tag::AnchorEnd { end } if !inside_tag => {
                if let Some(mut anchor) = self.open.take() {
                    anchor.element.end = end as u32;
                    self.show(whole_line(self.body, anchor, self.shown_until))?;
                }
            }
            Tag::Comment if !inside_comment && !inside_tag => {
                let inside = self.body.get(at + 4..).unwrap_or_default();
                self.comment_until = memmem::find(inside, b"-->").map_or(self.body.len(), |n| at + 4 + n);
            }
            _ => {}
        }
        Ok(())
    }

    /// The next link begins, or the page ends, and there was no end tag.
    fn unclosed(&mut self) -> Result<(), Error> {
        match self.open.take() {
            Some(anchor) => self.show(unclosed(self.body, anchor)),
            None => Ok(()),
        }
    }

    fn show(&mut self, anchor: Anchor<'a>) -> Result<(), Error> {
        self.shown_until = anchor.element.end;
        (self.visit)(Item::Anchor(anchor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(page: &str) -> Vec<Item<'_>> {
        let mut items = Vec::new();
        read(page.as_bytes(), |item| {
            items.push(item);
            Ok(())
        })
        .unwrap();
        items
    }

    fn anchors(page: &str) -> Vec<Anchor<'_>> {
        let anchor = |item| {
            if let Item::Anchor(anchor) = item {
                Some(anchor)
            } else {
                None
            }
        };
        items(page).into_iter().filter_map(anchor).collect()
    }

    fn hrefs(page: &str) -> Vec<String> {
        anchors(page)
            .iter()
            .filter_map(|a| match a.attribute("href") {
                Said::Once(Attribute { value: Some(v), .. }) => Some(v.decoded().unwrap().into_owned()),
                _ => None,
            })
            .collect()
    }

    fn without(page: &str, which: usize) -> String {
        let mut bytes = page.as_bytes().to_vec();
        let element = anchors(page)[which].element;
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
            "<a s\x0c=href=x>",
            "<a s=\thref=x>",
            "<a x.href=\"y\">",
            "<a title=\"<a href=x>\" href=y>",
            "<<a href=x></a>a href=y>",
            "<\n <a href=x></a>\na href=y>",
            "<a\" href=x>",
            "<a <a href=x></a> href=y>",
            "<a<a href=x></a> href=y>",
            "<a. x='><a href=x></a>' href=y>",
            "<a href=\"x\0\">",
            "<a href=x><base href=y>",
            "<base href=x><base href=y>",
            "<!-- <base href=x> -->",
            "<base href=x href=y>",
        ] {
            assert!(read(page.as_bytes(), |_| Ok(())).is_err(), "{page}");
        }
    }

    #[test]
    fn an_attribute_given_twice_is_reported() {
        assert!(matches!(anchors("<a href=x HREF=y>")[0].attribute("href"), Said::Twice));
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
        let page =
            "<!DOCTYPE html><head><meta name=\"pypi:repository-version\" content=\"1.3\"><base href='../'></head>";
        let [Item::Meta { name, content }, Item::Base(base)] = &items(page)[..] else {
            panic!("{page}")
        };
        assert_eq!((name.raw, content.raw), (&b"pypi:repository-version"[..], &b"1.3"[..]));
        assert_eq!(base.raw, b"../");
    }
}

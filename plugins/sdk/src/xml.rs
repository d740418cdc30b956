//! XML, token by token, with the bytes that each one takes.
//!
//! quick-xml splits the text; here is what it leaves open. A document has one root, and all that is opened is closed.
//! References to characters and to the five predefined entities are resolved. A document type declaration is an error: it could
//! define entities, which grow without end or read other files, and no registry's document needs one.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

use crate::{Error, Span};

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `<name ...>`; `empty` for `<name/>`, which no [`Token::End`] follows.
    Start {
        name: &'a str,
        empty: bool,
    },
    End,
    /// A run of text, or a reference within it: several may follow each other. Not trimmed.
    Text(Cow<'a, str>),
    /// A comment or a processing instruction.
    Other,
    Eof,
}

/// Reads a document from its beginning to its end.
pub struct Tokens<'a> {
    reader: Reader<&'a [u8]>,
    body: &'a str,
    /// Bytes in front of what the reader sees.
    skipped: usize,
    depth: usize,
    rooted: bool,
}

const MARK: &str = "\u{feff}";

// === impl Tokens ===

impl<'a> Tokens<'a> {
    /// # Errors
    /// `unsupported` when the bytes are no UTF-8.
    pub fn new(body: &'a [u8]) -> Result<Self, Error> {
        let body = std::str::from_utf8(body)
            .map_err(|error| Error::Unsupported(format!("XML in another encoding than UTF-8: {error}")))?;
        let skipped = if body.starts_with(MARK) { MARK.len() } else { 0 };
        let mut reader = Reader::from_str(body.get(skipped..).unwrap_or_default());
        reader.config_mut().check_comments = true;
        Ok(Self {
            reader,
            body,
            skipped,
            depth: 0,
            rooted: false,
        })
    }

    /// The next token and its bytes.
    ///
    /// # Errors
    /// `malformed` with the place, when this is no well-formed document.
    pub fn token(&mut self) -> Result<(Token<'a>, Span), Error> {
        let start = self.position();
        let event = self.reader.read_event().map_err(|error| {
            let at = self.skipped as u64 + self.reader.error_position();
            Error::Malformed(format!("{error}, at byte {at}"))
        })?;
        let end = self.position();
        let wrong = |what: &str| Err(Error::Malformed(format!("{what}, at byte {start}")));
        let token = match event {
            Event::Start(_) | Event::Empty(_) if self.depth == 0 && self.rooted => {
                return wrong("a second root element");
            }
            Event::Start(tag) => {
                self.depth += 1;
                self.rooted = true;
                self.start(start, tag.name().as_ref().len(), false)
            }
            Event::Empty(tag) => {
                self.rooted = true;
                self.start(start, tag.name().as_ref().len(), true)
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Token::End
            }
            Event::Text(text) => {
                let text = text.into_inner();
                if self.depth == 0 && !text.trim().is_empty() {
                    return wrong("text outside of the root element");
                }
                Token::Text(text)
            }
            Event::CData(text) if self.depth > 0 => Token::Text(text.into_inner()),
            Event::GeneralRef(reference) if self.depth > 0 => {
                let character = reference.resolve_char_ref().ok().flatten();
                let name = reference.into_inner();
                match (character, resolve_xml_entity(&name)) {
                    (Some(character), _) => Token::Text(character.to_string().into()),
                    (None, Some(text)) => Token::Text(text.into()),
                    (None, None) => return wrong(&format!("the entity &{name}; is not known")),
                }
            }
            Event::CData(_) | Event::GeneralRef(_) => return wrong("text outside of the root element"),
            Event::DocType(_) => return wrong("a document type declaration, which is not read here"),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose().ok().flatten();
                if encoding.is_some_and(|name| !is_ascii_compatible(&name, self.body)) {
                    return Err(Error::Unsupported("XML in another encoding than UTF-8".into()));
                }
                Token::Other
            }
            Event::Comment(_) | Event::PI(_) => Token::Other,
            Event::Eof if self.depth > 0 => return wrong("the document ends within an element"),
            Event::Eof if !self.rooted => return wrong("a document without a root element"),
            Event::Eof => Token::Eof,
        };
        Ok((token, Span::new(start as u32, end as u32)))
    }

    fn position(&self) -> usize {
        self.skipped + self.reader.buffer_position() as usize
    }

    fn start(&self, at: usize, length: usize, empty: bool) -> Token<'a> {
        let name = self.body.get(at + 1..at + 1 + length).unwrap_or_default();
        Token::Start { name, empty }
    }
}

/// A text as it is written into a document, in an element or in quotes.
pub fn escape(text: &str) -> Cow<'_, str> {
    quick_xml::escape::escape(text)
}

/// Whether a document may be read as UTF-8 though it names this encoding.
fn is_ascii_compatible(name: &str, body: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let family = ["us-ascii", "iso-8859-", "windows-125"];
    matches!(name.as_str(), "utf-8" | "utf8") || body.is_ascii() && family.iter().any(|known| name.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<String>, Error> {
        let mut tokens = Tokens::new(body.as_bytes())?;
        let mut found = Vec::new();
        loop {
            let (token, span) = tokens.token()?;
            let bytes = &body[span.start as usize..span.end as usize];
            found.push(match token {
                Token::Start { name, empty } => format!("{name}{} {bytes}", if empty { "/" } else { "" }),
                Token::End => format!("end {bytes}"),
                Token::Text(text) => format!("text {text} {bytes}"),
                Token::Other => format!("other {bytes}"),
                Token::Eof => return Ok(found),
            });
        }
    }

    #[test]
    fn tokens_tell_their_bytes() {
        let body = "\u{feff}<?xml version='1.0'?>\n<a x='>'>b&amp;&#x41;<![CDATA[<]]><!--c--><d/></a >";
        assert_eq!(
            read(body).unwrap(),
            [
                "other <?xml version='1.0'?>",
                "text \n \n",
                "a <a x='>'>",
                "text b b",
                "text & &amp;",
                "text A &#x41;",
                "text < <![CDATA[<]]>",
                "other <!--c-->",
                "d/ <d/>",
                "end </a >",
            ]
        );
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        for (body, part) in [
            ("", "without a root"),
            ("<!-- -->", "without a root"),
            ("text", "outside of the root"),
            ("<a>", "ends within"),
            ("<a></b>", "byte 3"),
            ("</a>", "byte 0"),
            ("<a></a><b/>", "second root"),
            ("<a/><b></b>", "second root"),
            ("<a></a>x", "outside of the root"),
            ("&#65;<a></a>", "outside of the root"),
            ("<a>&nbsp;</a>", "&nbsp; is not known"),
            ("<a>&#x110000;</a>", "is not known"),
            ("<a>&amp</a>", "byte"),
            ("<a", "byte 0"),
            ("<!DOCTYPE a><a/>", "document type"),
            ("<!doctype a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
            ("<a><!DOCTYPE a></a>", "document type"),
            ("<a><!-- -- --></a>", "byte"),
        ] {
            match read(body) {
                Err(Error::Malformed(why)) => assert!(why.contains(part), "{body}: {why}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn other_encodings_are_not_guessed() {
        assert!(read("<?xml version='1.0' encoding='ISO-8859-1'?><a/>").is_ok());
        assert!(read("<?xml version='1.0' encoding='utf-8'?><a>é</a>").is_ok());
        for body in [
            "<?xml version='1.0' encoding='UTF-7'?><a/>",
            "<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>",
        ] {
            assert!(matches!(read(body), Err(Error::Unsupported(_))), "{body}");
        }
        for body in [&b"\xff\xfe<\0a\0/\0>\0"[..], b"<a>\xe9</a>"] {
            assert!(matches!(Tokens::new(body), Err(Error::Unsupported(_))));
        }
    }
}

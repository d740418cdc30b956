use std::borrow::Cow;

use super::Error;
use crate::Span;

/// A string of the document, still as it is written there.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    raw: &'a [u8],
    start: u32,
    escaped: bool,
}

// === impl Text ===

impl<'a> Text<'a> {
    pub(super) fn new(raw: &'a [u8], start: u32, escaped: bool) -> Self {
        Self { raw, start, escaped }
    }

    /// What stands between the quotes.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether it is written with escapes, so that offsets into [`Self::decode`] are not offsets into the document.
    pub fn is_escaped(&self) -> bool {
        self.escaped
    }

    /// Between the quotes.
    pub fn inner(&self) -> Span {
        Span::new(self.start, self.start + self.raw.len() as u32)
    }

    /// With the quotes.
    pub fn quoted(&self) -> Span {
        Span::new(self.start - 1, self.start + self.raw.len() as u32 + 1)
    }

    /// Whether it reads `other`, however it is written.
    #[inline]
    pub fn is(&self, other: &str) -> bool {
        if self.escaped {
            self.decode().is_ok_and(|text| text == other)
        } else {
            self.raw == other.as_bytes()
        }
    }

    /// What it reads; an error where an escape stands for half a character.
    pub fn decode(&self) -> Result<Cow<'a, str>, Error> {
        let raw = std::str::from_utf8(self.raw)
            .map_err(|error| Error::new(self.start as usize + error.valid_up_to(), "a string that is not UTF-8"))?;
        if !self.escaped {
            return Ok(Cow::Borrowed(raw));
        }
        let mut text = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((plain, escape)) = rest.split_once('\\') {
            text.push_str(plain);
            let at = self.start as usize + raw.len() - escape.len() - 1;
            let (char, behind) = unescape(escape).ok_or_else(|| Error::new(at, "an escape that is no character"))?;
            text.push(char);
            rest = behind;
        }
        text.push_str(rest);
        Ok(Cow::Owned(text))
    }
}

/// The character that an escape stands for, given what follows its back-slash, and what follows the escape.
fn unescape(escape: &str) -> Option<(char, &str)> {
    let mut chars = escape.chars();
    let char = match chars.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode(chars.as_str()),
        other => other,
    };
    Some((char, chars.as_str()))
}

fn unicode(digits: &str) -> Option<(char, &str)> {
    let unit = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
    let (first, rest) = (unit(digits)?, digits.get(4..)?);
    if let Some(char) = char::from_u32(first) {
        return Some((char, rest));
    }
    // Above the first plane: two halves, the upper one first.
    let second = unit(rest.strip_prefix("\\u")?)?;
    if !(0xd800..0xdc00).contains(&first) || !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    let char = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?;
    Some((char, rest.get(6..)?))
}

/// A text as what stands between the quotes of a JSON string.
pub fn escape(text: &str) -> String {
    let mut quoted = quote(text);
    quoted.pop();
    quoted.split_off(1)
}

/// A text as a JSON string, with its quotes.
pub fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

use super::{Error, Text, skip};
use crate::Span;

/// Larger documents could not be told in the interface's offsets.
const LARGEST: usize = u32::MAX as usize - 1;

/// Stands before a value of the document, and moves behind it.
#[derive(Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    String,
    Number,
    Bool,
    Null,
}

/// A value that was skipped.
#[derive(Debug, Clone, Copy)]
pub struct Value {
    pub kind: Kind,
    pub span: Span,
}

/// A member of an object, seen when the cursor stands before its value.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Where the member begins: the opening quote of its key.
    pub start: u32,
    pub key: Text<'a>,
}

/// Reads a whole document: the visitor gets a cursor before its only value.
///
/// A byte order mark is stepped over. The visitor may leave the value alone; it is then checked and skipped.
pub fn read<'a, T>(body: &'a [u8], visit: impl FnOnce(&mut Cursor<'a>) -> Result<T, Error>) -> Result<T, Error> {
    if body.len() > LARGEST {
        return Err(Error::new(LARGEST, "larger than 4 GiB"));
    }
    let mark = if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut cursor = Cursor {
        bytes: body,
        at: skip::blank(body, mark),
    };
    let result = cursor.visit(|cursor| visit(cursor))?;
    let end = skip::blank(body, cursor.at);
    if end < body.len() {
        return Err(Error::new(end, "something stands behind the document's value"));
    }
    Ok(result)
}

// === impl Cursor ===

impl<'a> Cursor<'a> {
    /// In bytes from the start of the document.
    pub fn offset(&self) -> u32 {
        self.at as u32
    }

    /// The kind of the value that comes next.
    pub fn kind(&self) -> Result<Kind, Error> {
        skip::kind(self.bytes, self.at)
    }

    /// Checks the next value and moves behind it.
    pub fn skip(&mut self) -> Result<Value, Error> {
        let kind = self.kind()?;
        let start = self.offset();
        self.at = skip::value(self.bytes, self.at)?;
        Ok(Value {
            kind,
            span: Span::new(start, self.offset()),
        })
    }

    /// The next value if it is a string; otherwise it is skipped.
    pub fn string(&mut self) -> Result<Option<Text<'a>>, Error> {
        if self.kind()? == Kind::String {
            self.text().map(Some)
        } else {
            self.skip()?;
            Ok(None)
        }
    }

    /// Visits the members of the next value, each with the cursor before the member's value; that value is skipped
    /// when the visitor leaves it alone. Gives the object's span, its brackets included.
    ///
    /// # Errors
    /// Also when the next value is no object.
    pub fn object(&mut self, mut visit: impl FnMut(&mut Self, Member<'a>) -> Result<(), Error>) -> Result<Span, Error> {
        let start = self.open(b'{', "expected an object")?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Span::new(start, self.offset()));
        }
        loop {
            let from = self.offset();
            let key = self.text()?;
            self.at = skip::colon(self.bytes, self.at)?;
            self.visit(|cursor| visit(cursor, Member { start: from, key }))?;
            if self.close(b'}', true)? {
                return Ok(Span::new(start, self.offset()));
            }
        }
    }

    /// Visits the elements of the next value, each with the cursor before it; an element is skipped when the visitor
    /// leaves it alone. Gives the array's span, its brackets included.
    ///
    /// # Errors
    /// Also when the next value is no array.
    pub fn array(&mut self, mut visit: impl FnMut(&mut Self) -> Result<(), Error>) -> Result<Span, Error> {
        let start = self.open(b'[', "expected an array")?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Span::new(start, self.offset()));
        }
        loop {
            self.visit(|cursor| visit(cursor))?;
            if self.close(b']', false)? {
                return Ok(Span::new(start, self.offset()));
            }
        }
    }

    /// An error about what stands here.
    pub fn error(&self, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::new(self.at, message)
    }

    fn visit<T>(&mut self, visit: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let before = self.at;
        let result = visit(self)?;
        if self.at == before {
            self.at = skip::value(self.bytes, self.at)?;
        }
        Ok(result)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Past a string; an error when none begins here.
    fn text(&mut self) -> Result<Text<'a>, Error> {
        let start = self.at + 1;
        let end = skip::key(self.bytes, self.at)?;
        self.at = end.quote + 1;
        let raw = self.bytes.get(start..end.quote).unwrap_or_default();
        Ok(Text::new(raw, start as u32, end.escaped))
    }

    fn open(&mut self, bracket: u8, message: &'static str) -> Result<u32, Error> {
        let start = self.offset();
        match self.peek() {
            Some(byte) if byte == bracket => {
                self.at = skip::blank(self.bytes, self.at + 1);
                Ok(start)
            }
            None => Err(Error::truncated(self.at)),
            Some(_) => Err(self.error(message)),
        }
    }

    /// Past what follows a member or an element: whether that was the closing bracket.
    fn close(&mut self, bracket: u8, object: bool) -> Result<bool, Error> {
        self.at = skip::blank(self.bytes, self.at);
        match self.peek() {
            Some(b',') => {
                self.at = skip::blank(self.bytes, self.at + 1);
                Ok(false)
            }
            Some(byte) if byte == bracket => {
                self.at += 1;
                Ok(true)
            }
            None => Err(Error::truncated(self.at)),
            Some(_) => Err(skip::behind(self.at, object)),
        }
    }
}

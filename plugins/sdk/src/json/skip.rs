//! Getting past a value by the full grammar, at the speed of reading it, without recursion.

use super::{Error, Kind, string};

/// How deep arrays and objects may stand in each other.
const DEPTH: usize = 1024;

/// Which of the open brackets are objects: one bit each.
struct Open {
    objects: [u64; DEPTH / 64],
    depth: usize,
}

/// What may come next.
enum Next {
    /// A value, whose first byte is at the position.
    Value,
    /// A key, whose quote is at the position.
    Key,
    /// A value has just ended.
    Behind,
}

/// From the first byte of a value to behind it.
pub(super) fn value(bytes: &[u8], from: usize) -> Result<usize, Error> {
    let mut open = Open {
        objects: [0; DEPTH / 64],
        depth: 0,
    };
    let mut at = from;
    let mut next = Next::Value;
    loop {
        match next {
            Next::Value => match bytes.get(at) {
                Some(b'"') => {
                    at = string::end(bytes, at + 1)?.quote + 1;
                    next = Next::Behind;
                }
                Some(b'{') => {
                    open.push(true, at)?;
                    at = blank(bytes, at + 1);
                    next = Next::Key;
                    if bytes.get(at) == Some(&b'}') {
                        open.depth -= 1;
                        at += 1;
                        next = Next::Behind;
                    }
                }
                Some(b'[') => {
                    open.push(false, at)?;
                    at = blank(bytes, at + 1);
                    if bytes.get(at) == Some(&b']') {
                        open.depth -= 1;
                        at += 1;
                        next = Next::Behind;
                    }
                }
                _ => {
                    at = scalar(bytes, at)?;
                    next = Next::Behind;
                }
            },
            Next::Key => {
                at = colon(bytes, key(bytes, at)?.quote + 1)?;
                next = Next::Value;
            }
            Next::Behind => {
                if open.depth == 0 {
                    return Ok(at);
                }
                at = blank(bytes, at);
                let object = open.in_object();
                match bytes.get(at) {
                    Some(b',') => {
                        at = blank(bytes, at + 1);
                        next = if object { Next::Key } else { Next::Value };
                    }
                    Some(b'}') if object => {
                        open.depth -= 1;
                        at += 1;
                    }
                    Some(b']') if !object => {
                        open.depth -= 1;
                        at += 1;
                    }
                    None => return Err(Error::truncated(at)),
                    Some(_) => return Err(behind(at, object)),
                }
            }
        }
    }
}

/// The error for what stands behind a member or an element.
pub(super) fn behind(at: usize, object: bool) -> Error {
    Error::new(
        at,
        if object {
            "expected a comma or }"
        } else {
            "expected a comma or ]"
        },
    )
}

/// Past white space.
#[inline]
pub(super) fn blank(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The end of the key that begins with the quote at `at`.
#[inline]
pub(super) fn key(bytes: &[u8], at: usize) -> Result<string::End, Error> {
    match bytes.get(at) {
        Some(b'"') => string::end(bytes, at + 1),
        None => Err(Error::truncated(at)),
        Some(_) => Err(Error::new(at, "expected a key in quotes")),
    }
}

/// Past the colon behind a key, to the first byte of its value.
#[inline]
pub(super) fn colon(bytes: &[u8], at: usize) -> Result<usize, Error> {
    let at = blank(bytes, at);
    match bytes.get(at) {
        Some(b':') => Ok(blank(bytes, at + 1)),
        None => Err(Error::truncated(at)),
        Some(_) => Err(Error::new(at, "expected a colon behind a key")),
    }
}

/// What kind of value begins with the byte at `at`.
pub(super) fn kind(bytes: &[u8], at: usize) -> Result<Kind, Error> {
    match bytes.get(at) {
        Some(b'{') => Ok(Kind::Object),
        Some(b'[') => Ok(Kind::Array),
        Some(b'"') => Ok(Kind::String),
        Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
        Some(b't' | b'f') => Ok(Kind::Bool),
        Some(b'n') => Ok(Kind::Null),
        None => Err(Error::truncated(at)),
        Some(_) => Err(Error::new(at, "expected a value")),
    }
}

/// Past a number or a literal.
fn scalar(bytes: &[u8], at: usize) -> Result<usize, Error> {
    let literal = |text: &str| {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.starts_with(text.as_bytes()) {
            Ok(at + text.len())
        } else if text.as_bytes().starts_with(rest) {
            Err(Error::truncated(bytes.len()))
        } else {
            Err(Error::new(at, "expected a value"))
        }
    };
    match kind(bytes, at)? {
        Kind::Number => number(bytes, at),
        Kind::Null => literal("null"),
        Kind::Bool if bytes.get(at) == Some(&b't') => literal("true"),
        _ => literal("false"),
    }
}

/// RFC 8259 section 6.
fn number(bytes: &[u8], mut at: usize) -> Result<usize, Error> {
    let digits = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 if rest.is_empty() => Err(Error::truncated(at)),
            0 => Err(Error::new(at, "expected a digit")),
            count => Ok(at + count),
        }
    };
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    at = if bytes.get(at) == Some(&b'0') {
        at + 1
    } else {
        digits(at)?
    };
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = digits(at)?;
    }
    Ok(at)
}

// === impl Open ===

impl Open {
    fn push(&mut self, object: bool, at: usize) -> Result<(), Error> {
        let too_deep = || Error::new(at, format!("nested deeper than {DEPTH}"));
        let word = self.objects.get_mut(self.depth / 64).ok_or_else(too_deep)?;
        let bit = 1u64 << (self.depth % 64);
        if object {
            *word |= bit;
        } else {
            *word &= !bit;
        }
        self.depth += 1;
        Ok(())
    }

    fn in_object(&self) -> bool {
        let top = self.depth.wrapping_sub(1);
        self.objects
            .get(top / 64)
            .is_some_and(|word| word >> (top % 64) & 1 == 1)
    }
}

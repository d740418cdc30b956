//! One value without the values inside it.

use osa_plugin_sdk::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    Nil,
    /// true, false, an integer: nothing that a link could name, as nil.
    Plain,
    Symbol(&'a [u8]),
    SymbolLink(u32),
    Link(u32),
    /// With its instance variables, of which the encoding is one, as children.
    Text(&'a [u8]),
    Array,
    /// Its children are keys and values by turns.
    Map,
    /// An object that dumps itself: its class, a symbol, and what it dumped.
    Dumped,
}

#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub kind: Kind<'a>,
    /// How many values follow that belong to this one.
    pub children: u32,
    /// Where they begin.
    pub end: usize,
}

/// Why nothing can be read at a place. In words only for a document that is refused for it: heads are read by the million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    Truncated,
    /// A length that is negative, or that no document has.
    Length(usize),
    Type(u8, usize),
}

// === impl Bad ===

impl Bad {
    pub(super) fn of(self, body: &[u8]) -> Error {
        match self {
            Self::Truncated => Error::Malformed(format!("Marshal ends at byte {} before its values do", body.len())),
            Self::Length(at) => Error::Malformed(format!("Marshal with an absurd length at byte {at}")),
            Self::Type(tag, at) => Error::Unsupported(format!(
                "Marshal with a value of type {:?} at byte {at}, which no gem index has",
                char::from(tag)
            )),
        }
    }
}

// === impl Kind ===

impl Kind<'_> {
    /// Whether it has a number that links can name.
    pub(super) fn is_object(self) -> bool {
        matches!(self, Self::Text(_) | Self::Array | Self::Map | Self::Dumped)
    }
}

// === impl Head ===

impl<'a> Head<'a> {
    /// # Errors
    /// When the document ends here, a length is negative or longer than what is left, or the type is none of ours.
    pub(super) fn read(body: &'a [u8], at: usize) -> Result<Self, Bad> {
        let Some(&tag) = body.get(at) else {
            return Err(Bad::Truncated);
        };
        let next = at + 1;
        let plain = |kind, end| Ok(Self { kind, children: 0, end });
        match tag {
            b'0' => plain(Kind::Nil, next),
            b'T' | b'F' => plain(Kind::Plain, next),
            b'i' => plain(Kind::Plain, integer(body, next)?.1),
            b':' => text(body, next).and_then(|(name, end)| plain(Kind::Symbol(name), end)),
            b';' => length(body, next).and_then(|(symbol, end)| plain(Kind::SymbolLink(symbol), end)),
            b'@' => length(body, next).and_then(|(object, end)| plain(Kind::Link(object), end)),
            b'"' => text(body, next).and_then(|(bytes, end)| plain(Kind::Text(bytes), end)),
            b'I' if body.get(next) == Some(&b'"') => {
                let (bytes, end) = text(body, next + 1)?;
                let (variables, end) = count(body, end)?;
                Ok(Self {
                    kind: Kind::Text(bytes),
                    children: doubled(variables, at)?,
                    end,
                })
            }
            b'[' => count(body, next).map(|(children, end)| Self {
                kind: Kind::Array,
                children,
                end,
            }),
            b'{' => {
                let (pairs, end) = count(body, next)?;
                Ok(Self {
                    kind: Kind::Map,
                    children: doubled(pairs, at)?,
                    end,
                })
            }
            b'U' => Ok(Self {
                kind: Kind::Dumped,
                children: 2,
                end: next,
            }),
            other => Err(Bad::Type(other, at)),
        }
    }
}

/// A length and so many bytes.
fn text(body: &[u8], at: usize) -> Result<(&[u8], usize), Bad> {
    let (length, start) = length(body, at)?;
    let end = start + length as usize;
    body.get(start..end).map(|bytes| (bytes, end)).ok_or(Bad::Truncated)
}

/// How many values follow: each takes a byte at least.
fn count(body: &[u8], at: usize) -> Result<(u32, usize), Bad> {
    let (count, end) = length(body, at)?;
    if count as usize > body.len().saturating_sub(end) {
        return Err(Bad::Truncated);
    }
    Ok((count, end))
}

fn doubled(pairs: u32, at: usize) -> Result<u32, Bad> {
    pairs.checked_mul(2).ok_or(Bad::Length(at))
}

fn length(body: &[u8], at: usize) -> Result<(u32, usize), Bad> {
    let (number, end) = integer(body, at)?;
    u32::try_from(number)
        .map(|number| (number, end))
        .map_err(|_| Bad::Length(at))
}

/// One byte for small numbers; else how many bytes follow, the lowest first.
fn integer(body: &[u8], at: usize) -> Result<(i64, usize), Bad> {
    let first = body.get(at).copied().ok_or(Bad::Truncated)?;
    let first = i64::from(i8::from_ne_bytes([first]));
    let bytes = match first {
        0 => return Ok((0, at + 1)),
        5.. => return Ok((first - 5, at + 1)),
        ..=-5 => return Ok((first + 5, at + 1)),
        bytes => bytes,
    };
    let end = at + 1 + bytes.unsigned_abs() as usize;
    let digits = body.get(at + 1..end).ok_or(Bad::Truncated)?;
    let magnitude = digits
        .iter()
        .rev()
        .fold(0_i64, |number, digit| number << 8 | i64::from(*digit));
    // Negative ones are written as what is missing to the next power of 256.
    let number = if bytes < 0 {
        magnitude - (1 << (8 * digits.len()))
    } else {
        magnitude
    };
    Ok((number, end))
}

/// The number as Ruby writes it.
pub(super) fn put_integer(number: u32, out: &mut Vec<u8>) {
    match number {
        0 => out.push(0),
        1..=122 => out.push(number as u8 + 5),
        _ => {
            let bytes = number.to_le_bytes();
            let length = 4 - number.leading_zeros() as usize / 8;
            out.push(length as u8);
            out.extend_from_slice(bytes.get(..length).unwrap_or_default());
        }
    }
}

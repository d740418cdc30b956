//! The inside of a string: by far most of the bytes of a packument.

use super::Error;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Where the string ends whose first byte after the quote is at `from`, and whether it has escapes.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// Of the closing quote.
    pub(super) quote: usize,
    pub(super) escaped: bool,
}

/// Checks a string by RFC 8259 section 7 and finds its end.
#[inline]
pub(super) fn end(bytes: &[u8], from: usize) -> Result<End, Error> {
    let mut at = from;
    let mut escaped = false;
    // The high bit of any byte of it: not ASCII, so to be checked as UTF-8.
    let mut seen = 0u64;
    loop {
        if let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_le_bytes(*word);
            let stops = special(word);
            if stops == 0 {
                seen |= word;
                at += 8;
                continue;
            }
            // May count bytes behind the end: then the check below is done for nothing.
            seen |= word;
            at += stops.trailing_zeros() as usize / 8;
        }
        match bytes.get(at) {
            None => return Err(Error::truncated(at)),
            Some(b'"') => break,
            Some(b'\\') => {
                escaped = true;
                at = escape(bytes, at)?;
            }
            Some(0..0x20) => return Err(Error::new(at, "a control character inside a string")),
            Some(byte) => {
                seen |= u64::from(*byte);
                at += 1;
            }
        }
    }
    if seen & HIGHS != 0
        && let Err(error) = std::str::from_utf8(bytes.get(from..at).unwrap_or_default())
    {
        return Err(Error::new(from + error.valid_up_to(), "a string that is not UTF-8"));
    }
    Ok(End { quote: at, escaped })
}

/// The high bit of the first byte (and perhaps of later ones) that is a quote, a back-slash or a control character.
///
/// The borrow of a subtraction runs upwards only, so with the first byte lowest the lowest bit set is exact.
#[inline]
fn special(word: u64) -> u64 {
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let quote = zero(word ^ (ONES * u64::from(b'"')));
    let slash = zero(word ^ (ONES * u64::from(b'\\')));
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | slash | control) & HIGHS
}

/// From a back-slash to behind the escape.
fn escape(bytes: &[u8], at: usize) -> Result<usize, Error> {
    match bytes.get(at + 1) {
        None => Err(Error::truncated(at + 1)),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match bytes.get(at + 2..at + 6) {
            None => Err(Error::truncated(bytes.len())),
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(at + 6),
            Some(_) => Err(Error::new(at, "an escape \\u without four hexadecimal digits")),
        },
        Some(_) => Err(Error::new(at, "an escape that JSON does not know")),
    }
}

//! What must never stand in a path, however often somebody decodes it: the request's own path and what plugins name upstream.

use std::borrow::Cow;
use std::fmt;

/// A path this deeply percent-encoded serves nobody but who wants to get past a check.
const MAX_DEPTH: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A `%` without two hexadecimal digits.
    Encoding,
    /// Below 0x20, or 0x7f.
    Control,
    Backslash,
    /// `.` or `..`, also with path parameters behind (`..;x`), which Java servers strip.
    DotSegment,
    /// 0xC0 or 0xC1: over-long forms of ASCII, which no UTF-8 text has.
    OverLong,
    TooDeep,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "a percent sign without two hexadecimal digits",
            Self::Control => "a control character",
            Self::Backslash => "a backslash",
            Self::DotSegment => "a dot segment",
            Self::OverLong => "an over-long UTF-8 form",
            Self::TooDeep => "more layers of percent-encoding than any client uses",
        })
    }
}

/// Checks a percent-encoded path without query, plain and after each of the decodings that lie in it.
pub fn check(path: &str) -> Result<(), Flaw> {
    check_encoding(path)?;
    let mut level: Cow<'_, [u8]> = Cow::Borrowed(path.as_bytes());
    for _ in 0..=MAX_DEPTH {
        check_bytes(&level)?;
        let decoded: Cow<'_, [u8]> = percent_encoding::percent_decode(&level).into();
        if matches!(decoded, Cow::Borrowed(_)) {
            return Ok(());
        }
        level = Cow::Owned(decoded.into_owned());
    }
    Err(Flaw::TooDeep)
}

/// Every `%` is followed by two hexadecimal digits (RFC 3986 §2.1).
pub fn check_encoding(text: &str) -> Result<(), Flaw> {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let tail = rest.get(at + 1..).unwrap_or_default();
        match tail {
            [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => return Err(Flaw::Encoding),
        }
    }
    Ok(())
}

fn check_bytes(path: &[u8]) -> Result<(), Flaw> {
    for byte in path {
        match byte {
            0..0x20 | 0x7f => return Err(Flaw::Control),
            b'\\' => return Err(Flaw::Backslash),
            0xc0 | 0xc1 => return Err(Flaw::OverLong),
            _ => {}
        }
    }
    let dots = |segment: &[u8]| {
        let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        matches!(name, b"." | b"..")
    };
    // An encoded question mark or hash may end the path for whoever decodes before splitting.
    if path.split(|byte| matches!(byte, b'/' | b'?' | b'#')).any(dots) {
        return Err(Flaw::DotSegment);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_pass() {
        for path in [
            "",
            "@scope%2fname",
            "a/b..c/.hidden/...",
            "100%25",
            "c++%2B~1.0-1_amd64.pkg",
            "%40a%252fb",
            "x/%E2%82%AC",
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn flaws_are_found_at_every_depth() {
        for (path, flaw) in [
            ("a/../b", Flaw::DotSegment),
            ("a/./b", Flaw::DotSegment),
            ("a/%2e%2E/b", Flaw::DotSegment),
            ("a%2f..%2fb", Flaw::DotSegment),
            ("a/%252e%252e/b", Flaw::DotSegment),
            ("a/%25252e%25252e%25252fb", Flaw::DotSegment),
            ("a/..;x=1/b", Flaw::DotSegment),
            ("a/..%3fb", Flaw::DotSegment),
            ("a%00b", Flaw::Control),
            ("a%2500b", Flaw::Control),
            ("a%0d%0ab", Flaw::Control),
            ("a\\b", Flaw::Backslash),
            ("a%5cb", Flaw::Backslash),
            ("a/%c0%ae%c0%ae/b", Flaw::OverLong),
            ("a%", Flaw::Encoding),
            ("a%2", Flaw::Encoding),
            ("a%zz", Flaw::Encoding),
            (&format!("a%{}41", "25".repeat(40)), Flaw::TooDeep),
        ] {
            assert_eq!(check(path), Err(flaw), "{path}");
        }
    }
}

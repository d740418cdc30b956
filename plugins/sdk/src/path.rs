//! Paths of requests: decoded once, and written anew for upstream (RFC 3986, section 3.3).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::url::decode_segment;

/// All that may not stand in a segment as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'+')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// Decodes a whole path. None for what would read otherwise when decoded again, or has an empty segment (but behind a
/// last slash) or one of dots. An encoded slash becomes one.
pub fn decode(path: &str) -> Option<Cow<'_, str>> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let plain = |segment: &str| !segment.is_empty() && !is_dots(segment);
    let clean = decoded.is_empty() || decoded.trim_end_matches('/').split('/').all(plain);
    let odd = |char: char| char.is_control() || is_read_again(char);
    (clean && !decoded.contains(odd)).then_some(decoded)
}

/// Decodes each segment of a path. None for what would read otherwise when decoded again, hides a slash in a segment
/// or has one of dots; segments may be empty.
pub fn segments(path: &str) -> Option<Vec<Cow<'_, str>>> {
    let segment = |segment| decode_segment(segment).filter(|text| !text.contains(is_read_again) && !is_dots(text));
    path.split('/').map(segment).collect()
}

/// A path of decoded segments, as upstream is asked for it.
pub fn encode<'a>(segments: impl IntoIterator<Item = &'a str>) -> String {
    let mut path = String::new();
    for (at, segment) in segments.into_iter().enumerate() {
        if at > 0 {
            path.push('/');
        }
        path.extend(utf8_percent_encode(segment, SEGMENT));
    }
    path
}

/// What servers that decode a path twice take for something else.
fn is_read_again(char: char) -> bool {
    matches!(char, '%' | '\\' | '?' | '#')
}

fn is_dots(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_once() {
        assert_eq!(decode("a%2Fb/c%40d/").as_deref(), Some("a/b/c@d/"));
        assert_eq!(decode("").as_deref(), Some(""));
        for path in [
            "a%252Fb",
            "a%3Fb",
            "a%5Cb",
            "a//b",
            "/a",
            "a/%2e%2e/b",
            "a%00",
            "%ff",
            "/",
        ] {
            assert_eq!(decode(path), None, "{path}");
        }
    }

    #[test]
    fn segments_are_decoded_apart_and_written_anew() {
        let read = segments("a%40b//c%2Bd/e f%C3%A9").unwrap();
        assert_eq!(read, ["a@b", "", "c+d", "e fé"]);
        assert_eq!(encode(read.iter().map(AsRef::as_ref)), "a@b//c+d/e%20f%C3%A9");
        for path in ["a%2Fb", "a/%2e/b", "a%25", "a%23", "a/.."] {
            assert_eq!(segments(path), None, "{path}");
        }
    }
}

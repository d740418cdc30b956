//! One part of an edited document (RFC 9110 section 14): clients that keep a document which grows at its end ask for the rest.

use std::ops::Range;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{IF_RANGE, RANGE};

/// What of a document a request is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Of(Range<u64>),
    /// Begins behind the end: 416.
    Beyond,
}

/// Several ranges, and what is no range of bytes, mean the whole, as they may. So does an `If-Range` that is not the strong tag
/// of these very bytes.
pub(super) fn wanted(request: &HeaderMap, length: u64, etag: &str) -> Part {
    let mut lines = request.get_all(RANGE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Part::Whole;
    };
    let is_other = |tag: &http::HeaderValue| tag.as_bytes() != etag.as_bytes() || etag.starts_with("W/");
    if request.get_all(IF_RANGE).iter().any(is_other) {
        return Part::Whole;
    }
    let spec = line.to_str().ok().and_then(|line| line.trim().strip_prefix("bytes="));
    match spec.and_then(|spec| spec.split_once('-')) {
        Some((first, last)) => part(first.trim(), last.trim(), length).unwrap_or(Part::Whole),
        None => Part::Whole,
    }
}

fn part(first: &str, last: &str, length: u64) -> Option<Part> {
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok())?
    };
    let (start, end) = match (first, last) {
        ("", suffix) => (length.saturating_sub(number(suffix)?), length),
        (first, "") => (number(first)?, length),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            (first, last.saturating_add(1).min(length))
        }
    };
    Some(if start >= length {
        Part::Beyond
    } else {
        Part::Of(start..end)
    })
}

/// The bytes of a range, without copying them.
pub(super) fn cut(parts: &[Bytes], range: &Range<u64>) -> Vec<Bytes> {
    let mut at = 0_u64;
    let mut cut = Vec::new();
    for part in parts {
        let end = at + part.len() as u64;
        let (from, to) = (range.start.clamp(at, end), range.end.clamp(at, end));
        if from < to {
            cut.push(part.slice((from - at) as usize..(to - at) as usize));
        }
        at = end;
    }
    cut
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ask(lines: &[(&'static str, &str)]) -> Part {
        let mut request = HeaderMap::new();
        for (name, value) in lines {
            request.append(*name, value.parse().unwrap());
        }
        wanted(&request, 10, "\"tag\"")
    }

    #[test]
    fn one_range_is_a_part() {
        for (range, part) in [
            ("bytes=0-", Part::Of(0..10)),
            ("bytes=9-", Part::Of(9..10)),
            ("bytes=2-4", Part::Of(2..5)),
            ("bytes=2-99", Part::Of(2..10)),
            ("bytes=-3", Part::Of(7..10)),
            ("bytes=-30", Part::Of(0..10)),
            ("bytes=10-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=99999999999999999-", Part::Beyond),
        ] {
            assert_eq!(ask(&[("range", range)]), part, "{range}");
        }
    }

    #[test]
    fn anything_else_is_the_whole() {
        for range in [
            "bytes=0-1,3-4",
            "bytes=4-2",
            "bytes=",
            "bytes=-",
            "bytes=a-",
            "bytes=+1-",
            "lines=1-2",
            "0-1",
        ] {
            assert_eq!(ask(&[("range", range)]), Part::Whole, "{range}");
        }
        assert_eq!(ask(&[]), Part::Whole);
        assert_eq!(ask(&[("range", "bytes=1-"), ("range", "bytes=2-")]), Part::Whole);
    }

    #[test]
    fn a_part_of_something_else_is_not_sent() {
        let range = ("range", "bytes=1-");
        assert_eq!(ask(&[range, ("if-range", "\"tag\"")]), Part::Of(1..10));
        for other in ["\"other\"", "W/\"tag\"", "Mon, 01 Apr 2024 00:00:05 GMT"] {
            assert_eq!(ask(&[range, ("if-range", other)]), Part::Whole, "{other}");
        }
        let mut request = HeaderMap::new();
        request.insert("range", "bytes=1-".parse().unwrap());
        request.insert("if-range", "W/\"tag\"".parse().unwrap());
        assert_eq!(wanted(&request, 10, "W/\"tag\""), Part::Whole);
    }

    proptest! {
        #[test]
        fn parts_are_cut_as_one_text_is(parts in prop::collection::vec("[a-z]{0,5}", 0..8), start in 0_u64..50, length in 0_u64..50) {
            let whole = parts.concat().into_bytes();
            let end = (start + length).min(whole.len() as u64);
            let start = start.min(end);
            let parts: Vec<Bytes> = parts.into_iter().map(Bytes::from).collect();
            prop_assert_eq!(cut(&parts, &(start..end)).concat(), &whole[start as usize..end as usize]);
        }
    }
}

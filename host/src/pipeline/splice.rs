//! A plugin's edits, checked and carried out: nothing it says reaches the client before this.

use bytes::{Bytes, BytesMut};

use crate::failure::Failure;
use crate::plugin::Edits;

/// A body in parts, most of them slices of the original.
#[derive(Clone, Debug, Default)]
pub struct Spliced {
    pub parts: Vec<Bytes>,
    /// Of all parts together, in bytes.
    pub length: u64,
}

impl From<Bytes> for Spliced {
    fn from(body: Bytes) -> Self {
        Self {
            length: body.len() as u64,
            parts: if body.is_empty() { Vec::new() } else { vec![body] },
        }
    }
}

/// Refuses edits that overlap, run backwards or out of bounds, name a text that is not there, or make the document larger
/// than `limit` bytes. Spans need not lie on character boundaries: documents may be any bytes.
pub fn splice(body: &Bytes, edits: &Edits, limit: u64) -> Result<Spliced, Failure> {
    let refuse = |number: usize, what: &str| {
        Failure::plugin(format!(
            "the plugin returned edits that cannot be made: number {number} {what}"
        ))
    };
    let texts: Vec<Bytes> = edits.texts.iter().map(|text| Bytes::copy_from_slice(text)).collect();
    let mut parts = Parts::default();
    let mut length = body.len() as u64;
    let mut done = 0;
    for (number, edit) in edits.edits.iter().enumerate() {
        let (start, end) = (edit.start as usize, edit.end as usize);
        if start > end {
            return Err(refuse(number, &format!("ends before it begins ({start}..{end})")));
        }
        if start < done {
            return Err(refuse(
                number,
                &format!("begins at {start}, inside or before the one that ends at {done}"),
            ));
        }
        if end > body.len() {
            return Err(refuse(
                number,
                &format!("ends at {end}, behind the document's {} bytes", body.len()),
            ));
        }
        let Some(text) = texts.get(edit.text as usize) else {
            return Err(refuse(number, &format!("names text {} of {}", edit.text, texts.len())));
        };
        length = length - (end - start) as u64 + text.len() as u64;
        if length > limit {
            return Err(refuse(number, &format!("makes the document larger than {limit} bytes")));
        }
        parts.push(body.slice(done..start));
        parts.push(text.clone());
        done = end;
    }
    parts.push(body.slice(done..));
    Ok(Spliced {
        parts: parts.finish(),
        length,
    })
}

/// Joins short parts, since each part becomes a write of its own; long ones stay slices.
#[derive(Default)]
struct Parts {
    finished: Vec<Bytes>,
    joined: BytesMut,
}

/// Copying this much costs less than writing it alone.
const SHORT: usize = 4 * 1024;
const JOINED: usize = 64 * 1024;

impl Parts {
    fn push(&mut self, part: Bytes) {
        if part.len() < SHORT {
            self.joined.extend_from_slice(&part);
            if self.joined.len() >= JOINED {
                self.flush();
            }
        } else {
            self.flush();
            self.finished.push(part);
        }
    }

    fn flush(&mut self) {
        if !self.joined.is_empty() {
            self.finished.push(self.joined.split().freeze());
        }
    }

    fn finish(mut self) -> Vec<Bytes> {
        self.flush();
        self.finished
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::failure::Blame;
    use crate::plugin::Edit;

    fn edits(texts: &[&str], spans: &[(u32, u32, u32)]) -> Edits {
        Edits {
            texts: texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
            edits: spans
                .iter()
                .map(|&(start, end, text)| Edit { start, end, text })
                .collect(),
            content_type: None,
        }
    }

    fn spliced(body: &[u8], edits: &Edits) -> Result<Vec<u8>, String> {
        let result = splice(&Bytes::copy_from_slice(body), edits, 1 << 20).map_err(|failure| {
            assert_eq!((failure.blame, failure.status.as_u16()), (Blame::Plugin, 502));
            failure.message
        })?;
        let whole = result.parts.concat();
        assert_eq!(result.length, whole.len() as u64);
        Ok(whole)
    }

    #[test]
    fn edits_are_made_where_they_say() {
        let body = b"0123456789";
        assert_eq!(spliced(body, &edits(&[], &[])).unwrap(), body);
        assert_eq!(
            spliced(
                body,
                &edits(&["", "ab"], &[(0, 2, 0), (5, 5, 1), (5, 6, 1), (10, 10, 1)])
            )
            .unwrap(),
            b"234abab6789ab"
        );
        assert_eq!(spliced(b"", &edits(&["x"], &[(0, 0, 0)])).unwrap(), b"x");
        assert_eq!(
            spliced("a€b".as_bytes(), &edits(&[""], &[(2, 3, 0)])).unwrap(),
            b"a\xe2\xacb"
        );
    }

    #[test]
    fn lies_are_named() {
        let body = b"0123456789";
        for (edits, word) in [
            (edits(&["x"], &[(3, 2, 0)]), "ends before"),
            (edits(&["x"], &[(0, 4, 0), (3, 5, 0)]), "begins at 3"),
            (edits(&["x"], &[(5, 6, 0), (0, 1, 0)]), "begins at 0"),
            (edits(&["x"], &[(9, 11, 0)]), "behind"),
            (edits(&["x"], &[(u32::MAX, u32::MAX, 0)]), "behind"),
            (edits(&["x"], &[(0, 1, 1)]), "names text 1 of 1"),
        ] {
            let message = spliced(body, &edits).unwrap_err();
            assert!(message.contains(word), "{message}");
        }
        let bomb = edits(&[&"x".repeat(1000)], &vec![(0, 0, 0); 2000]);
        assert!(spliced(body, &bomb).unwrap_err().contains("larger"));
    }

    #[test]
    fn untouched_parts_are_not_copied() {
        let body = Bytes::from(vec![b'a'; 100_000]);
        let result = splice(&body, &edits(&["x"], &[(50_000, 50_001, 0)]), 1 << 20).unwrap();
        assert_eq!(result.parts.len(), 3);
        assert_eq!(result.parts[0].as_ptr(), body.as_ptr());
        assert_eq!(result.parts[2].as_ptr(), body[50_001..].as_ptr());
    }

    proptest! {
        #[test]
        fn splicing_equals_a_naive_rewrite(
            body in proptest::collection::vec(any::<u8>(), 0..20_000),
            cuts in proptest::collection::vec((any::<u32>(), 0..4u32), 0..40),
        ) {
            let texts = ["", "x", "<a href=\"y\">", "€€€€"];
            let mut points: Vec<(u32, u32)> =
                cuts.iter().map(|(at, text)| (at % (body.len() as u32 + 1), *text)).collect();
            points.sort_unstable();
            let spans: Vec<(u32, u32, u32)> =
                points.chunks_exact(2).map(|pair| (pair[0].0, pair[1].0, pair[0].1)).collect();
            let mut naive = body.clone();
            for (start, end, text) in spans.iter().rev() {
                naive.splice(*start as usize..*end as usize, texts[*text as usize].bytes());
            }
            prop_assert_eq!(spliced(&body, &edits(&texts, &spans)).unwrap(), naive);
        }
    }
}

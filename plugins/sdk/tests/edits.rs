//! Cutting against a naive parse-rewrite-serialise, and what the builder promises.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use osa_plugin_sdk::{Span, edits, edits::Builder, json, list, notes, purl};
use proptest::prelude::*;
use serde_json::{Value, json};

fn spaced(parts: &[(String, String)], open: char, close: char) -> String {
    let body: Vec<_> = parts
        .iter()
        .map(|(blank, part)| format!("{blank}{part}{blank}"))
        .collect();
    format!("{open}{}{close}", body.join(","))
}

fn parts(body: &[u8]) -> Vec<Span> {
    let mut parts = Vec::new();
    json::read(body, |cursor| {
        if cursor.kind()? == json::Kind::Object {
            cursor.object(|cursor, member| {
                parts.push(Span::new(member.start, cursor.skip()?.span.end));
                Ok(())
            })
        } else {
            cursor.array(|cursor| {
                parts.push(cursor.skip()?.span);
                Ok(())
            })
        }
    })
    .unwrap();
    parts
}

proptest! {
    #[test]
    fn cutting_is_what_rewriting_would_be(
        kept in prop::collection::vec((any::<bool>(), "[ \n\t]{0,3}", "[a-z,\\]}{\\[]{0,5}"), 0..12),
        object in any::<bool>(),
    ) {
        let whole: Vec<_> = kept.iter().enumerate().map(|(position, (_, blank, text))| {
            let value = json!({ "n": position, "text": text, "list": [text, position] }).to_string();
            (blank.clone(), if object { format!("\"k{position}\" : {value}") } else { value })
        }).collect();
        let (open, close) = if object { ('{', '}') } else { ('[', ']') };
        let body = spaced(&whole, open, close);
        let left: Vec<_> = whole.iter().zip(&kept).filter(|(_, (keep, ..))| *keep).map(|(part, _)| part.clone()).collect();

        let mut builder = Builder::new();
        list::cut(parts(body.as_bytes()).into_iter().zip(kept.iter().map(|(keep, ..)| !keep)), &mut builder);
        let edited = edits::splice(body.as_bytes(), &builder.finish().unwrap()).unwrap();

        let expected: Value = serde_json::from_str(&spaced(&left, open, close)).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Value>(&edited).unwrap(), expected);
    }
}

#[test]
fn cutting_leaves_no_gap() {
    let cut = |body: &str, gone: &[usize]| {
        let mut builder = Builder::new();
        list::cut(
            parts(body.as_bytes())
                .into_iter()
                .enumerate()
                .map(|(at, span)| (span, gone.contains(&at))),
            &mut builder,
        );
        String::from_utf8(edits::splice(body.as_bytes(), &builder.finish().unwrap()).unwrap()).unwrap()
    };
    assert_eq!(cut("[1, 2, 3, 4]", &[0]), "[2, 3, 4]");
    assert_eq!(cut("[1, 2, 3, 4]", &[1, 2]), "[1, 4]");
    assert_eq!(cut("[1, 2, 3, 4]", &[0, 3]), "[2, 3]");
    assert_eq!(cut("[\n  1,\n  2\n]", &[1]), "[\n  1\n]");
    assert_eq!(cut("[ 1, 2 ]", &[0, 1]), "[  ]");
    assert_eq!(cut("{}", &[]), "{}");
}

#[test]
fn edits_come_out_in_order_with_each_text_once() {
    let mut builder = Builder::new();
    builder.replace(Span::new(6, 7), "x");
    builder.delete(Span::new(2, 3));
    builder.delete(Span::new(3, 4));
    builder.insert(0, "x");
    builder.delete(Span::at(9));
    let built = builder.finish().unwrap();
    assert_eq!(built.texts, [&b"x"[..], b""]);
    assert_eq!(built.edits.len(), 3);
    assert_eq!(edits::splice(b"0123456789", &built).unwrap(), b"x0145x789");
}

#[test]
fn edits_that_overlap_are_refused() {
    let mut builder = Builder::new();
    builder.replace(Span::new(2, 5), "a");
    builder.replace(Span::new(4, 6), "b");
    assert!(builder.finish().is_err());
    let mut outside = Builder::new();
    outside.replace(Span::new(2, 5), "a");
    assert!(edits::splice(b"012", &outside.finish().unwrap()).is_err());
}

#[test]
fn notes_come_back() {
    let packed = notes::pack(&(Span::new(3, 70_000), "text", vec![1u32, 2])).unwrap();
    assert_eq!(
        notes::unpack::<(Span, &str, Vec<u32>)>(&packed).unwrap(),
        (Span::new(3, 70_000), "text", vec![1, 2])
    );
    assert!(notes::unpack::<(Span, &str, Vec<u32>)>(&packed[..packed.len() - 1]).is_err());
    assert!(notes::unpack::<Vec<String>>(&[0xff, 0xff, 0xff, 0xff, 0x0f]).is_err());
}

#[test]
fn package_urls_are_encoded_by_the_specification() {
    assert_eq!(
        purl::prefix("npm", "@acme", "widget") + &purl::encode("1.0.0-rc.1+build"),
        "pkg:npm/%40acme/widget@1.0.0-rc.1%2Bbuild"
    );
    assert_eq!(
        purl::prefix("golang", "example.com/acme", "kit"),
        "pkg:golang/example.com/acme/kit@"
    );
    assert_eq!(purl::encode("a~b_c-d.e:f/g h%é"), "a~b_c-d.e:f%2Fg%20h%25%C3%A9");
}

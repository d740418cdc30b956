//! The scanner against serde_json: what one takes, the other takes, and both read the same.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use osa_plugin_sdk::{Span, json};
use proptest::prelude::*;
use serde_json::Value;

/// Text that a strict parser takes, and that ours takes.
fn agree(text: &[u8]) -> Result<(), TestCaseError> {
    let theirs =
        std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
    let ours = json::read(text, |cursor| cursor.skip().map(drop));
    prop_assert_eq!(ours.is_ok(), theirs, "{:?}: {:?}", String::from_utf8_lossy(text), ours);
    let walked = json::read(text, walk);
    prop_assert_eq!(
        walked.is_ok(),
        theirs,
        "walking {:?}: {:?}",
        String::from_utf8_lossy(text),
        walked
    );
    Ok(())
}

fn walk(cursor: &mut json::Cursor<'_>) -> Result<(), json::Error> {
    match cursor.kind()? {
        json::Kind::Object => cursor.object(|cursor, _| walk(cursor)).map(drop),
        json::Kind::Array => cursor.array(walk).map(drop),
        _ => cursor.skip().map(drop),
    }
}

/// A tree from the scanner, duplicate keys resolved as serde_json does: the last one counts.
fn tree(body: &[u8], cursor: &mut json::Cursor<'_>) -> Result<Value, json::Error> {
    Ok(match cursor.kind()? {
        json::Kind::Object => {
            let mut members = serde_json::Map::new();
            cursor.object(|cursor, member| {
                members.insert(member.key.decode()?.into_owned(), tree(body, cursor)?);
                Ok(())
            })?;
            members.into()
        }
        json::Kind::Array => {
            let mut elements = Vec::new();
            cursor.array(|cursor| {
                elements.push(tree(body, cursor)?);
                Ok(())
            })?;
            elements.into()
        }
        json::Kind::String => cursor.string()?.unwrap().decode()?.into_owned().into(),
        _ => serde_json::from_slice(cursor.skip()?.span.of(body).unwrap()).unwrap(),
    })
}

fn blank() -> impl Strategy<Value = String> {
    "[ \n\r\t]{0,2}"
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        "[a-z/ü\u{1f600}]{0,20}".prop_map(|text| format!("\"{text}\"")),
        r#"(\\["\\/bfnrt]|\\u00[0-7][0-9a-fA-F]|\\ud83d\\ude00|[a-f]){0,12}"#.prop_map(|text| format!("\"{text}\"")),
    ]
}

fn number() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9])?"
}

/// JSON as people write it: odd white space, escapes, duplicate keys.
fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        text(),
        number(),
        Just("true".into()),
        Just("false".into()),
        Just("null".into())
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let part = (blank(), inner, blank())
            .prop_map(|(before, value, after)| format!("{before}{value}{after}"))
            .boxed();
        let member =
            (blank(), text(), blank(), part.clone()).prop_map(|(a, key, b, value)| format!("{a}{key}{b}:{value}"));
        prop_oneof![
            prop::collection::vec(part, 1..6).prop_map(|parts| format!("[{}]", parts.join(","))),
            prop::collection::vec(member, 1..6).prop_map(|parts| format!("{{{}}}", parts.join(","))),
            blank().prop_map(|blank| format!("[{blank}]")),
            blank().prop_map(|blank| format!("{{{blank}}}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn reads_what_serde_json_reads(document in document()) {
        let ours = json::read(document.as_bytes(), |cursor| tree(document.as_bytes(), cursor));
        prop_assert_eq!(ours.unwrap(), serde_json::from_str::<Value>(&document).unwrap());
    }

    #[test]
    fn takes_what_a_strict_parser_takes(document in document(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        agree(document.as_bytes())?;
        let mut broken = document.into_bytes();
        let at = at.index(broken.len());
        for byte in [byte, b'"', b'\\', b',', b'}', b']', b'{', b'1', b' ', 0x1f, 0x80] {
            let before = std::mem::replace(&mut broken[at], byte);
            agree(&broken)?;
            broken[at] = before;
        }
        let cut = broken[..at].to_vec();
        agree(&cut)?;
        broken.remove(at);
        agree(&broken)?;
    }

    #[test]
    fn takes_any_bytes_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        agree(&bytes)?;
    }
}

#[test]
fn tells_where_and_why() {
    let why = |text: &str| json::read(text.as_bytes(), walk).unwrap_err().to_string();
    assert_eq!(why(""), "the document ends too early (at byte 0)");
    assert_eq!(why(r#"{"a": [1, 2"#), "the document ends too early (at byte 11)");
    assert_eq!(why(r#"{"a": "b"#), "the document ends too early (at byte 8)");
    assert_eq!(why(r#"{"a": tru"#), "the document ends too early (at byte 9)");
    assert_eq!(why(r#"{"a": [1}"#), "expected a comma or ] (at byte 8)");
    assert_eq!(why(r#"{"a": 1]"#), "expected a comma or } (at byte 7)");
    assert_eq!(why(r#"{"a" 1}"#), "expected a colon behind a key (at byte 5)");
    assert_eq!(why(r#"{"a": 1,}"#), "expected a key in quotes (at byte 8)");
    assert_eq!(why("[1,]"), "expected a value (at byte 3)");
    assert_eq!(why("{} {}"), "something stands behind the document's value (at byte 3)");
    assert_eq!(why("[\"a\tb\"]"), "a control character inside a string (at byte 3)");
    assert_eq!(why(r#"["\x"]"#), "an escape that JSON does not know (at byte 2)");
    assert_eq!(
        why(r#"["\u12g4"]"#),
        "an escape \\u without four hexadecimal digits (at byte 2)"
    );
    assert_eq!(why("[01]"), "expected a comma or ] (at byte 2)");
    let not_utf8 = json::read(b"[\"ab\xff\"]", json::Cursor::skip).unwrap_err();
    assert_eq!((not_utf8.offset(), not_utf8.to_string().contains("UTF-8")), (4, true));
}

#[test]
fn nests_to_a_limit_without_recursion() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let skip = |text: &str| json::read(text.as_bytes(), |cursor| cursor.skip().map(drop));
    assert!(skip(&nested(1024)).is_ok());
    assert_eq!(
        skip(&nested(1025)).unwrap_err().to_string(),
        "nested deeper than 1024 (at byte 1024)"
    );
    assert!(skip(&"[".repeat(10_000_000)).is_err());
    assert!(skip(&(r#"{"a":"#.repeat(600) + "[{}]" + &"}".repeat(600))).is_ok());
}

#[test]
fn steps_over_a_byte_order_mark() {
    let body = b"\xef\xbb\xbf {\"a\": 1}";
    let mut spans = Vec::new();
    json::read(body, |cursor| {
        cursor.object(|cursor, member| {
            spans.push((member.key.quoted(), cursor.skip()?.span));
            Ok(())
        })
    })
    .unwrap();
    assert_eq!(spans, [(Span::new(5, 8), Span::new(10, 11))]);
}

#[test]
fn knows_a_key_however_it_is_written() {
    let body = br#"{"\u0076ersions": 1, "versions": 2, "versions\u0000": 3, "versions\ud800": 4, "Versions": 5}"#;
    let mut found = Vec::new();
    json::read(body, |cursor| {
        cursor.object(|cursor, member| {
            if member.key.is("versions") {
                found.push(cursor.skip()?.span.of(body).unwrap().to_vec());
            }
            Ok(())
        })
    })
    .unwrap();
    assert_eq!(found, [b"1", b"2"]);
    let half = json::read(br#"["\udc00\ud800"]"#, |cursor| {
        cursor.array(|cursor| cursor.string()?.unwrap().decode().map(drop))
    });
    assert_eq!(
        half.unwrap_err().to_string(),
        "an escape that is no character (at byte 2)"
    );
}

#[test]
fn a_quoted_text_is_json() {
    for text in ["", "plain", "\"", "\\", "a \"quote\" \\ \u{1}\n ü \u{1f600} </script>"] {
        assert_eq!(serde_json::from_str::<String>(&json::quote(text)).unwrap(), text);
        assert_eq!(format!("\"{}\"", json::escape(text)), json::quote(text));
    }
}

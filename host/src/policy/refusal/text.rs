//! Texts from Judge, policy files and paths made fit for one line, a reason phrase or a header.

use bytes::Bytes;
use http::HeaderValue;
use hyper::ext::ReasonPhrase;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Longer reason phrases make some clients drop the connection.
const REASON_PHRASE_BYTES: usize = 200;

/// Several such headers together stay under the 8 KiB that front ends commonly allow for a head.
const HEADER_BYTES: usize = 1024;

/// `%` stays as it is: links with escapes in them must remain clickable.
const NOT_IN_HEADERS: &AsciiSet = CONTROLS;

/// `text` without line breaks, control characters and runs of blanks.
pub(super) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// At most `bytes` bytes of `text`, cut between characters, with dots where something is missing.
pub(super) fn bounded(text: &str, bytes: usize) -> String {
    const DOTS: &str = "...";
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes.saturating_sub(DOTS.len()));
    format!("{}{DOTS}", text.get(..end).unwrap_or_default())
}

/// RFC 9112 section 4: blanks, visible ASCII and obs-text. Letters beyond ASCII go out as UTF-8, which is obs-text.
pub(super) fn reason_phrase(text: &str) -> Option<ReasonPhrase> {
    let line = bounded(&one_line(text), REASON_PHRASE_BYTES);
    ReasonPhrase::try_from(Bytes::from(line)).ok()
}

/// A header value of visible ASCII; everything else percent-encoded as UTF-8.
pub(super) fn header(text: &str) -> Option<HeaderValue> {
    let line = utf8_percent_encode(&one_line(text), NOT_IN_HEADERS).to_string();
    HeaderValue::from_str(&bounded(&line, HEADER_BYTES)).ok()
}

/// `text` as it may stand inside a document of this media type: between the quotes of a JSON string, or in markup.
pub(super) fn escaped(text: &str, essence: &str) -> String {
    if essence == "application/json" || essence.ends_with("+json") {
        let quoted = serde_json::Value::from(text).to_string();
        return quoted
            .get(1..quoted.len().saturating_sub(1))
            .unwrap_or_default()
            .to_owned();
    }
    if essence == "text/html" || essence.ends_with("/xml") || essence.ends_with("+xml") {
        return text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_one_short_line() {
        let phrase = |text: &str| String::from_utf8(reason_phrase(text).unwrap().as_bytes().to_vec()).unwrap();
        assert_eq!(
            phrase("no\r\nSet-Cookie: a=b\t\u{7f}\u{85}here\0"),
            "no Set-Cookie: a=b here"
        );
        assert_eq!(phrase("Нет уязвимых"), "Нет уязвимых");
        let long = phrase(&"я".repeat(500));
        assert!(long.len() <= 200 && long.ends_with("я..."), "{long}");
    }

    #[test]
    fn a_header_is_visible_ascii() {
        assert_eq!(header("a\r\nb: c").unwrap(), "a b: c");
        assert_eq!(header("ключ").unwrap(), "%D0%BA%D0%BB%D1%8E%D1%87");
        assert_eq!(header(&"x".repeat(5000)).unwrap().len(), 1024);
        assert_eq!(
            header("https://policies.example/a%2Fb").unwrap(),
            "https://policies.example/a%2Fb"
        );
    }

    #[test]
    fn a_text_cannot_break_out_of_its_document() {
        assert_eq!(escaped("a\"b\\\n", "application/json"), r#"a\"b\\\n"#);
        assert_eq!(escaped("a\"b", "application/vnd.acme.v1+json"), r#"a\"b"#);
        assert_eq!(escaped("<b>'&", "text/html"), "&lt;b&gt;&#39;&amp;");
        assert_eq!(escaped("<b>", "text/plain"), "<b>");
    }
}

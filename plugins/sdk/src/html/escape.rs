//! Character references (HTML, section 13.5), as far as parsers agree on them.

use std::borrow::Cow;

use memchr::memchr;

/// Resolves character references as every parser does: the five of XML and numeric ones, each with
/// its semicolon. Anything else that may be a reference gives none.
pub fn decode(raw: &[u8]) -> Option<Cow<'_, str>> {
    let text = core::str::from_utf8(raw).ok()?;
    if memchr(b'&', raw).is_none() {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let starts_reference = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '#');
        if starts_reference {
            let (name, behind) = after.split_once(';')?;
            out.push(reference(name)?);
            rest = behind;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok()?,
                None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse().ok()?,
                _ => return None,
            };
            // 0x80..0x9f are read as windows-1252 by some, as controls by others.
            char::from_u32(code).filter(|c| !c.is_control())
        }
    }
}

/// Text for the inside of a double-quoted attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_that_parsers_disagree_on_are_not_decoded() {
        for raw in [
            "a&period;b",
            "a&ampb",
            "a&#46",
            "a&#x2e",
            "a&#128;",
            "a&#xD800;",
            "a&#;",
            "&#x;",
        ] {
            assert_eq!(decode(raw.as_bytes()), None, "{raw}");
        }
        assert_eq!(decode(b"\xff"), None);
        assert_eq!(decode("a & b &lt;&#x41;&=".as_bytes()).unwrap(), "a & b <A&=");
    }

    #[test]
    fn text_for_an_attribute_is_escaped() {
        assert_eq!(escape("a\"b'<&>\n"), "a&quot;b&#39;&lt;&amp;&gt; ");
    }
}

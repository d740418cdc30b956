//! What a client would take in the place of the file that it asks for.

use http::HeaderValue;

/// Lists of mirrors (RFC 5854 and its predecessor): a client that gets one fetches the file from there, past this proxy.
const MIRRORS: [&str; 2] = ["application/metalink+xml", "application/metalink4+xml"];

/// An `Accept` line without offers to take a list of mirrors.
pub(super) fn without_mirrors(accept: &HeaderValue) -> HeaderValue {
    let is_mirrors = |item: &&str| {
        let media = item.split(';').next().unwrap_or_default().trim();
        MIRRORS.iter().any(|mirrors| media.eq_ignore_ascii_case(mirrors))
    };
    let Ok(text) = accept.to_str() else {
        return accept.clone();
    };
    if !text.split(',').any(|item| is_mirrors(&item)) {
        return accept.clone();
    }
    let left: Vec<&str> = text
        .split(',')
        .filter(|item| !is_mirrors(item))
        .map(str::trim)
        .collect();
    HeaderValue::from_str(&left.join(", "))
        .ok()
        .filter(|left| !left.is_empty())
        .unwrap_or(HeaderValue::from_static("*/*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lists_of_mirrors_are_taken_out() {
        for (asked, sent) in [
            ("*/*, application/metalink+xml, application/metalink4+xml", "*/*"),
            ("Application/Metalink4+XML;q=0.5,text/html;q=1", "text/html;q=1"),
            ("application/metalink+xml", "*/*"),
            (
                "text/html,  application/json;q=0.1",
                "text/html,  application/json;q=0.1",
            ),
            ("application/metalink+xml-other", "application/metalink+xml-other"),
        ] {
            assert_eq!(without_mirrors(&HeaderValue::from_static(asked)), sent, "{asked}");
        }
        let odd = HeaderValue::from_bytes(b"\xff, application/metalink+xml").unwrap();
        assert_eq!(without_mirrors(&odd), odd);
    }
}

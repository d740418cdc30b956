//! Which representation of an error a client wants: `Accept`, RFC 9110 section 12.5.1.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::weights;

/// The place in `offered` (essences, best first) of what the client likes best. Ties go to the earlier one, and so does a
/// client that accepts none of them: a refusal in the wrong form still tells more than an empty 406.
pub(super) fn choose(headers: &HeaderMap, offered: &[&str]) -> usize {
    let ranges = weights::listed(headers, &ACCEPT);
    let mut best = (0, 0);
    for (place, offer) in offered.iter().enumerate() {
        let liked = liking(&ranges, offer);
        if liked > best.1 {
            best = (place, liked);
        }
    }
    best.0
}

/// How much `offer` is wanted, in thousandths; the most specific range that covers it speaks.
fn liking(ranges: &[(String, u16)], offer: &str) -> u16 {
    let family = offer.split('/').next().unwrap_or_default();
    ranges
        .iter()
        .filter_map(|(range, quality)| {
            let specific = match range.split_once('/') {
                _ if range == offer => 3,
                Some((kind, "*")) if kind == family => 2,
                Some(("*", "*")) => 1,
                _ => return None,
            };
            Some((specific, *quality))
        })
        .max()
        .map_or(0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_form_wins_and_ties_go_to_the_first() {
        const OFFERED: [&str; 3] = ["application/vnd.acme+json", "text/plain", "application/json"];
        for (accept, expected) in [
            (None, 0),
            (Some(""), 0),
            (Some("*/*"), 0),
            (Some("text/plain"), 1),
            (Some("TEXT/PLAIN; charset=utf-8"), 1),
            (Some("application/json, */*;q=0.1"), 2),
            (Some("application/json;q=0.5, text/*;q=0.6"), 1),
            (Some("application/*"), 0),
            (Some("*/*, application/vnd.acme+json;q=0.2"), 1),
            (Some("application/vnd.acme+json;q=0, text/plain;q=0, */*;q=0.001"), 2),
            (Some("image/png"), 0),
            (Some("text/html, application/xhtml+xml, application/json;q=nonsense"), 2),
            (Some(",;q=1,/,*,text"), 0),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(choose(&headers, &OFFERED), expected, "{accept:?}");
        }
    }
}

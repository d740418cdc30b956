//! Headers that list what a client takes, each with a weight: `Accept`, `Accept-Encoding` (RFC 9110, section 12.4.2).

use http::{HeaderMap, HeaderName};

/// Every member in lower case, without parameters, and its weight in thousandths. Several lines are one list.
pub(crate) fn listed(headers: &HeaderMap, name: &HeaderName) -> Vec<(String, u16)> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(|member| (bare(member), weight(member)))
        .filter(|(member, _)| !member.is_empty())
        .collect()
}

/// A media type or another member of a list without its parameters, in lower case.
pub(crate) fn bare(member: &str) -> String {
    let bare = member.split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

/// A parameter that is no weight counts as if it were not there, and without one the weight is 1.
fn weight(member: &str) -> u16 {
    let mut parameters = member
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='));
    parameters
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .and_then(|(_, value)| value.trim().parse::<f32>().ok())
        .filter(|value| (0.0..=1.0).contains(value))
        .map_or(1000, |value| (value * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;

    use super::*;

    #[test]
    fn members_of_all_lines_have_weights() {
        let mut headers = HeaderMap::new();
        headers.append(
            ACCEPT,
            "Text/Plain; charset=utf-8;Q=0.3, a/b ; q = 0.0015".parse().unwrap(),
        );
        headers.append(ACCEPT, ", c/d;q=nonsense, e/f;q=2, g/h;q=-1,i/j;q=0,".parse().unwrap());
        let expected = [
            ("text/plain", 300),
            ("a/b", 2),
            ("c/d", 1000),
            ("e/f", 1000),
            ("g/h", 1000),
            ("i/j", 0),
        ];
        assert_eq!(
            listed(&headers, &ACCEPT),
            expected.map(|(member, weight)| (member.to_owned(), weight))
        );
    }
}

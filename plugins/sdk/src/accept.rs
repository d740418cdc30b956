//! The `Accept` header (RFC 9110, section 12.5.1).

/// What a client accepts, most telling first come first served.
#[derive(Debug, Clone)]
pub struct Accept<'a> {
    ranges: Vec<Range<'a>>,
}

#[derive(Debug, Clone)]
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// In thousandths.
    quality: u16,
}

// === impl Accept ===

impl<'a> Accept<'a> {
    /// Parts that are no media range are passed over; an absent or empty header accepts everything.
    pub fn parse(header: Option<&'a str>) -> Self {
        let mut ranges: Vec<_> = header.unwrap_or_default().split(',').filter_map(Range::parse).collect();
        if ranges.is_empty() {
            ranges.push(Range {
                kind: "*",
                subtype: "*",
                quality: 1000,
            });
        }
        Self { ranges }
    }

    /// How welcome a media type is, in thousandths: what the most specific range that covers it says, 0 for none.
    pub fn quality(&self, media_type: &str) -> u16 {
        let (kind, subtype) = media_type.split_once('/').unwrap_or((media_type, ""));
        self.ranges
            .iter()
            .filter_map(|range| Some((range.covers(kind, subtype)?, range.quality)))
            .max()
            .map_or(0, |(_, quality)| quality)
    }

    /// The position of the most welcome of our offers, the earliest among equals; none when no one is acceptable.
    pub fn prefer(&self, offers: &[&str]) -> Option<usize> {
        let mut best: Option<(u16, usize)> = None;
        for (position, offer) in offers.iter().enumerate() {
            let quality = self.quality(offer);
            if quality > best.map_or(0, |(quality, _)| quality) {
                best = Some((quality, position));
            }
        }
        best.map(|(_, position)| position)
    }
}

// === impl Range ===

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let quality = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(Some(1000), |(_, value)| quality(value.trim()))?;
        Some(Self { kind, subtype, quality })
    }

    /// How specific it is, when it covers the type.
    fn covers(&self, kind: &str, subtype: &str) -> Option<u8> {
        if self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype) {
            Some(2)
        } else if self.kind.eq_ignore_ascii_case(kind) && self.subtype == "*" {
            Some(1)
        } else if self.kind == "*" && self.subtype == "*" {
            Some(0)
        } else {
            None
        }
    }
}

fn quality(value: &str) -> Option<u16> {
    let number: f32 = value.parse().ok()?;
    (0.0..=1.0).contains(&number).then(|| (number * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = "application/vnd.pypi.simple.v1+json";
    const HTML: &str = "application/vnd.pypi.simple.v1+html";

    #[test]
    fn the_most_specific_range_counts() {
        let accept = Accept::parse(Some("text/*;q=0.3, text/html;q=0.7, */*;q=0.5"));
        assert_eq!(accept.quality("text/html"), 700);
        assert_eq!(accept.quality("TEXT/plain"), 300);
        assert_eq!(accept.quality("image/png"), 500);
        assert_eq!(Accept::parse(Some("text/html;q=0, */*")).quality("text/html"), 0);
    }

    #[test]
    fn the_first_of_equals_is_preferred() {
        assert_eq!(Accept::parse(None).prefer(&[HTML, JSON]), Some(0));
        assert_eq!(Accept::parse(Some("*/*")).prefer(&[JSON, HTML]), Some(0));
        let pip = format!("{JSON}, {HTML}; q=0.1, text/html; q=0.01");
        assert_eq!(Accept::parse(Some(&pip)).prefer(&[HTML, JSON]), Some(1));
        assert_eq!(Accept::parse(Some("image/png")).prefer(&[HTML, JSON]), None);
    }

    #[test]
    fn what_is_no_media_range_is_passed_over() {
        assert_eq!(
            Accept::parse(Some("nonsense, ;;, text/html; q=soon, text/css")).quality("text/css"),
            1000
        );
        assert_eq!(
            Accept::parse(Some("nonsense, text/html; q=soon")).quality("text/html"),
            1000
        );
        assert_eq!(
            Accept::parse(Some("text/html; Q=0.25; level=1")).quality("text/html"),
            250
        );
    }
}

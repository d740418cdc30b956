//! How long a document may be used without asking upstream again (RFC 9111 sections 4.2 and 5.2).

use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, HeaderName, PRAGMA, VARY};

use crate::upstream::is_credential;

/// Upstreams name up to a day; nobody who publishes a fix wants to wait that long for it.
const LONGEST: Duration = Duration::from_mins(10);

/// Request headers that are part of a document's key, or the same for all.
const KEYED: [&str; 4] = ["accept", "accept-encoding", "origin", "authorization"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Freshness {
    keep: bool,
    until: Option<Instant>,
}

impl Freshness {
    /// From the heads of upstream's answer and of the client's request.
    pub(super) fn of(received: &HeaderMap, request: &HeaderMap) -> Self {
        let mut keep = !varies_otherwise(received);
        let (mut max_age, mut shared, mut ask) = (None, None, false);
        for directive in directives(received, CACHE_CONTROL) {
            let (name, value) = directive.split_once('=').unwrap_or((&directive, ""));
            let seconds = value.trim_matches('"').parse().ok();
            match name {
                "no-store" => keep = false,
                "no-cache" | "private" => ask = true,
                "max-age" => max_age = seconds,
                "s-maxage" => shared = seconds,
                _ => {}
            }
        }
        let age = received
            .get(AGE)
            .and_then(|age| age.to_str().ok()?.trim().parse().ok())
            .unwrap_or(0);
        let left = shared.or(max_age).unwrap_or(0_u64).saturating_sub(age);
        // A token may be withdrawn at any time, so whoever uses one has upstream asked every time.
        let ask = ask || left == 0 || request.keys().any(is_credential);
        let until = (!ask).then(|| Instant::now() + Duration::from_secs(left).min(LONGEST));
        Self { keep, until }
    }

    pub(super) fn is_fresh(self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    pub(super) fn may_be_kept(self) -> bool {
        self.keep
    }
}

/// Whether the client asks for upstream's word, not for a copy.
pub(super) fn is_new_wanted(request: &HeaderMap) -> bool {
    directives(request, PRAGMA).any(|directive| directive == "no-cache")
        || directives(request, CACHE_CONTROL)
            .any(|directive| matches!(directive.as_str(), "no-cache" | "no-store" | "max-age=0"))
}

fn varies_otherwise(received: &HeaderMap) -> bool {
    directives(received, VARY).any(|name| {
        let known = KEYED.contains(&name.as_str()) || name.parse::<HeaderName>().is_ok_and(|name| is_credential(&name));
        !known
    })
}

fn directives(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = String> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let all: Vec<String> = lines
        .flat_map(|line| line.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase())
        .filter(|directive| !directive.is_empty())
        .collect();
    all.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn told(received: &[(&'static str, &str)], request: &[(&'static str, &str)]) -> (bool, bool) {
        let freshness = Freshness::of(&headers(received), &headers(request));
        (freshness.may_be_kept(), freshness.is_fresh(Instant::now()))
    }

    #[test]
    fn upstream_says_how_long() {
        assert_eq!(told(&[("cache-control", "public, max-age=300")], &[]), (true, true));
        assert_eq!(
            told(&[("cache-control", "max-age=300"), ("age", "300")], &[]),
            (true, false)
        );
        assert_eq!(
            told(&[("cache-control", "max-age=300, s-maxage=0")], &[]),
            (true, false)
        );
        assert_eq!(told(&[("cache-control", "max-age=300, no-cache")], &[]), (true, false));
        assert_eq!(told(&[("cache-control", "private, max-age=300")], &[]), (true, false));
        assert!(!told(&[("cache-control", "no-store, max-age=300")], &[]).0);
        assert_eq!(told(&[], &[]), (true, false));
        let long = Freshness::of(&headers(&[("cache-control", "max-age=86400")]), &HeaderMap::new());
        assert!(!long.is_fresh(Instant::now() + LONGEST + Duration::from_secs(1)));
    }

    #[test]
    fn what_varies_unseen_is_not_kept() {
        assert!(told(&[("vary", "Accept, accept-encoding"), ("vary", "Authorization")], &[]).0);
        assert!(!told(&[("vary", "User-Agent")], &[]).0);
        assert!(!told(&[("vary", "*")], &[]).0);
    }

    #[test]
    fn whoever_has_a_token_is_checked_every_time() {
        assert_eq!(
            told(&[("cache-control", "max-age=300")], &[("authorization", "Bearer x")]),
            (true, false)
        );
    }

    #[test]
    fn clients_can_ask_for_upstreams_word() {
        for (name, value) in [
            ("cache-control", "max-age=0"),
            ("cache-control", "No-Cache"),
            ("pragma", "no-cache"),
        ] {
            assert!(is_new_wanted(&headers(&[(name, value)])));
        }
        assert!(!is_new_wanted(&headers(&[("cache-control", "max-age=60")])));
    }
}

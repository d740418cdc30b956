//! Something for each HTTP status: a bounded number of series, whatever upstreams answer.

use std::sync::OnceLock;

use http::StatusCode;

/// Those that have a label of their own, in order; all others share the one of their class.
const KNOWN: [u16; 41] = [
    200, 201, 202, 203, 204, 205, 206, 207, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407,
    408, 409, 410, 411, 412, 413, 414, 415, 416, 422, 429, 431, 451, 500, 501, 502, 503, 504,
];
const CLASSES: [&str; 9] = ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx"];
const PLACES: usize = KNOWN.len() + CLASSES.len();

/// Made when first needed, found again without a lock.
#[derive(Debug)]
pub(crate) struct ByStatus<T>(Box<[OnceLock<T>; PLACES]>);

impl<T> Default for ByStatus<T> {
    fn default() -> Self {
        Self(Box::new([const { OnceLock::new() }; PLACES]))
    }
}

impl<T> ByStatus<T> {
    /// None never happens: each status has its place.
    pub(crate) fn get(&self, status: StatusCode, make: impl FnOnce() -> T) -> Option<&T> {
        let place = KNOWN
            .binary_search(&status.as_u16())
            .unwrap_or_else(|_| KNOWN.len() + usize::from(status.as_u16() / 100) - 1);
        Some(self.0.get(place)?.get_or_init(make))
    }

    /// Those that were asked for, each with its label.
    pub(super) fn iter(&self) -> impl Iterator<Item = (String, &T)> {
        let labels = KNOWN.iter().map(ToString::to_string);
        let labels = labels.chain(CLASSES.map(str::to_owned));
        labels
            .zip(self.0.iter())
            .filter_map(|(label, place)| Some((label, place.get()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Counter;

    #[test]
    fn every_status_has_a_place_and_they_are_few() {
        let counts = ByStatus::<Counter>::default();
        for status in 100..=999 {
            let status = StatusCode::from_u16(status).unwrap();
            counts.get(status, Counter::default).unwrap().one();
        }
        let labels: Vec<(String, u64)> = counts.iter().map(|(label, count)| (label, count.get())).collect();
        assert_eq!(labels.len(), PLACES);
        assert_eq!(labels.iter().map(|(_, count)| count).sum::<u64>(), 900);
        assert!(labels.contains(&("403".into(), 1)) && labels.contains(&("9xx".into(), 100)));
    }
}

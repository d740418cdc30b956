//! How long something takes: count, sum, buckets and a recent maximum in one, as the platform's users know them from
//! Micrometer's timers. No lock, no allocation after the first sample.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The documented buckets of requests.
pub(crate) const REQUEST: [Duration; 9] = [
    ms(10),
    ms(25),
    ms(50),
    ms(100),
    ms(250),
    ms(500),
    ms(1000),
    ms(2000),
    ms(5000),
];

/// From the quickest `classify` to the longest `scan` of a plugin.
pub(crate) const CALL: [Duration; 11] = [
    Duration::from_micros(10),
    Duration::from_micros(25),
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(250),
    ms(1),
    ms(5),
    ms(25),
    ms(100),
    ms(500),
    ms(2500),
];

/// The maximum is that of the current and of the last whole stretch of this length.
const STRETCH: Duration = Duration::from_mins(1);

/// Bits of a maximum in microseconds; the number of its stretch stands above them.
const MICROS: u32 = 40;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

#[derive(Debug)]
pub(crate) struct Timer {
    bounds: &'static [Duration],
    /// One more than there are bounds.
    buckets: Box<[AtomicU64]>,
    nanos: AtomicU64,
    /// By the parity of the stretch. A later stretch is a larger number, so it replaces an earlier one by itself.
    longest: [AtomicU64; 2],
}

/// A timer at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    /// Upper bound in seconds and how many samples are not above it.
    pub(super) buckets: Vec<(f64, u64)>,
    pub(super) count: u64,
    /// In seconds.
    pub(super) sum: f64,
    /// In seconds; 0 when there was no sample lately.
    pub(super) max: f64,
}

impl Timer {
    pub(crate) fn new(bounds: &'static [Duration]) -> Self {
        LazyLock::force(&START);
        Self {
            bounds,
            buckets: (0..=bounds.len()).map(|_| AtomicU64::default()).collect(),
            nanos: AtomicU64::default(),
            longest: Default::default(),
        }
    }

    /// A sample that began at `start` and ends now.
    pub(crate) fn since(&self, start: Instant) {
        let now = Instant::now();
        self.record(now.duration_since(start), stretch(now));
    }

    fn record(&self, took: Duration, stretch: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < took);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.nanos.fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
        let micros = (took.as_micros() as u64).min((1 << MICROS) - 1);
        let [even, odd] = &self.longest;
        let longest = if stretch.is_multiple_of(2) { even } else { odd };
        let sample = stretch << MICROS | micros;
        if longest.load(Ordering::Relaxed) < sample {
            longest.fetch_max(sample, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Reading {
        self.read_at(stretch(Instant::now()))
    }

    fn read_at(&self, now: u64) -> Reading {
        let mut count = 0;
        let mut buckets = Vec::with_capacity(self.bounds.len());
        let mut bounds = self.bounds.iter();
        for bucket in &self.buckets {
            count += bucket.load(Ordering::Relaxed);
            if let Some(bound) = bounds.next() {
                buckets.push((bound.as_secs_f64(), count));
            }
        }
        let longest = self.longest.iter().map(|longest| longest.load(Ordering::Relaxed));
        let recent = longest.filter(|longest| (longest >> MICROS) + 1 >= now);
        let max = recent.map(|longest| longest & ((1 << MICROS) - 1)).max().unwrap_or(0);
        Reading {
            buckets,
            count,
            sum: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)).as_secs_f64(),
            max: Duration::from_micros(max).as_secs_f64(),
        }
    }
}

/// Counted from 1, so that no sample is 0.
fn stretch(now: Instant) -> u64 {
    now.duration_since(*START).as_secs() / STRETCH.as_secs() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_their_bounds_belong_to_them() {
        let timer = Timer::new(&REQUEST);
        for millis in [1, 10, 11, 250, 6000] {
            timer.record(ms(millis), 1);
        }
        let reading = timer.read_at(1);
        let expected = [2, 3, 3, 3, 4, 4, 4, 4, 4];
        let (bounds, counts): (Vec<f64>, Vec<u64>) = reading.buckets.into_iter().unzip();
        assert_eq!(bounds, [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0]);
        assert_eq!(counts, expected);
        assert_eq!(reading.count, 5);
        assert!((reading.sum - 6.272).abs() < 1e-9, "{}", reading.sum);
    }

    #[test]
    fn the_maximum_is_a_recent_one() {
        let timer = Timer::new(&REQUEST);
        timer.record(ms(900), 1);
        timer.record(ms(20), 2);
        assert!((timer.read_at(2).max - 0.9).abs() < 1e-9);
        assert!((timer.read_at(3).max - 0.02).abs() < 1e-9);
        assert!(timer.read_at(4).max.abs() < 1e-9);
        timer.record(ms(30), 3);
        assert!(
            (timer.read_at(3).max - 0.03).abs() < 1e-9,
            "an old record does not stay in its place"
        );
        timer.record(Duration::from_hours(1_000_000), 3);
        assert!(timer.read_at(4).max > 1e6);
        assert!(
            timer.read_at(5).max.abs() < 1e-9,
            "it cannot spill into the number of its stretch"
        );
    }

    #[test]
    fn many_threads_lose_nothing() {
        let timer = Timer::new(&CALL);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..10_000).for_each(|_| timer.since(Instant::now())));
            }
        });
        assert_eq!(timer.read().count, 80_000);
    }
}

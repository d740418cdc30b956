//! Timing on a machine that others use, too: both sides by turns, and the best of each.

use std::time::{Duration, Instant};

const LEAST_ROUNDS: u32 = 7;
const MOST_ROUNDS: u32 = 200;
const ENOUGH: Duration = Duration::from_secs(3);

/// Whether another round is worth it.
pub(crate) struct Rounds {
    begun: Instant,
    done: u32,
}

impl Rounds {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            done: 0,
        }
    }

    pub(crate) fn another(&mut self) -> bool {
        self.done += 1;
        self.done <= LEAST_ROUNDS || (self.done <= MOST_ROUNDS && self.begun.elapsed() < ENOUGH)
    }
}

/// The shortest of several times.
#[derive(Clone, Copy)]
pub(crate) struct Best(pub(crate) Duration);

impl Best {
    pub(crate) const NONE: Self = Self(Duration::MAX);

    pub(crate) fn take(&mut self, since: Instant) {
        self.0 = self.0.min(since.elapsed());
    }

    pub(crate) fn ms(self) -> f64 {
        self.0.as_secs_f64() * 1e3
    }
}

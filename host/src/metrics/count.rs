//! Numbers that many threads change.

use std::sync::atomic::{AtomicU64, Ordering};

/// Only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Keeps the largest value ever given instead of a sum.
    pub(crate) fn at_least(&self, value: u64) {
        // Most values are no record, and reading a shared line costs less than writing it.
        if self.get() < value {
            self.0.fetch_max(value, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many are inside now.
#[derive(Debug, Default)]
pub(crate) struct Level(AtomicU64);

/// Somebody inside, until dropped.
pub(crate) struct Inside<'a>(&'a Level);

impl Level {
    pub(crate) fn enter(&self) -> Inside<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Inside(self)
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

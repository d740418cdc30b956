//! Whether a plugin is quick enough to run on the threads that serve requests.
//!
//! A plugin is a pure function, so a call that was cut off there can be made again from its beginning where it may take its
//! time. What harm it does until then is bounded: [`LOOKS`] of one thread, once in [`MISTRUST`].

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the plugin clock may find the same call running, which it looks for every 10 ms. Once would be too strict: on a
/// busy machine the thread itself waits for a processor in the midst of the shortest call.
pub(super) const LOOKS: u32 = 3;
/// Bytes. Filling memory cannot be interrupted, so there is little to fill.
pub(super) const MEMORY: u64 = 8 << 20;
/// How long calls are made elsewhere after one that was not quick.
const MISTRUST: Duration = Duration::from_secs(10);

/// One plugin's.
#[derive(Default)]
pub(super) struct Pace {
    slow_until: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn is_slow(&self) -> bool {
        let mut until = self.slow_until.lock().unwrap_or_else(PoisonError::into_inner);
        let slow = until.is_some_and(|until| Instant::now() < until);
        if !slow {
            *until = None;
        }
        slow
    }

    pub(super) fn was_slow(&self) {
        let mut until = self.slow_until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Some(Instant::now() + MISTRUST);
    }
}

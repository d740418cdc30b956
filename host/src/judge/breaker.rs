//! The circuit breaker of `codescoring.resilience.circuit-breaker`: a count-based sliding window, as resilience4j defines
//! it, whose configuration the platform's users already know. (The `recloser` crate is the nearest, but knows no minimum
//! number of calls.)

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::config::Breaker as Config;
use crate::metrics::{BreakerState, Counter};

pub(super) struct Breaker {
    config: Config,
    inner: Mutex<Inner>,
    opened: Counter,
}

struct Inner {
    state: State,
    /// Grows with each change of state: the outcome of a call that began before does not count.
    generation: u64,
}

enum State {
    /// The outcomes of the last calls, true for a failure.
    Closed {
        window: VecDeque<bool>,
    },
    Open {
        until: Instant,
    },
    HalfOpen {
        free: u32,
        done: u32,
        failures: u32,
    },
}

/// Permission for one call. Dropped without an outcome, it counts for nothing and its place is free again.
pub(super) struct Call<'a> {
    breaker: &'a Breaker,
    generation: u64,
    settled: bool,
}

impl Breaker {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            inner: Mutex::new(Inner {
                state: State::Closed {
                    window: VecDeque::new(),
                },
                generation: 0,
            }),
            opened: Counter::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No code that can panic runs under the lock, and the state is whole after every statement.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call has no chance now. Takes no permission.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        matches!(self.lock().state, State::Open { until } if now < until)
    }

    /// As it is, and how often it opened.
    pub(super) fn state(&self) -> (BreakerState, u64) {
        let state = match self.lock().state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        };
        (state, self.opened.get())
    }

    /// None: Judge is not to be called now.
    pub(super) fn call(&self, now: Instant) -> Option<Call<'_>> {
        let mut inner = self.lock();
        if let State::Open { until } = inner.state {
            if now < until {
                return None;
            }
            tracing::info!("Judge is tried again");
            inner.enter(State::HalfOpen {
                free: self.config.permitted_number_of_calls_in_half_open_state.max(1),
                done: 0,
                failures: 0,
            });
        }
        if let State::HalfOpen { free, .. } = &mut inner.state {
            *free = free.checked_sub(1)?;
        }
        Some(Call {
            breaker: self,
            generation: inner.generation,
            settled: false,
        })
    }

    fn is_too_much(&self, failures: u32, calls: u32) -> bool {
        u64::from(failures) * 100 >= u64::from(self.config.failure_rate_threshold) * u64::from(calls)
    }

    fn open(&self, inner: &mut Inner, now: Instant) {
        let wait = self.config.wait_duration_in_open_state;
        tracing::warn!(
            wait_ms = wait.as_millis(),
            "Judge fails too often and is not asked for a while"
        );
        self.opened.one();
        inner.enter(State::Open { until: now + wait });
    }
}

impl Inner {
    fn enter(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }
}

impl Call<'_> {
    pub(super) fn finish(mut self, failed: bool, now: Instant) {
        self.settled = true;
        let config = &self.breaker.config;
        let mut inner = self.breaker.lock();
        if inner.generation != self.generation {
            return;
        }
        match &mut inner.state {
            State::Closed { window } => {
                let size = config.sliding_window_size.max(1);
                window.push_back(failed);
                if window.len() > size as usize {
                    window.pop_front();
                }
                let calls = window.len() as u32;
                let failures = window.iter().filter(|failed| **failed).count() as u32;
                if calls >= config.minimum_number_of_calls.min(size) && self.breaker.is_too_much(failures, calls) {
                    self.breaker.open(&mut inner, now);
                }
            }
            State::HalfOpen { done, failures, .. } => {
                *done += 1;
                *failures += u32::from(failed);
                let (done, failures) = (*done, *failures);
                if done < config.permitted_number_of_calls_in_half_open_state {
                    return;
                }
                if self.breaker.is_too_much(failures, done) {
                    self.breaker.open(&mut inner, now);
                } else {
                    tracing::info!("Judge answers again");
                    let window = VecDeque::new();
                    inner.enter(State::Closed { window });
                }
            }
            State::Open { .. } => {}
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        let mut inner = self.breaker.lock();
        let same = inner.generation == self.generation;
        if let State::HalfOpen { free, .. } = &mut inner.state
            && same
        {
            *free += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const WAIT: Duration = Duration::from_secs(30);

    fn breaker() -> Breaker {
        Breaker::new(Config {
            failure_rate_threshold: 50,
            minimum_number_of_calls: 4,
            sliding_window_size: 6,
            wait_duration_in_open_state: WAIT,
            permitted_number_of_calls_in_half_open_state: 3,
        })
    }

    /// `.` a call that succeeds, `x` one that fails, `-` one that is dropped, `|` one that is refused.
    fn run(breaker: &Breaker, now: Instant, script: &str) {
        for (place, step) in script.chars().enumerate() {
            let call = breaker.call(now);
            assert_eq!(call.is_none(), step == '|', "step {place} of {script}");
            match (call, step) {
                (Some(call), '.') => call.finish(false, now),
                (Some(call), 'x') => call.finish(true, now),
                _ => {}
            }
        }
    }

    #[test]
    fn it_opens_at_the_threshold_within_the_window() {
        let now = Instant::now();
        for script in [
            "xxx",         // too few to tell
            "xxxx|",       // the fourth tells
            "..xx|",       // exactly half
            "...x.x.x|",   // the window has moved on: .x.x.x
            "....x..x..x", // never half of six
            "xxx---x|",    // what was dropped counts for nothing
        ] {
            run(&breaker(), now, script);
        }
    }

    #[test]
    fn it_stays_open_for_its_time_then_tries() {
        let now = Instant::now();
        let breaker = breaker();
        run(&breaker, now, "xxxx|");
        let nearly = WAIT.saturating_sub(Duration::from_millis(1));
        assert!(breaker.is_open(now + nearly));
        run(&breaker, now + nearly, "|");
        assert!(!breaker.is_open(now + WAIT));
        // Two of three trials fail: open again, for as long again.
        run(&breaker, now + WAIT, "x.x|");
        run(&breaker, now + WAIT + WAIT, "..x");
        // One of three: closed, with an empty window.
        run(&breaker, now + WAIT + WAIT, "xxxx|");
    }

    #[test]
    fn no_more_trials_at_once_than_permitted() {
        let now = Instant::now();
        let breaker = breaker();
        run(&breaker, now, "xxxx|");
        let later = now + WAIT;
        let mut trials: Vec<_> = (0..3).map(|_| breaker.call(later)).collect();
        assert!(trials.iter().all(Option::is_some) && breaker.call(later).is_none());
        // One that is given up makes room for another; one that ended does not.
        drop(trials.pop());
        trials.pop().flatten().unwrap().finish(false, later);
        let another = breaker.call(later).unwrap();
        assert!(breaker.call(later).is_none());
        another.finish(false, later);
        trials.pop().flatten().unwrap().finish(false, later);
        run(&breaker, later, "...");
    }

    #[test]
    fn a_call_from_before_does_not_count() {
        let now = Instant::now();
        let breaker = breaker();
        let old: Vec<_> = (0..5).map(|_| breaker.call(now).unwrap()).collect();
        run(&breaker, now, "xxxx|");
        for call in old {
            call.finish(true, now + WAIT);
        }
        run(&breaker, now + WAIT, "....");
    }
}

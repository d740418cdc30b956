//! Requests to Judge over HTTP.

use std::time::{Duration, Instant};

use http::StatusCode;

use super::count::Counter;
use super::exposition::{Family, Timers};
use super::status::ByStatus;
use super::timer::{REQUEST, Timer};

#[derive(Debug)]
pub struct JudgeCounts {
    answered: ByStatus<Timer>,
    unanswered: Timer,
    pub(crate) chunks: Counter,
    pub(crate) purls: Counter,
    pub(crate) retries: Counter,
    /// In nanoseconds.
    waited: Counter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    Open,
    HalfOpen,
}

/// A Judge behind a network, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct JudgeReport<'a> {
    pub counts: &'a JudgeCounts,
    pub breaker: BreakerState,
    /// How often the breaker opened.
    pub opened: u64,
    /// Calls that the breaker did not let through.
    pub rejected: u64,
}

impl Default for JudgeCounts {
    fn default() -> Self {
        Self {
            answered: ByStatus::default(),
            unanswered: Timer::new(&REQUEST),
            chunks: Counter::default(),
            purls: Counter::default(),
            retries: Counter::default(),
            waited: Counter::default(),
        }
    }
}

impl JudgeCounts {
    /// One attempt; no status when no head came.
    pub(crate) fn attempted(&self, status: Option<StatusCode>, start: Instant) {
        let timer = match status {
            Some(status) => self.answered.get(status, || Timer::new(&REQUEST)),
            None => Some(&self.unanswered),
        };
        if let Some(timer) = timer {
            timer.since(start);
        }
    }

    /// For a place among `codescoring.judge-concurrency`.
    pub(crate) fn waited(&self, wait: Duration) {
        self.waited.add(wait.as_nanos() as u64);
    }
}

pub(super) fn families(report: &JudgeReport<'_>) -> Vec<Family> {
    let counts = report.counts;
    let mut requests = Timers::new(
        "codescoring_api_requests_seconds",
        "Requests to Judge, each attempt by itself, until its answer is read.",
    );
    for (status, timer) in counts.answered.iter() {
        let outcome = if status.as_str() < "300" { "success" } else { "error" };
        requests.add(&[("status", &status), ("outcome", outcome)], &timer.read());
    }
    let unanswered = counts.unanswered.read();
    if unanswered.count > 0 {
        requests.add(&[("status", "none"), ("outcome", "error")], &unanswered);
    }
    let mut state = Family::gauge(
        "osa_proxy_judge_breaker_state",
        "1 for the state that the circuit breaker is in, 0 for the others.",
    );
    for (name, one) in [
        ("closed", BreakerState::Closed),
        ("open", BreakerState::Open),
        ("half_open", BreakerState::HalfOpen),
    ] {
        state.add(&[("state", name)], f64::from(u8::from(report.breaker == one)));
    }
    let counter = |name, help, value: u64| Family::counter(name, help).of(value as f64);
    let mut families: Vec<Family> = requests.families().into();
    families.extend([
        state,
        counter(
            "osa_proxy_judge_breaker_opened_total",
            "How often the circuit breaker opened.",
            report.opened,
        ),
        counter(
            "osa_proxy_judge_breaker_rejected_total",
            "Requests to Judge that the open circuit breaker did not let through.",
            report.rejected,
        ),
        counter(
            "osa_proxy_judge_chunks_total",
            "Requests to Judge before retries, each with at most 900 package URLs.",
            counts.chunks.get(),
        ),
        counter(
            "osa_proxy_judge_purls_total",
            "Package URLs that Judge was asked about.",
            counts.purls.get(),
        ),
        counter(
            "osa_proxy_judge_retries_total",
            "Second and later attempts of requests to Judge.",
            counts.retries.get(),
        ),
        Family::counter(
            "osa_proxy_judge_slot_wait_seconds_total",
            "Time that requests to Judge waited for a place among codescoring.judge-concurrency.",
        )
        .of(Duration::from_nanos(counts.waited.get()).as_secs_f64()),
    ]);
    families
}

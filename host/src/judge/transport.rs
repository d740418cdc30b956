//! Requests to Judge: authorization, concurrency, retries, the circuit breaker, limits. What the bodies mean is not known here.

use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::sync::Semaphore;
use url::Url;

use super::JudgeError;
use super::breaker::Breaker;
use crate::config::{Codescoring, Retry};
use crate::metrics::{Counter, JudgeCounts, JudgeReport};

/// Far above what 900 verdicts take; a body beyond it is not Judge's.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// A Judge that wants to be left alone for longer than this gets no second attempt: the client would be gone by then.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(30);

pub(super) struct Transport {
    client: reqwest::Client,
    /// `Token ...`, marked as sensitive.
    authorization: Option<HeaderValue>,
    /// `http.client.response-timeout`: until the head, and between any two pieces of the body.
    silence: Duration,
    retry: Retry,
    breaker: Breaker,
    /// `codescoring.judge-concurrency`, for the whole process.
    slots: Semaphore,
    complained: Mutex<Option<Instant>>,
    pub(super) counts: JudgeCounts,
    /// Calls that the breaker did not let through.
    rejected: Counter,
}

/// An answer with status 2xx.
pub(super) struct Reply {
    pub body: Bytes,
    pub retry_after: Option<Duration>,
}

/// An attempt that brought no answer.
struct Failed {
    error: JudgeError,
    again: Again,
    /// Whether it counts for the breaker.
    counts: bool,
}

enum Again {
    Never,
    /// After the configured wait, or the one that Judge asked for.
    After(Option<Duration>),
    /// A pooled connection had been closed by the server: nobody's fault, a fresh one will do.
    AtOnce,
}

impl Transport {
    pub(super) fn new(
        client: reqwest::Client,
        codescoring: &Codescoring,
        silence: Duration,
    ) -> Result<Self, http::header::InvalidHeaderValue> {
        let token = &codescoring.token;
        let authorization = if token.is_empty() {
            None
        } else {
            let mut value = HeaderValue::from_str(&format!("Token {}", token.reveal()))?;
            value.set_sensitive(true);
            Some(value)
        };
        Ok(Self {
            client,
            authorization,
            silence,
            retry: codescoring.retry.clone(),
            breaker: Breaker::new(codescoring.breaker.clone()),
            slots: Semaphore::new(codescoring.judge_concurrency.max(1)),
            complained: Mutex::new(None),
            counts: JudgeCounts::default(),
            rejected: Counter::default(),
        })
    }

    pub(super) fn report(&self) -> JudgeReport<'_> {
        let (breaker, opened) = self.breaker.state();
        JudgeReport {
            counts: &self.counts,
            breaker,
            opened,
            rejected: self.rejected.get(),
        }
    }

    /// Posts `body`, as often as `codescoring.resilience.retry` allows.
    pub(super) async fn post(&self, url: &Url, body: Bytes) -> Result<Reply, JudgeError> {
        let request_id = uuid::Uuid::now_v7().to_string();
        let started = Instant::now();
        self.counts.chunks.one();
        let outcome = self.attempts(url, &body, &request_id).await;
        let elapsed_ms = started.elapsed().as_millis();
        match &outcome {
            Ok(_) => tracing::debug!(judge.request_id = request_id, elapsed_ms, "Judge answered"),
            // Said once, when it opened.
            Err(JudgeError::BreakerOpen) => {}
            Err(JudgeError::WrongToken(status)) => self.complain(*status),
            Err(error) => tracing::warn!(judge.request_id = request_id, elapsed_ms, %error, "no answer from Judge"),
        }
        outcome
    }

    async fn attempts(&self, url: &Url, body: &Bytes, request_id: &str) -> Result<Reply, JudgeError> {
        let mut wait = self.retry.wait_duration;
        let mut attempt = 1;
        let mut reconnected = false;
        let mut last = None;
        loop {
            // An open breaker answers at once, without queueing for a slot.
            if self.breaker.is_open(Instant::now()) {
                self.rejected.one();
                return Err(last.unwrap_or(JudgeError::BreakerOpen));
            }
            let outcome = {
                let queued = Instant::now();
                let _slot = self.slots.acquire().await;
                let now = Instant::now();
                self.counts.waited(now - queued);
                let Some(call) = self.breaker.call(now) else {
                    self.rejected.one();
                    return Err(last.unwrap_or(JudgeError::BreakerOpen));
                };
                let outcome = self.attempt(url, body, request_id, reconnected).await;
                if !matches!(&outcome, Err(failed) if matches!(failed.again, Again::AtOnce)) {
                    self.counts.attempted(status_of(&outcome), now);
                }
                match &outcome {
                    Err(Failed {
                        again: Again::AtOnce, ..
                    }) => drop(call),
                    outcome => call.finish(outcome.as_ref().is_err_and(|failed| failed.counts), Instant::now()),
                }
                outcome
            };
            let failed = match outcome {
                Ok(reply) => return Ok(reply),
                Err(failed) => failed,
            };
            let pause = match failed.again {
                Again::AtOnce => {
                    reconnected = true;
                    continue;
                }
                Again::Never => return Err(failed.error),
                Again::After(Some(wish)) if wish > LONGEST_RETRY_AFTER => return Err(failed.error),
                Again::After(wish) => wish.unwrap_or(wait),
            };
            if attempt >= self.retry.max_attempts {
                return Err(failed.error);
            }
            tracing::debug!(judge.request_id = request_id, attempt, error = %failed.error, "Judge is asked again");
            attempt += 1;
            self.counts.retries.one();
            last = Some(failed.error);
            tokio::time::sleep(pause).await;
            wait = times(wait, self.retry.exponential_backoff_multiplier);
        }
    }

    async fn attempt(&self, url: &Url, body: &Bytes, request_id: &str, reconnected: bool) -> Result<Reply, Failed> {
        let mut request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("x-request-id", request_id)
            .body(body.clone());
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let response = match tokio::time::timeout(self.silence, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if !reconnected && closed_under_us(&error) => {
                return Err(Failed {
                    again: Again::AtOnce,
                    ..unreachable(error)
                });
            }
            Ok(Err(error)) => return Err(unreachable(error)),
            Err(_elapsed) => return Err(self.silent()),
        };
        let status = response.status();
        let retry_after = retry_after(response.headers(), jiff::Timestamp::now());
        if status.is_success() {
            let body = self.body(response).await?;
            return Ok(Reply { body, retry_after });
        }
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Failed {
                error: JudgeError::WrongToken(status.as_u16()),
                again: Again::Never,
                counts: false,
            },
            status => Failed {
                error: JudgeError::Status(status.as_u16()),
                again: if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                    Again::After(retry_after)
                } else {
                    Again::Never
                },
                counts: status.is_server_error(),
            },
        })
    }

    async fn body(&self, mut response: reqwest::Response) -> Result<Bytes, Failed> {
        let mut body = Vec::new();
        loop {
            match tokio::time::timeout(self.silence, response.chunk()).await {
                Ok(Ok(Some(piece))) if body.len() + piece.len() > LARGEST_ANSWER => {
                    return Err(Failed {
                        error: JudgeError::Malformed(format!("it is longer than {LARGEST_ANSWER} bytes")),
                        again: Again::Never,
                        counts: false,
                    });
                }
                Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
                Ok(Ok(None)) => return Ok(body.into()),
                Ok(Err(error)) => return Err(unreachable(error)),
                Err(_elapsed) => return Err(self.silent()),
            }
        }
    }

    /// Not retried: whoever waits has waited for the whole `response-timeout` already.
    fn silent(&self) -> Failed {
        Failed {
            error: JudgeError::Unreachable(format!("no answer within {} ms", self.silence.as_millis())),
            again: Again::Never,
            counts: true,
        }
    }

    /// At most once a minute: every request of every client fails in the same way.
    fn complain(&self, status: u16) {
        let now = Instant::now();
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if is_due(*complained, now) {
            *complained = Some(now);
            tracing::error!(status, "Judge refuses our token: check `codescoring.token`");
        }
    }
}

/// None: no whole answer.
fn status_of(outcome: &Result<Reply, Failed>) -> Option<StatusCode> {
    match outcome {
        Ok(_) => Some(StatusCode::OK),
        Err(failed) => match failed.error {
            JudgeError::WrongToken(status) | JudgeError::Status(status) => StatusCode::from_u16(status).ok(),
            _ => None,
        },
    }
}

fn is_due(last: Option<Instant>, now: Instant) -> bool {
    last.is_none_or(|last| now.duration_since(last) >= Duration::from_mins(1))
}

fn times(wait: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(wait.as_secs_f64() * factor).unwrap_or(wait)
}

fn unreachable(error: reqwest::Error) -> Failed {
    // The URL is the operator's and may hold what must not be printed.
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    Failed {
        error: JudgeError::Unreachable(text),
        again: Again::After(None),
        counts: true,
    }
}

/// Whether the connection ended before any of the answer came, as it does when a server closes an idle connection just
/// when it is taken from the pool.
fn closed_under_us(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(next) = cause {
        if let Some(hyper) = next.downcast_ref::<hyper::Error>()
            && (hyper.is_incomplete_message() || hyper.is_canceled())
        {
            return true;
        }
        if let Some(io) = next.downcast_ref::<std::io::Error>() {
            use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
            return !error.is_connect() && matches!(io.kind(), BrokenPipe | ConnectionReset);
        }
        cause = next.source();
    }
    false
}

/// RFC 9110 section 10.2.3: seconds or a date.
fn retry_after(headers: &HeaderMap, now: jiff::Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Duration::try_from(date.timestamp().duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: jiff::Timestamp = "2026-11-22T06:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 22 Nov 2026 06:00:09 GMT", Some(9)),
            ("Sun, 22 Nov 2026 05:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn the_wait_grows_by_its_factor() {
        assert_eq!(times(Duration::from_secs(1), 2.0), Duration::from_secs(2));
        assert_eq!(times(Duration::from_secs(1), f64::INFINITY), Duration::from_secs(1));
    }

    #[test]
    fn a_complaint_is_due_once_a_minute() {
        let now = Instant::now();
        assert!(is_due(None, now));
        assert!(!is_due(Some(now), now + Duration::from_secs(59)));
        assert!(is_due(Some(now), now + Duration::from_mins(1)));
    }
}

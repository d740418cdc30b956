//! Why a request could not be answered, and who is to blame: the blame decides the status and the log level.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

/// Whose doing a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    Client,
    Upstream,
    Policy,
    Plugin,
    Judge,
    Configuration,
    /// Ourselves: a limit of this process or a bug in it.
    Proxy,
}

impl Blame {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Upstream => "upstream",
            Self::Policy => "policy",
            Self::Plugin => "plugin",
            Self::Judge => "judge",
            Self::Configuration => "configuration",
            Self::Proxy => "proxy",
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failed request. `message` is shown to the client: one sentence that says what happened and what to do,
/// never a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub blame: Blame,
    pub status: StatusCode,
    pub message: String,
    /// Sent as `Retry-After`, in seconds.
    pub retry_after: Option<Duration>,
    /// Further headers that the client needs to go on, such as `WWW-Authenticate`.
    pub headers: Box<HeaderMap>,
    /// For the log only: what lies beneath. Never a secret either.
    pub detail: Option<String>,
}

impl Failure {
    pub fn new(blame: Blame, status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            blame,
            status,
            message: message.into(),
            retry_after: None,
            headers: Box::default(),
            detail: None,
        }
    }

    /// 400: the request itself is wrong.
    pub fn client(message: impl Into<String>) -> Self {
        Self::new(Blame::Client, StatusCode::BAD_REQUEST, message)
    }

    /// 502: the registry answered what it should not, or not at all.
    pub fn upstream(message: impl Into<String>) -> Self {
        Self::new(Blame::Upstream, StatusCode::BAD_GATEWAY, message)
    }

    /// 504: the registry was silent for too long.
    pub fn upstream_timeout(message: impl Into<String>) -> Self {
        Self::new(Blame::Upstream, StatusCode::GATEWAY_TIMEOUT, message)
    }

    /// 502: the plugin trapped, ran out of its limits or lied.
    pub fn plugin(message: impl Into<String>) -> Self {
        Self::new(Blame::Plugin, StatusCode::BAD_GATEWAY, message)
    }

    /// 503: no verdict, and `block-on-codescoring-errors` says to wait for one.
    pub fn judge(message: impl Into<String>) -> Self {
        Self::new(Blame::Judge, StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// 503: a limit of this process is reached.
    pub fn overloaded(message: impl Into<String>) -> Self {
        Self::new(Blame::Proxy, StatusCode::SERVICE_UNAVAILABLE, message)
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }
}

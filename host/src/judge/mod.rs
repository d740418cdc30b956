//! Who decides about components. [`Judge`] is the seam: the platform over HTTP ([`connect`]; forms in `current` and
//! `legacy`) or the policy file (`embedded`). [`router`] serves any Judge over the same contract.

mod breaker;
mod client;
mod contract;
mod current;
mod legacy;
mod server;
#[cfg(test)]
mod testing;
mod transport;

pub mod embedded;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use client::{ConnectError, connect};
pub use server::router;

use crate::config::WorkMode;
use crate::metrics::JudgeReport;

/// What Judge says of one component, as in the `block_status` of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockStatus {
    NotBlocked,
    BlockedByPolicies,
    DelayedBlock,
    BlockedNotScanned,
    BlockedScanWaitTimeout,
    BlockedScanFailed,
    BlockedRegistryNotConfigured,
}

/// A policy that spoke against a component.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    pub name: String,
    /// Why, for people; the platform does not send one, the policy file does.
    pub reason: Option<String>,
    /// Where to read more.
    pub url: Option<String>,
}

/// Judge's answer about one package URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub status: BlockStatus,
    pub policies: Vec<Policy>,
    /// The component's page on the platform.
    pub component_url: Option<String>,
    /// Beside [`BlockStatus::BlockedNotScanned`]: when Judge wants to be asked again.
    pub ask_again_after: Option<Duration>,
}

impl BlockStatus {
    pub const ALL: [Self; 7] = [
        Self::NotBlocked,
        Self::BlockedByPolicies,
        Self::DelayedBlock,
        Self::BlockedNotScanned,
        Self::BlockedScanWaitTimeout,
        Self::BlockedScanFailed,
        Self::BlockedRegistryNotConfigured,
    ];

    /// As written in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotBlocked => "not_blocked",
            Self::BlockedByPolicies => "blocked_by_policies",
            Self::DelayedBlock => "delayed_block",
            Self::BlockedNotScanned => "blocked_not_scanned",
            Self::BlockedScanWaitTimeout => "blocked_scan_wait_timeout",
            Self::BlockedScanFailed => "blocked_scan_failed",
            Self::BlockedRegistryNotConfigured => "blocked_registry_not_configured",
        }
    }

    /// The reverse of [`Self::as_str`], in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(text))
    }
}

impl Verdict {
    pub fn of(status: BlockStatus) -> Self {
        Self {
            status,
            policies: Vec::new(),
            component_url: None,
            ask_again_after: None,
        }
    }

    pub fn allowed() -> Self {
        Self::of(BlockStatus::NotBlocked)
    }

    pub fn blocked(policies: Vec<Policy>) -> Self {
        Self {
            policies,
            ..Self::of(BlockStatus::BlockedByPolicies)
        }
    }
}

/// Why there is no verdict for a package URL. Never cached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JudgeError {
    /// No connection, no answer in time, or an answer cut short.
    #[error("Judge cannot be reached: {0}")]
    Unreachable(String),
    /// 401 or 403.
    #[error("Judge refuses our token (status {0}): check `codescoring.token`")]
    WrongToken(u16),
    /// 429 or 5xx after all attempts, or another status that is not the contract's.
    #[error("Judge answered with status {0}")]
    Status(u16),
    /// A body that is not the contract's.
    #[error("Judge's answer is not understood: {0}")]
    Malformed(String),
    /// The PURL is missing from the results, contradicts itself there, or carries an unknown status.
    #[error("Judge gave no usable verdict: {0}")]
    NoVerdict(String),
    /// The circuit breaker is open.
    #[error("Judge has been failing and is not asked for now")]
    BreakerOpen,
    /// The embedded Judge could not order the versions it was asked about.
    #[error("the policy file could not be applied: {0}")]
    Embedded(String),
}

impl JudgeError {
    /// What clients are told. What lies beneath is the operator's business, and in the log.
    pub fn brief(&self) -> String {
        match self {
            Self::Unreachable(_) => "Judge cannot be reached".to_owned(),
            Self::WrongToken(_) => "Judge refuses this proxy's token".to_owned(),
            Self::Malformed(_) => "Judge's answer is not understood".to_owned(),
            Self::Embedded(_) => "the policy file could not be applied".to_owned(),
            Self::Status(_) | Self::NoVerdict(_) | Self::BreakerOpen => self.to_string(),
        }
    }
}

/// The repository manager's repository that a request came through (`url-encoded-config`, or found in the registry's URL).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Context {
    pub repo_manager_host: String,
    pub repo_name: String,
}

/// The contract's limit.
pub const MAX_PURLS_A_REQUEST: usize = 900;

/// One batch of package URLs to be judged under the same circumstances.
#[derive(Clone, Debug)]
pub struct Question {
    /// Package URLs of one type, any number; the client of the contract splits them up.
    pub purls: Arc<[String]>,
    /// The section of osa-proxy.yml, e.g. as the platform calls the ecosystem.
    pub package_type: Arc<str>,
    pub mode: WorkMode,
    /// True for package downloads in spectator mode and above.
    pub record: bool,
    pub context: Option<Arc<Context>>,
}

/// What is known of one package URL.
pub type Answer = Result<Arc<Verdict>, JudgeError>;

/// One answer a package URL, in the order of the question.
pub type Answers = Vec<Answer>;

pub trait Judge: Send + Sync + 'static {
    fn judge(&self, question: Question) -> BoxFuture<'_, Answers>;

    /// Another one whenever earlier verdicts no longer hold (a reloaded policy file), so that caches can tell. Instances and
    /// starts that decide alike have the same, because they may share a cache.
    fn revision(&self) -> u64 {
        0
    }

    /// For `/metrics`; none when no network lies between.
    fn report(&self) -> Option<JudgeReport<'_>> {
        None
    }
}

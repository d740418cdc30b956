//! The table "what each status does" of docs/judge.md: work mode x verdict, for packages and for documents.

use std::time::Duration;

use crate::config::WorkMode;
use crate::failure::Failure;
use crate::judge::{Answer, BlockStatus};

/// What turns a verdict into a decision: the repository's mode and `codescoring.block-on-codescoring-errors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub mode: WorkMode,
    pub block_on_errors: bool,
}

/// What becomes of the download of a package file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnPackage {
    Serve,
    Block,
    /// Not scanned yet and the mode waits: ask until it is, up to `codescoring.scan-wait-timeout`.
    AskAgain,
}

/// What becomes of one component that a document offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCandidate {
    Keep,
    /// Removed or marked.
    Refuse,
    /// Stays although nothing is known of it: worth a warning in the log.
    KeepWithWarning,
    /// The whole document cannot be answered: see [`unavailable`].
    Unavailable,
}

/// The rows of the table.
enum Row {
    Allowed,
    Policies,
    NotScanned,
    WaitTimeout,
    /// Judge could not decide, or there is no verdict at all.
    Undecided,
}

impl Row {
    fn of(answer: &Answer) -> Self {
        let Ok(verdict) = answer else {
            return Self::Undecided;
        };
        match verdict.status {
            BlockStatus::NotBlocked | BlockStatus::DelayedBlock => Self::Allowed,
            BlockStatus::BlockedByPolicies => Self::Policies,
            BlockStatus::BlockedNotScanned => Self::NotScanned,
            BlockStatus::BlockedScanWaitTimeout => Self::WaitTimeout,
            BlockStatus::BlockedScanFailed | BlockStatus::BlockedRegistryNotConfigured => Self::Undecided,
        }
    }
}

impl Rules {
    /// Whether this mode refuses anything at all: warmup and spectator only watch.
    pub fn enforces(self) -> bool {
        self.mode >= WorkMode::Moderate
    }

    pub fn package(self, answer: &Answer) -> OnPackage {
        if !self.enforces() {
            return OnPackage::Serve;
        }
        let block = match Row::of(answer) {
            Row::Allowed => false,
            Row::Policies => true,
            Row::NotScanned if self.mode == WorkMode::StrictWait => return OnPackage::AskAgain,
            Row::NotScanned | Row::WaitTimeout => self.mode >= WorkMode::Strict,
            Row::Undecided => self.block_on_errors,
        };
        if block { OnPackage::Block } else { OnPackage::Serve }
    }

    pub fn candidate(self, answer: &Answer) -> OnCandidate {
        if !self.enforces() {
            return OnCandidate::Keep;
        }
        match Row::of(answer) {
            Row::Allowed | Row::NotScanned | Row::WaitTimeout => OnCandidate::Keep,
            Row::Policies => OnCandidate::Refuse,
            Row::Undecided if self.block_on_errors => OnCandidate::Unavailable,
            Row::Undecided => OnCandidate::KeepWithWarning,
        }
    }
}

/// Long enough for a restart of Judge or for the breaker's trial calls, short enough for a person at a prompt.
const RETRY_UNAVAILABLE_AFTER: Duration = Duration::from_secs(30);

/// The answer to a document of which one component is [`OnCandidate::Unavailable`] because of `answer`.
pub fn unavailable(purl: &str, answer: &Answer) -> Failure {
    let (why, beneath) = match answer {
        Err(error) => (error.brief(), Some(error)),
        Ok(verdict) => (format!("Judge says {}", verdict.status.as_str()), None),
    };
    let failure = Failure::judge(format!("no verdict on {purl}: {why}")).with_retry_after(RETRY_UNAVAILABLE_AFTER);
    match beneath {
        Some(error) => failure.with_detail(error),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::judge::{JudgeError, Verdict};

    use OnCandidate::{Keep, KeepWithWarning, Refuse, Unavailable};
    use OnPackage::{AskAgain, Block, Serve};

    fn answers() -> Vec<(&'static str, Answer)> {
        let mut all: Vec<(&'static str, Answer)> = BlockStatus::ALL
            .into_iter()
            .map(|status| (status.as_str(), Ok(Arc::new(Verdict::of(status)))))
            .collect();
        all.push(("error", Err(JudgeError::Unreachable("reset".into()))));
        all.push(("breaker", Err(JudgeError::BreakerOpen)));
        all.push(("unknown", Err(JudgeError::NoVerdict("status \"maybe\"".into()))));
        all
    }

    /// Every cell: the row's name, then warmup, spectator, moderate, strict, strict_wait with `block_on_errors` false,
    /// then the same five with true.
    #[test]
    fn every_cell_for_packages() {
        let flat = |cells: [OnPackage; 5]| (cells, cells);
        let undecided = ([Serve; 5], [Serve, Serve, Block, Block, Block]);
        let table = [
            ("not_blocked", flat([Serve, Serve, Serve, Serve, Serve])),
            ("blocked_by_policies", flat([Serve, Serve, Block, Block, Block])),
            ("delayed_block", flat([Serve, Serve, Serve, Serve, Serve])),
            ("blocked_not_scanned", flat([Serve, Serve, Serve, Block, AskAgain])),
            ("blocked_scan_wait_timeout", flat([Serve, Serve, Serve, Block, Block])),
            ("blocked_scan_failed", undecided),
            ("blocked_registry_not_configured", undecided),
            ("error", undecided),
            ("breaker", undecided),
            ("unknown", undecided),
        ];
        check(&table, Rules::package);
    }

    #[test]
    fn every_cell_for_documents() {
        let flat = |cells: [OnCandidate; 5]| (cells, cells);
        let undecided = (
            [Keep, Keep, KeepWithWarning, KeepWithWarning, KeepWithWarning],
            [Keep, Keep, Unavailable, Unavailable, Unavailable],
        );
        let table = [
            ("not_blocked", flat([Keep; 5])),
            ("blocked_by_policies", flat([Keep, Keep, Refuse, Refuse, Refuse])),
            ("delayed_block", flat([Keep; 5])),
            ("blocked_not_scanned", flat([Keep; 5])),
            ("blocked_scan_wait_timeout", flat([Keep; 5])),
            ("blocked_scan_failed", undecided),
            ("blocked_registry_not_configured", undecided),
            ("error", undecided),
            ("breaker", undecided),
            ("unknown", undecided),
        ];
        check(&table, Rules::candidate);
    }

    type Cells<D> = ([D; 5], [D; 5]);

    fn check<D: Copy + PartialEq + std::fmt::Debug>(table: &[(&str, Cells<D>)], decide: fn(Rules, &Answer) -> D) {
        let answers = answers();
        assert_eq!(table.len(), answers.len());
        for ((row, (lenient, strict)), (name, answer)) in table.iter().zip(&answers) {
            assert_eq!(row, name);
            for (block_on_errors, cells) in [(false, lenient), (true, strict)] {
                for (mode, expected) in WorkMode::ALL.into_iter().zip(cells) {
                    let rules = Rules { mode, block_on_errors };
                    assert_eq!(decide(rules, answer), *expected, "{row} under {rules:?}");
                }
            }
        }
    }

    #[test]
    fn an_unavailable_document_says_why_and_when_to_come_back() {
        let failure = unavailable("pkg:widget/a@1", &Err(JudgeError::BreakerOpen));
        assert_eq!(failure.status, 503);
        assert!(failure.retry_after.is_some());
        assert_eq!(
            failure.message,
            "no verdict on pkg:widget/a@1: Judge has been failing and is not asked for now"
        );
        let failure = unavailable(
            "pkg:widget/a@1",
            &Err(JudgeError::Unreachable("10.0.0.7 refused".into())),
        );
        assert_eq!(failure.message, "no verdict on pkg:widget/a@1: Judge cannot be reached");
        assert!(failure.detail.unwrap().contains("10.0.0.7 refused"));
        let failed = Ok(Arc::new(Verdict::of(BlockStatus::BlockedScanFailed)));
        let failure = unavailable("pkg:widget/a@1", &failed);
        assert_eq!(
            failure.message,
            "no verdict on pkg:widget/a@1: Judge says blocked_scan_failed"
        );
    }
}

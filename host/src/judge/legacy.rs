//! The form of platforms before 2026.20.0 (`legacy-judge: true`): `POST /api/judge/check`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::client::Form;
use super::contract::shared;
use super::transport::Reply;
use super::{Answer, Answers, BlockStatus, JudgeError, Policy, Question, Verdict};

pub(super) const PATH: &str = "/api/judge/check";

pub(super) struct Legacy;

#[derive(Serialize, Deserialize)]
pub(super) struct Request {
    pub purls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Repository>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Repository {
    pub host: String,
    pub name: String,
}

/// The answer is a map from package URL to this.
#[derive(Serialize, Deserialize)]
pub(super) struct Checked {
    pub blocked: bool,
    pub scanned: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Form for Legacy {
    const PATH: &'static str = PATH;

    fn ask(&self, question: &Question, purls: &[String]) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&Request {
            purls: purls.to_vec(),
            repository: question.context.as_ref().map(|context| Repository {
                host: context.repo_manager_host.clone(),
                name: context.repo_name.clone(),
            }),
        })
    }

    fn understand(&self, purls: &[String], reply: &Reply) -> Answers {
        let mut results: HashMap<String, serde_json::Value> = match serde_json::from_slice(&reply.body) {
            Ok(results) => results,
            Err(error) => {
                let error = JudgeError::Malformed(error.to_string());
                return purls.iter().map(|_| Err(error.clone())).collect();
            }
        };
        let mut answer = |purl: &String| -> Answer {
            let result = results
                .get_mut(purl)
                .ok_or_else(|| JudgeError::NoVerdict("it is missing from the results".into()))?;
            let checked = Checked::deserialize(&*result).map_err(|error| JudgeError::NoVerdict(error.to_string()))?;
            let mut verdict = Verdict::from(checked);
            if verdict.status == BlockStatus::BlockedNotScanned {
                verdict.ask_again_after = reply.retry_after;
            }
            Ok(shared(verdict))
        };
        purls.iter().map(&mut answer).collect()
    }
}

impl From<Checked> for Verdict {
    /// A block with a reason is a policy's, scanned or not; without a scan there is no other verdict.
    fn from(checked: Checked) -> Self {
        let reason = checked.reason.filter(|reason| !reason.trim().is_empty());
        match (checked.blocked, checked.scanned, reason) {
            (true, _, Some(name)) => Self::blocked(vec![Policy {
                name,
                reason: None,
                url: None,
            }]),
            (true, true, None) => Self::blocked(Vec::new()),
            (_, false, _) => Self::of(BlockStatus::BlockedNotScanned),
            (false, true, _) => Self::allowed(),
        }
    }
}

impl Checked {
    /// None: this form has no words for the status.
    pub(super) fn of(verdict: &Verdict) -> Option<Self> {
        let (blocked, scanned) = match verdict.status {
            BlockStatus::NotBlocked | BlockStatus::DelayedBlock => (false, true),
            BlockStatus::BlockedByPolicies => (true, true),
            BlockStatus::BlockedNotScanned => (true, false),
            BlockStatus::BlockedScanWaitTimeout
            | BlockStatus::BlockedScanFailed
            | BlockStatus::BlockedRegistryNotConfigured => return None,
        };
        let names: Vec<&str> = verdict.policies.iter().map(|policy| policy.name.as_str()).collect();
        Some(Self {
            blocked,
            scanned,
            reason: (blocked && scanned && !names.is_empty()).then(|| names.join("; ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_combination_has_its_status() {
        for (blocked, scanned, reason, status) in [
            (true, true, Some("P"), BlockStatus::BlockedByPolicies),
            (true, true, None, BlockStatus::BlockedByPolicies),
            (true, false, Some("P"), BlockStatus::BlockedByPolicies),
            (true, false, None, BlockStatus::BlockedNotScanned),
            (false, false, None, BlockStatus::BlockedNotScanned),
            (false, true, None, BlockStatus::NotBlocked),
            (false, true, Some("P"), BlockStatus::NotBlocked),
        ] {
            let reason = reason.map(str::to_owned);
            let verdict = Verdict::from(Checked {
                blocked,
                scanned,
                reason,
            });
            assert_eq!(verdict.status, status, "{blocked} {scanned}");
        }
    }

    #[test]
    fn what_cannot_be_used_harms_its_own_package_url_only() {
        let reply = Reply {
            body: br#"{"pkg:widget/a@1": {"blocked": true, "scanned": true, "reason": "No a"},
                       "pkg:widget/b@1": {"blocked": "yes"}, "pkg:widget/c@1": {"blocked": false, "scanned": false}}"#
                .as_slice()
                .into(),
            retry_after: Some(Duration::from_secs(3)),
        };
        let purls = ["a", "b", "c", "d"].map(|name| format!("pkg:widget/{name}@1"));
        let answers = Legacy.understand(&purls, &reply);
        assert_eq!(answers[0].as_ref().unwrap().policies[0].name, "No a");
        assert!(matches!(answers[1], Err(JudgeError::NoVerdict(_))));
        assert_eq!(
            answers[2].as_ref().unwrap().ask_again_after,
            Some(Duration::from_secs(3))
        );
        assert!(matches!(answers[3], Err(JudgeError::NoVerdict(_))));
        let reply = Reply {
            body: "nonsense".into(),
            retry_after: None,
        };
        let answers = Legacy.understand(&purls, &reply);
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Err(JudgeError::Malformed(_))))
        );
    }
}

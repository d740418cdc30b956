//! One component that is not handed out, and the sentence that says why.

use std::fmt::Write as _;

use super::text::one_line;
use crate::judge::{Answer, BlockStatus, Policy};

/// Why a component is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    Policies,
    NotScanned,
    ScanWaitTimeout,
    ScanFailed,
    RegistryNotConfigured,
    /// There is no verdict, and `block-on-codescoring-errors` is true; the error in brief.
    NoVerdict(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub purl: String,
    pub why: Why,
    pub policies: Vec<Policy>,
    /// The component's page on the platform, else the first policy's.
    pub url: Option<String>,
}

impl Refused {
    /// `purl`, which the mode's rules refused because of `answer`.
    pub fn new(purl: impl Into<String>, answer: &Answer) -> Self {
        let purl = purl.into();
        match answer {
            Ok(verdict) => Self {
                purl,
                why: match verdict.status {
                    BlockStatus::BlockedNotScanned => Why::NotScanned,
                    BlockStatus::BlockedScanWaitTimeout => Why::ScanWaitTimeout,
                    BlockStatus::BlockedScanFailed => Why::ScanFailed,
                    BlockStatus::BlockedRegistryNotConfigured => Why::RegistryNotConfigured,
                    BlockStatus::NotBlocked | BlockStatus::DelayedBlock | BlockStatus::BlockedByPolicies => {
                        Why::Policies
                    }
                },
                policies: verdict.policies.clone(),
                url: verdict
                    .component_url
                    .clone()
                    .or_else(|| verdict.policies.iter().find_map(|policy| policy.url.clone())),
            },
            Err(error) => Self {
                purl,
                why: Why::NoVerdict(error.brief()),
                policies: Vec::new(),
                url: None,
            },
        }
    }

    /// One line for people, to be read after the component's name:
    /// `blocked by policy "No known-vulnerable a": CVE-1. See https://policies.example/1`
    pub fn reason(&self) -> String {
        let mut line = match &self.why {
            Why::Policies => match self.policies.as_slice() {
                [] => "blocked by policy".to_owned(),
                [policy] => format!("blocked by policy {}", quoted(policy)),
                policies => {
                    let all: Vec<String> = policies.iter().map(quoted).collect();
                    format!("blocked by policies {}", all.join("; "))
                }
            },
            Why::NotScanned => "blocked until it is scanned: the scan is under way, try again later".to_owned(),
            Why::ScanWaitTimeout => "blocked: its scan took too long, try again later".to_owned(),
            Why::ScanFailed => "blocked: its scan failed".to_owned(),
            Why::RegistryNotConfigured => "blocked: Judge does not know this registry".to_owned(),
            Why::NoVerdict(error) => format!("blocked, since there is no verdict: {error}"),
        };
        if let Some(url) = &self.url {
            // Infallible: the target is a String.
            let _ = write!(line, ". See {url}");
        }
        one_line(&line)
    }
}

/// `"name": reason`
pub(super) fn quoted(policy: &Policy) -> String {
    match &policy.reason {
        Some(reason) => format!("\"{}\": {}", policy.name, reason.trim_end_matches(['.', ' '])),
        None => format!("\"{}\"", policy.name),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::judge::{JudgeError, Verdict};

    fn policy(name: &str, reason: Option<&str>, url: Option<&str>) -> Policy {
        Policy {
            name: name.into(),
            reason: reason.map(Into::into),
            url: url.map(Into::into),
        }
    }

    #[test]
    fn the_reason_names_policies_and_a_link() {
        let one = Verdict::blocked(vec![policy(
            "No a",
            Some("CVE-1,\ncommand injection."),
            Some("https://p.example/1"),
        )]);
        assert_eq!(
            Refused::new("pkg:widget/a@1", &Ok(Arc::new(one))).reason(),
            r#"blocked by policy "No a": CVE-1, command injection. See https://p.example/1"#
        );
        let mut two = Verdict::blocked(vec![
            policy("A", Some("old"), Some("https://p.example/a")),
            policy("B", None, None),
        ]);
        two.component_url = Some("https://platform.example/c/7".into());
        assert_eq!(
            Refused::new("pkg:widget/a@1", &Ok(Arc::new(two))).reason(),
            r#"blocked by policies "A": old; "B". See https://platform.example/c/7"#
        );
        assert_eq!(
            Refused::new("pkg:widget/a@1", &Err(JudgeError::BreakerOpen)).reason(),
            "blocked, since there is no verdict: Judge has been failing and is not asked for now"
        );
        let error = JudgeError::Unreachable("10.0.0.7 refused".into());
        assert_eq!(
            Refused::new("pkg:widget/a@1", &Err(error)).reason(),
            "blocked, since there is no verdict: Judge cannot be reached"
        );
    }

    #[test]
    fn every_status_has_its_own_words() {
        let reasons: std::collections::BTreeSet<String> = [
            BlockStatus::BlockedByPolicies,
            BlockStatus::BlockedNotScanned,
            BlockStatus::BlockedScanWaitTimeout,
            BlockStatus::BlockedScanFailed,
            BlockStatus::BlockedRegistryNotConfigured,
        ]
        .into_iter()
        .map(|status| Refused::new("pkg:widget/a@1", &Ok(Arc::new(Verdict::of(status)))).reason())
        .collect();
        assert_eq!(reasons.len(), 5, "{reasons:#?}");
    }
}

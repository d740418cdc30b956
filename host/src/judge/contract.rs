//! The current form's bodies, as client and server both use them. `docs/judge-openapi.yaml` describes them to others.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Answer, Answers, BlockStatus, JudgeError, Policy, Verdict};

pub(super) const PATH: &str = "/api/judge/v2/verdicts";

#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the contract's names")]
pub(super) struct Request<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Cow<'a, str>>,
    pub work_mode: Cow<'a, str>,
    #[serde(default)]
    pub record_request: bool,
    pub package_type: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<RepositoryContext<'a>>,
    pub purls: Vec<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RepositoryContext<'a> {
    pub repo_manager_host: Cow<'a, str>,
    pub repo_name: Cow<'a, str>,
}

#[derive(Serialize)]
pub(super) struct Response {
    pub results: Vec<Verdicted>,
}

/// `results` as received: each is looked at by itself, so that a broken one spoils no other.
#[derive(Deserialize)]
struct Received {
    results: Vec<serde_json::Value>,
}

/// One of `results`.
#[derive(Serialize, Deserialize)]
pub(super) struct Verdicted {
    pub purl: String,
    pub block_status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_status: Option<String>,
    #[serde(default)]
    pub policies: Option<Vec<PolicyBody>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_url: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PolicyBody {
    pub name: String,
    /// Our addition to the contract; the platform leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Nearly every verdict is this one: the cache holds it once.
static ALLOWED: LazyLock<Arc<Verdict>> = LazyLock::new(|| Arc::new(Verdict::allowed()));

pub(super) fn shared(verdict: Verdict) -> Arc<Verdict> {
    if verdict == **ALLOWED {
        return Arc::clone(&ALLOWED);
    }
    Arc::new(verdict)
}

/// Judge's `body` as an answer to each of `purls`.
pub(super) fn answers(purls: &[String], body: &[u8], retry_after: Option<Duration>) -> Answers {
    let received: Received = match serde_json::from_slice(body) {
        Ok(received) => received,
        Err(error) => {
            let error = JudgeError::Malformed(error.to_string());
            return purls.iter().map(|_| Err(error.clone())).collect();
        }
    };
    let mut by_purl: HashMap<String, Answer> = HashMap::with_capacity(received.results.len());
    for result in received.results {
        // A result that names no package URL is about none: those it may have been meant for are missing.
        let Some(purl) = result
            .get("purl")
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned)
        else {
            continue;
        };
        let answer = verdict(result, retry_after);
        match by_purl.entry(purl) {
            Entry::Vacant(free) => {
                free.insert(answer);
            }
            Entry::Occupied(mut taken) if !agree(taken.get(), &answer) => {
                *taken.get_mut() = Err(JudgeError::NoVerdict("its results contradict each other".into()));
            }
            Entry::Occupied(_) => {}
        }
    }
    let missing = || Err(JudgeError::NoVerdict("it is missing from the results".into()));
    purls
        .iter()
        .map(|purl| by_purl.get(purl).cloned().unwrap_or_else(missing))
        .collect()
}

fn agree(one: &Answer, other: &Answer) -> bool {
    matches!((one, other), (Ok(one), Ok(other)) if one.status == other.status)
}

fn verdict(result: serde_json::Value, retry_after: Option<Duration>) -> Answer {
    let result: Verdicted = serde_json::from_value(result).map_err(|error| JudgeError::NoVerdict(error.to_string()))?;
    let status = BlockStatus::parse(&result.block_status)
        .ok_or_else(|| JudgeError::NoVerdict(format!("unknown status {:?}", result.block_status)))?;
    Ok(shared(Verdict {
        status,
        policies: result.policies.into_iter().flatten().map(Policy::from).collect(),
        component_url: result.component_url,
        ask_again_after: retry_after.filter(|_| status == BlockStatus::BlockedNotScanned),
    }))
}

impl From<PolicyBody> for Policy {
    fn from(body: PolicyBody) -> Self {
        Self {
            name: body.name,
            reason: body.reason,
            url: body.url,
        }
    }
}

impl From<&Policy> for PolicyBody {
    fn from(policy: &Policy) -> Self {
        Self {
            name: policy.name.clone(),
            reason: policy.reason.clone(),
            url: policy.url.clone(),
        }
    }
}

impl Verdicted {
    pub(super) fn new(purl: String, verdict: &Verdict) -> Self {
        let scanned = match verdict.status {
            BlockStatus::BlockedNotScanned | BlockStatus::BlockedScanWaitTimeout => "not_scanned",
            BlockStatus::BlockedScanFailed => "scan_failed",
            _ => "scanned",
        };
        Self {
            purl,
            block_status: verdict.status.as_str().to_owned(),
            scan_status: Some(scanned.to_owned()),
            policies: Some(verdict.policies.iter().map(PolicyBody::from).collect()),
            component_url: verdict.component_url.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn purls(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| format!("pkg:widget/{name}@1")).collect()
    }

    fn judged(names: &[&str], results: &serde_json::Value) -> Answers {
        answers(&purls(names), json!({"results": results}).to_string().as_bytes(), None)
    }

    #[test]
    fn any_order_and_any_letter_case() {
        let answers = judged(
            &["a", "b"],
            &json!([
                {"purl": "pkg:widget/other@1", "block_status": "not_blocked"},
                {"purl": "pkg:widget/b@1", "block_status": "NOT_BLOCKED", "scan_status": "scanned", "policies": null, "new": 1},
                {"purl": "pkg:widget/a@1", "block_status": "Blocked_By_Policies",
                 "policies": [{"name": "P", "url": "https://p.example"}, {"name": "Q", "reason": "old", "url": null}],
                 "component_url": "https://c.example"},
            ]),
        );
        let policy = |name: &str, reason: Option<&str>, url: Option<&str>| Policy {
            name: name.into(),
            reason: reason.map(Into::into),
            url: url.map(Into::into),
        };
        let mut blocked = Verdict::blocked(vec![
            policy("P", None, Some("https://p.example")),
            policy("Q", Some("old"), None),
        ]);
        blocked.component_url = Some("https://c.example".into());
        assert_eq!(answers, [Ok(Arc::new(blocked)), Ok(Arc::new(Verdict::allowed()))]);
    }

    #[test]
    fn what_cannot_be_used_harms_its_own_package_url_only() {
        let answers = judged(
            &["fine", "missing", "unknown", "broken", "twice", "same", "half"],
            &json!([
                {"purl": "pkg:widget/unknown@1", "block_status": "maybe"},
                {"purl": "pkg:widget/broken@1", "block_status": 7},
                {"purl": "pkg:widget/twice@1", "block_status": "not_blocked"},
                {"purl": "pkg:widget/twice@1", "block_status": "blocked_by_policies"},
                {"purl": "pkg:widget/twice@1", "block_status": "not_blocked"},
                {"purl": "pkg:widget/same@1", "block_status": "not_blocked"},
                {"purl": "pkg:widget/same@1", "block_status": "not_blocked"},
                {"purl": "pkg:widget/half@1", "block_status": "not_blocked"},
                {"purl": "pkg:widget/half@1"},
                {"purl": "pkg:widget/fine@1", "block_status": "not_blocked"},
                "garbage",
            ]),
        );
        let usable: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(usable, [true, false, false, false, false, true, false]);
        let errors: Vec<String> = answers
            .into_iter()
            .filter_map(Result::err)
            .map(|error| error.to_string())
            .collect();
        assert!(errors[0].contains("missing from the results"), "{errors:?}");
        assert!(errors[1].contains("unknown status \"maybe\""), "{errors:?}");
        assert!(errors[3].contains("contradict"), "{errors:?}");
    }

    #[test]
    fn a_body_that_is_something_else_is_an_error_for_all() {
        for body in [
            "",
            "<html>",
            "{}",
            "[]",
            r#"{"results": {}}"#,
            r#"{"results": [{]}"#,
            "\u{0}",
        ] {
            let answers = answers(&purls(&["a", "b"]), body.as_bytes(), None);
            assert_eq!(answers.len(), 2);
            assert!(
                answers
                    .iter()
                    .all(|answer| matches!(answer, Err(JudgeError::Malformed(_)))),
                "{body}: {answers:?}"
            );
        }
    }

    #[test]
    fn allowed_verdicts_are_one_in_memory() {
        let results = json!([
            {"purl": "pkg:widget/a@1", "block_status": "not_blocked"},
            {"purl": "pkg:widget/b@1", "block_status": "not_blocked"},
        ]);
        let answers = judged(&["a", "b"], &results);
        assert!(Arc::ptr_eq(answers[0].as_ref().unwrap(), answers[1].as_ref().unwrap()));
    }

    #[test]
    fn the_servers_result_is_read_back_as_it_was() {
        for status in BlockStatus::ALL {
            let mut verdict = Verdict::of(status);
            verdict.policies = vec![Policy {
                name: "P".into(),
                reason: Some("why".into()),
                url: Some("https://p.example".into()),
            }];
            let body = Response {
                results: vec![Verdicted::new("pkg:widget/a@1".into(), &verdict)],
            };
            let body = serde_json::to_vec(&body).unwrap();
            assert_eq!(answers(&purls(&["a"]), &body, None), [Ok(Arc::new(verdict))]);
        }
    }
}

//! Entries as they stand in Redis: a digit for the version of the form, then JSON with short names. What is not understood is
//! not there: a newer proxy that shares the Redis may write another form.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::judge::{BlockStatus, Policy, Verdict};
use crate::verdicts::cache::{Cached, Known};

const VERSION: u8 = b'1';

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    #[serde(rename = "s", borrow)]
    status: Cow<'a, str>,
    /// When Judge was asked: milliseconds since 1970. Instances are taken to agree on the time within some seconds.
    #[serde(rename = "t")]
    asked: u64,
    #[serde(rename = "r", default, skip_serializing_if = "std::ops::Not::not")]
    recorded: bool,
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty", borrow)]
    policies: Vec<StoredPolicy<'a>>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none", borrow)]
    component_url: Option<Cow<'a, str>>,
    /// Milliseconds.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    ask_again_after: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct StoredPolicy<'a> {
    #[serde(rename = "n", borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none", borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none", borrow)]
    url: Option<Cow<'a, str>>,
}

pub(super) fn encode(known: &Known, now: SystemTime) -> Vec<u8> {
    let verdict = &*known.verdict;
    let stored = Stored {
        status: verdict.status.as_str().into(),
        asked: millis(now.duration_since(UNIX_EPOCH).unwrap_or_default()),
        recorded: known.recorded,
        policies: verdict
            .policies
            .iter()
            .map(|policy| StoredPolicy {
                name: policy.name.as_str().into(),
                reason: policy.reason.as_deref().map(Cow::from),
                url: policy.url.as_deref().map(Cow::from),
            })
            .collect(),
        component_url: verdict.component_url.as_deref().map(Cow::from),
        ask_again_after: verdict.ask_again_after.map(millis),
    };
    let mut value = vec![VERSION];
    // Neither the texts nor the Vec can fail; half a value would not be understood by whoever reads it.
    let _ = serde_json::to_writer(&mut value, &stored);
    value
}

pub(super) fn decode(value: &[u8], now: SystemTime) -> Option<Cached> {
    let (VERSION, json) = value.split_first().map(|(version, json)| (*version, json))? else {
        return None;
    };
    let stored: Stored<'_> = serde_json::from_slice(json).ok()?;
    let asked = UNIX_EPOCH.checked_add(Duration::from_millis(stored.asked))?;
    let verdict = Verdict {
        status: BlockStatus::parse(&stored.status)?,
        policies: stored
            .policies
            .into_iter()
            .map(|policy| Policy {
                name: policy.name.into_owned(),
                reason: policy.reason.map(Cow::into_owned),
                url: policy.url.map(Cow::into_owned),
            })
            .collect(),
        component_url: stored.component_url.map(Cow::into_owned),
        ask_again_after: stored.ask_again_after.map(Duration::from_millis),
    };
    Some(Cached {
        verdict: Arc::new(verdict),
        age: now.duration_since(asked).unwrap_or_default(),
        recorded: stored.recorded,
    })
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(1_700_000_000_123);

    fn known(verdict: Verdict, recorded: bool) -> Known {
        Known {
            purl: "pkg:widget/a@1".into(),
            verdict: Arc::new(verdict),
            recorded,
        }
    }

    #[test]
    fn a_verdict_comes_back_as_it_went() {
        let now = UNIX_EPOCH + NOW;
        let allowed = encode(&known(Verdict::allowed(), false), now);
        assert_eq!(allowed, br#"1{"s":"not_blocked","t":1700000000123}"#);
        for status in BlockStatus::ALL {
            let verdict = Verdict {
                status,
                policies: vec![
                    Policy {
                        name: "No \"malware\"\n".into(),
                        reason: Some("é".into()),
                        url: Some("https://policies.example/1".into()),
                    },
                    Policy {
                        name: "plain".into(),
                        reason: None,
                        url: None,
                    },
                ],
                component_url: Some("https://platform.example/a".into()),
                ask_again_after: Some(Duration::from_millis(1500)),
            };
            let value = encode(&known(verdict.clone(), true), now);
            let back = decode(&value, now + Duration::from_secs(7)).unwrap();
            assert_eq!(*back.verdict, verdict);
            assert_eq!((back.recorded, back.age), (true, Duration::from_secs(7)));
            // A clock behind the writer's.
            assert_eq!(decode(&value, UNIX_EPOCH).unwrap().age, Duration::ZERO);
        }
    }

    #[test]
    fn what_is_not_understood_is_not_there() {
        for value in [
            "",
            "1",
            "2{\"s\":\"not_blocked\",\"t\":1}",
            "1{\"s\":\"not_blocked\",\"t\":1",
            "1{\"s\":\"fine\",\"t\":1}",
            "1{\"s\":\"not_blocked\"}",
            "1{\"s\":\"not_blocked\",\"t\":-1}",
            "hello",
        ] {
            assert!(decode(value.as_bytes(), SystemTime::now()).is_none(), "{value}");
        }
        assert!(
            decode(
                b"1{\"s\":\"not_blocked\",\"t\":18446744073709551615}",
                SystemTime::now()
            )
            .is_none_or(|found| found.age.is_zero())
        );
    }
}

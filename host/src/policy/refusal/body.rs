//! The body of a refusal or failure: the ecosystem's own error form, plain text or JSON.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::accept::choose;
use super::refused::quoted;
use super::text::{bounded, escaped, one_line};
use super::{Asker, Refusal, Refused, frame};
use crate::failure::Failure;
use crate::judge::Policy;
use crate::weights;

/// A refused document can hold tens of thousands of versions; people read the first few, scripts the first thousand.
const VERSIONS_A_POLICY: usize = 10;
const POLICIES_IN_TEXT: usize = 20;
const REFUSED_IN_JSON: usize = 1000;
const POLICIES_IN_JSON: usize = 100;
const MESSAGE_BYTES: usize = 4096;

/// An answer before it has a form.
pub(super) struct Summary {
    /// A whole sentence that names what was asked for.
    pub message: String,
    /// The same without the name.
    pub reason: String,
    /// Each policy once, in order of appearance; the first ones of very many.
    pub policies: Vec<Policy>,
    /// The members of the JSON form beside `error` and `request_id`.
    details: Value,
}

impl Summary {
    pub(super) fn of(refusal: Refusal<'_>) -> Self {
        match refusal {
            Refusal::Package(refused) => Self::package(refused),
            Refusal::Document { prefix, refused } => Self::document(prefix, refused),
        }
    }

    pub(super) fn of_failure(failure: &Failure) -> Self {
        let message = bounded(&one_line(&failure.message), MESSAGE_BYTES);
        Self {
            reason: message.clone(),
            message,
            policies: Vec::new(),
            details: json!({ "decision": "failed", "blame": failure.blame.as_str() }),
        }
    }

    fn package(refused: &Refused) -> Self {
        let reason = bounded(&refused.reason(), MESSAGE_BYTES);
        Self {
            message: format!("{} is {reason}", one_line(&refused.purl)),
            policies: refused.policies.clone(),
            details: json!({
                "decision": "blocked",
                "purl": refused.purl,
                "policies": policies_json(&refused.policies),
                "url": refused.url,
            }),
            reason,
        }
    }

    fn document(prefix: &str, refused: &[Refused]) -> Self {
        let subject = prefix.trim_end_matches(['@', '/']);
        let groups = by_policy(refused);
        let listed: Vec<String> = groups
            .iter()
            .take(POLICIES_IN_TEXT)
            .map(|(policy, versions)| listed(policy, versions))
            .collect();
        let mut reason = format!("blocked, all {} of its versions", refused.len());
        if !listed.is_empty() {
            // Infallible: the target is a String.
            let _ = write!(reason, ", by policy {}", listed.join("; "));
        }
        if groups.len() > POLICIES_IN_TEXT {
            let _ = write!(reason, "; and {} more policies", groups.len() - POLICIES_IN_TEXT);
        }
        let url = refused.iter().find_map(|one| one.url.clone());
        if let Some(url) = &url {
            let _ = write!(reason, ". See {url}");
        }
        let reason = bounded(&one_line(&reason), MESSAGE_BYTES);
        let policies: Vec<Policy> = groups
            .into_iter()
            .take(POLICIES_IN_JSON)
            .map(|(policy, _)| policy.clone())
            .collect();
        let each: Vec<Value> = refused
            .iter()
            .take(REFUSED_IN_JSON)
            .map(|one| {
                let names: Vec<&str> = one.policies.iter().map(|policy| policy.name.as_str()).collect();
                json!({ "purl": one.purl, "policies": names })
            })
            .collect();
        Self {
            message: format!("{} is {reason}", one_line(subject)),
            details: json!({
                "decision": "blocked",
                "purl": subject,
                "policies": policies_json(&policies),
                "url": url,
                "refused_count": refused.len(),
                "refused": each,
            }),
            reason,
            policies,
        }
    }
}

/// Each policy once, with the versions it speaks against.
fn by_policy(refused: &[Refused]) -> Vec<(&Policy, Vec<&str>)> {
    let mut places = std::collections::HashMap::new();
    let mut groups: Vec<(&Policy, Vec<&str>)> = Vec::new();
    for one in refused {
        for policy in &one.policies {
            let place = *places.entry(policy).or_insert_with(|| {
                groups.push((policy, Vec::new()));
                groups.len() - 1
            });
            if let Some((_, versions)) = groups.get_mut(place) {
                versions.push(version(&one.purl));
            }
        }
    }
    groups
}

/// `"name": reason (1.0, 1.1 and 7 more)`
fn listed(policy: &Policy, versions: &[&str]) -> String {
    let shown = versions.get(..VERSIONS_A_POLICY).unwrap_or(versions);
    let mut line = format!("{} ({}", quoted(policy), shown.join(", "));
    if versions.len() > shown.len() {
        // Infallible: the target is a String.
        let _ = write!(line, " and {} more", versions.len() - shown.len());
    }
    line.push(')');
    line
}

/// The version of a package URL, as written there; the whole when it has none.
fn version(purl: &str) -> &str {
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let purl = purl.get(..end).unwrap_or(purl);
    purl.rsplit_once('@').map_or(purl, |(_, version)| version)
}

fn policies_json(policies: &[Policy]) -> Value {
    policies
        .iter()
        .map(|policy| json!({ "name": policy.name, "reason": policy.reason, "url": policy.url }))
        .collect()
}

pub(super) fn render(summary: &Summary, status: StatusCode, asker: Asker<'_>) -> Response<Bytes> {
    const TEXT: &str = "text/plain";
    const JSON: &str = "application/json";
    let line = format!("{} (request {})", summary.message, one_line(asker.request_id));
    // A plugin's content type that is no header value cannot be sent: then there is no own form.
    let own = asker.own_form.and_then(|form| {
        let value = HeaderValue::from_str(&form.content_type).ok()?;
        Some((weights::bare(&form.content_type), value, form))
    });
    let mut offered = vec![TEXT, JSON];
    if let Some((essence, ..)) = &own {
        offered.insert(0, essence);
    }
    let chosen = choose(asker.headers, &offered);
    let (content_type, body) = match (&own, offered.get(chosen).copied()) {
        (Some((essence, value, form)), _) if chosen == 0 => {
            let values = [
                ("{message}", escaped(&line, essence)),
                ("{status}", status.as_u16().to_string()),
                ("{request-id}", escaped(asker.request_id, essence)),
            ];
            (value.clone(), filled(&form.template, status, &values))
        }
        (_, Some(JSON)) => (HeaderValue::from_static(JSON), json_body(summary, asker.request_id)),
        _ => (
            HeaderValue::from_static("text/plain; charset=utf-8"),
            format!("{line}\n"),
        ),
    };
    frame(status, content_type, body, asker.request_id)
}

fn json_body(summary: &Summary, request_id: &str) -> String {
    let mut body = summary.details.clone();
    if let Some(members) = body.as_object_mut() {
        members.insert("error".into(), summary.message.as_str().into());
        members.insert("request_id".into(), request_id.into());
    }
    format!("{body}\n")
}

/// `template` with each name replaced, in one pass: what is filled in is not searched again.
fn filled(template: &str, status: StatusCode, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let (before, from_brace) = rest.split_at(start);
        out.push_str(before);
        let named = values
            .iter()
            .find_map(|(name, value)| Some((value.as_str(), from_brace.strip_prefix(name)?)))
            .or_else(|| by_status(from_brace, status));
        rest = if let Some((value, after)) = named {
            out.push_str(value);
            after
        } else {
            out.push('{');
            from_brace.get(1..).unwrap_or_default()
        };
    }
    out.push_str(rest);
    out
}

/// The word of `{404=GONE|5=BROKEN|OTHER}` for a status, and what follows; none where there is no such choice.
fn by_status(from_brace: &str, status: StatusCode) -> Option<(&str, &str)> {
    let (choice, after) = from_brace.strip_prefix('{')?.split_once('}')?;
    let (cases, otherwise) = choice.rsplit_once('|')?;
    let is_word =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut found = otherwise;
    for case in cases.rsplit('|') {
        let (number, word) = case.split_once('=')?;
        if !is_word(number) || !is_word(word) {
            return None;
        }
        if status.as_str().starts_with(number) {
            found = word;
        }
    }
    is_word(otherwise).then_some((found, after))
}

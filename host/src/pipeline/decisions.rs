//! One log line for every decision, so that whoever wonders why a component came or did not finds it by the request id.

use super::visit::Visit;
use crate::judge::Answer;
use crate::policy::refusal::Refused;
use crate::verdicts::Source;

/// Refused components of a document that its line names; of the others it says how many they are.
const NAMED: usize = 20;

/// Characters of the names of one component's policies.
const POLICIES: usize = 300;

pub(super) fn package_served(visit: &Visit<'_>, purl: &str, answer: &Answer, source: Source) {
    let (verdict, policies) = match answer {
        Ok(verdict) => (
            verdict.status.as_str().to_owned(),
            names(verdict.policies.iter().map(|policy| &policy.name)),
        ),
        Err(error) => (error.brief(), String::new()),
    };
    tracing::info!(
        request_id = visit.id,
        purl,
        policies,
        mode = visit.repository.rules.mode.as_str(),
        repository = visit.repository.config.name,
        context = context(visit),
        source = source.as_str(),
        verdict,
        decision = "served",
        "package served"
    );
}

pub(super) fn package_refused(visit: &Visit<'_>, refused: &Refused, source: Source) {
    tracing::info!(
        request_id = visit.id,
        purl = refused.purl,
        policies = policies(refused),
        mode = visit.repository.rules.mode.as_str(),
        repository = visit.repository.config.name,
        context = context(visit),
        source = source.as_str(),
        decision = "blocked",
        "{}",
        refused.reason()
    );
}

/// A document with so many `components`, of which some are refused. `whole`: nothing of it was served.
pub(super) fn document(
    visit: &Visit<'_>,
    components: usize,
    refused: &[(u32, Refused)],
    source: Option<Source>,
    whole: bool,
) {
    // Not judged: nothing was decided.
    let Some(source) = source else { return };
    let decision = match refused {
        _ if whole => "blocked",
        [] => "served",
        _ => "edited",
    };
    let named = refused.iter().take(NAMED).map(|(_, refused)| match policies(refused) {
        policies if policies.is_empty() => refused.purl.clone(),
        policies => format!("{} ({policies})", refused.purl),
    });
    tracing::info!(
        request_id = visit.id,
        document = visit.request.path,
        components,
        refused = refused.len(),
        removed = named.collect::<Vec<_>>().join("; "),
        more = refused.len().saturating_sub(NAMED),
        mode = visit.repository.rules.mode.as_str(),
        repository = visit.repository.config.name,
        context = context(visit),
        source = source.as_str(),
        decision,
        "document {decision}"
    );
}

fn context(visit: &Visit<'_>) -> Option<String> {
    let context = visit.context.as_ref()?;
    Some(format!("{}/{}", context.repo_manager_host, context.repo_name))
}

fn policies(refused: &Refused) -> String {
    names(refused.policies.iter().map(|policy| &policy.name))
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let all = names.map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.char_indices().nth(POLICIES) {
        Some((end, _)) => format!("{}…", all.get(..end).unwrap_or_default()),
        None => all,
    }
}

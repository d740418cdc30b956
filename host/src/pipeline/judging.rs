//! Asking for verdicts and applying the work mode's rules to them.

use std::sync::Arc;

use axum::body::Body;
use http::Response;

use super::visit::Visit;
use crate::config::WorkMode;
use crate::failure::Failure;
use crate::judge::{JudgeError, Question};
use crate::policy::modes::{self, OnCandidate, OnPackage};
use crate::policy::refusal::{Refusal, Refused};

/// The answer to send instead of the package, if the rules refuse it.
pub(super) async fn package(visit: &Visit<'_>, purl: &str) -> Option<Response<Body>> {
    let rules = visit.repository.rules;
    let mut question = question(visit, [purl.to_owned()].into());
    // The platform records downloads, not looks at lists, and never those of a warm-up.
    question.record = rules.mode >= WorkMode::Spectator && !visit.is_head();
    let verdicts = &visit.gateway.verdicts;
    let answer = if rules.mode == WorkMode::StrictWait {
        verdicts
            .verdict_waiting(question, visit.gateway.codescoring.scan_wait_timeout)
            .await
    } else {
        let answers = verdicts.verdicts(question).await;
        answers
            .into_iter()
            .next()
            .unwrap_or_else(|| Err(JudgeError::NoVerdict("no answer at all".into())))
    };
    match rules.package(&answer) {
        OnPackage::Serve => {
            tracing::info!(
                request_id = visit.id,
                purl,
                mode = rules.mode.as_str(),
                repository = visit.repository.config.name,
                decision = "served",
                "package served"
            );
            None
        }
        // Waiting has come to its end inside `verdict_waiting`; who is still not scanned then is not served.
        OnPackage::Block | OnPackage::AskAgain => Some(visit.refuse(Refusal::Package(&Refused::new(purl, &answer)))),
    }
}

/// What of a document is refused, by position. Fails when the rules say that no verdict means no document.
pub(super) async fn document(visit: &Visit<'_>, purls: &Arc<[String]>) -> Result<Vec<(u32, Refused)>, Failure> {
    if !visit.repository.config.scan_manifest || purls.is_empty() {
        return Ok(Vec::new());
    }
    let answers = visit
        .gateway
        .verdicts
        .verdicts(question(visit, Arc::clone(purls)))
        .await;
    if answers.len() != purls.len() {
        return Err(Failure::judge(
            "Judge answered for another number of components than it was asked about",
        ));
    }
    let rules = visit.repository.rules;
    let (mut refused, mut unknown) = (Vec::new(), 0_usize);
    for ((position, purl), answer) in (0_u32..).zip(purls.iter()).zip(&answers) {
        match rules.candidate(answer) {
            OnCandidate::Keep => {}
            OnCandidate::KeepWithWarning => unknown += 1,
            OnCandidate::Unavailable => return Err(modes::unavailable(purl, answer)),
            OnCandidate::Refuse => refused.push((position, Refused::new(purl, answer))),
        }
    }
    if unknown > 0 {
        tracing::warn!(
            request_id = visit.id,
            repository = visit.repository.config.name,
            document = visit.request.path,
            unknown,
            "components without a verdict stay listed, as codescoring.block-on-codescoring-errors is false"
        );
    }
    Ok(refused)
}

fn question(visit: &Visit<'_>, purls: Arc<[String]>) -> Question {
    Question {
        purls,
        package_type: visit.repository.package_type.clone(),
        mode: visit.repository.rules.mode,
        record: false,
        context: visit.context.clone(),
    }
}

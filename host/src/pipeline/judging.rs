//! Asking for verdicts and applying the work mode's rules to them.

use std::sync::Arc;

use axum::body::Body;
use http::Response;

use super::decisions;
use super::visit::Visit;
use crate::config::WorkMode;
use crate::failure::Failure;
use crate::judge::{Answer, JudgeError, Question};
use crate::policy::modes::{self, OnCandidate, OnPackage};
use crate::policy::refusal::{Refusal, Refused};
use crate::verdicts::{Source, Sourced};

/// What Judge says of a package that is asked for, and where that comes from.
pub(super) async fn verdict(visit: &Visit<'_>, purl: &str) -> (Answer, Source) {
    let rules = visit.repository.rules;
    let mut question = question(visit, [purl.to_owned()].into());
    // The platform records downloads, not looks at lists, and never those of a warm-up.
    question.record = rules.mode >= WorkMode::Spectator && !visit.is_head();
    let verdicts = &visit.gateway.verdicts;
    if rules.mode == WorkMode::StrictWait {
        return verdicts
            .verdict_waiting(question, visit.gateway.codescoring.scan_wait_timeout)
            .await;
    }
    let Sourced { answers, source } = verdicts.sourced(question).await;
    let answer = answers.into_iter().next();
    let answer = answer.unwrap_or_else(|| Err(JudgeError::NoVerdict("no answer at all".into())));
    (answer, source)
}

/// The answer to send instead of the package, if the rules refuse it.
pub(super) fn decide(visit: &Visit<'_>, purl: &str, answer: &Answer, source: Source) -> Option<Response<Body>> {
    match visit.repository.rules.package(answer) {
        OnPackage::Serve => {
            decisions::package_served(visit, purl, answer, source);
            None
        }
        // Waiting has come to its end inside `verdict_waiting`; who is still not scanned then is not served.
        OnPackage::Block | OnPackage::AskAgain => {
            let refused = Refused::new(purl, answer);
            decisions::package_refused(visit, &refused, source);
            Some(visit.refuse(Refusal::Package(&refused)))
        }
    }
}

/// What became of a document's components.
#[derive(Default)]
pub(super) struct Judged {
    /// By position.
    pub(super) refused: Vec<(u32, Refused)>,
    /// None: they were not judged.
    pub(super) source: Option<Source>,
}

/// What of a document is refused, by position. Fails when the rules say that no verdict means no document.
pub(super) async fn document(visit: &Visit<'_>, purls: &Arc<[String]>) -> Result<Judged, Failure> {
    if !visit.repository.config.scan_manifest || purls.is_empty() {
        return Ok(Judged::default());
    }
    let Sourced { answers, source } = visit.gateway.verdicts.sourced(question(visit, Arc::clone(purls))).await;
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
    Ok(Judged {
        refused,
        source: Some(source),
    })
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

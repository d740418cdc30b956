//! A document that names components: judged, planned and spliced. What upstream sent and policy has not seen never leaves
//! this module.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use futures_util::stream;
use http::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, DATE, EXPIRES, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::documents::{Source, Variant};
use super::judging::Judged;
use super::representation::Representation;
use super::splice::splice;
use super::visit::Visit;
use super::{astray, conditional, decisions, judging, packing, respond};
use crate::failure::{Blame, Failure};
use crate::plugin::{Document, Outcome, Refusal as PluginRefusal};
use crate::policy::refusal::{Refusal, Refused};
use crate::upstream::Kind;
use crate::verdicts;

/// The edited document, or the answer to send in its place.
pub(super) enum Made {
    Edited(Arc<Representation>, HeaderMap),
    Answer(Response<Body>),
}

pub(super) async fn answer(visit: &Visit<'_>, document: Document) -> Result<Response<Body>, Failure> {
    match make(visit, document).await? {
        Made::Edited(document, headers) => serve(visit, &document, headers).await,
        Made::Answer(answer) => Ok(answer),
    }
}

/// Everything up to the bytes: what a checksum is made of, too.
pub(super) async fn make(visit: &Visit<'_>, document: Document) -> Result<Made, Failure> {
    let documents = &visit.gateway.documents;
    let source = documents.get(visit, document.clone(), Kind::Document).await?;
    let Judged { refused, source: from } = judging::document(visit, &source.purls).await?;
    let components = source.purls.len();
    if document.pinned {
        // Its bytes are its name: whole or not at all.
        return Ok(if refused.is_empty() {
            decisions::document(visit, components, &refused, from, false);
            let whole = Representation::new(source.packed.clone().into(), document.validator, None);
            Made::Edited(Arc::new(whole), source.headers.clone())
        } else {
            all_refused(visit, &source, &refused, from)
        });
    }
    let variant = Variant {
        link_base: visit.link_base.clone(),
        style: visit.repository.style,
        refused: refused
            .iter()
            .map(|(position, refused)| (*position, refused.reason()))
            .collect(),
    };
    let counts = &visit.repository.counts.documents;
    let edited = || {
        counts.edited.add(u64::from(!refused.is_empty()));
        counts.refused.add(refused.len() as u64);
        decisions::document(visit, components, &refused, from, false);
    };
    if let Some(made) = source.made(&variant) {
        edited();
        return Ok(Made::Edited(made, source.headers.clone()));
    }
    let refusals = variant.refused.iter().map(|(candidate, reason)| PluginRefusal {
        candidate: *candidate,
        reason: reason.clone(),
    });
    let plugin = &visit.repository.plugin;
    let plan = plugin.plan(
        source.notes.clone(),
        refusals.collect(),
        variant.style,
        variant.link_base.clone(),
    );
    let edits = match plan.await? {
        Outcome::Edits(edits) => edits,
        Outcome::AllRefused if !refused.is_empty() => return Ok(all_refused(visit, &source, &refused, from)),
        Outcome::AllRefused => {
            return Err(plugin
                .plugin()
                .lied("plan", "found everything refused when nothing was"));
        }
        Outcome::Absent(what) => {
            let what: String = what.chars().filter(|c| !c.is_control()).take(300).collect();
            return Err(Failure::new(Blame::Client, StatusCode::NOT_FOUND, what));
        }
    };
    let content_type = match &edits.content_type {
        None => None,
        Some(content_type) => Some(
            respond::header(CONTENT_TYPE.as_str(), content_type)
                .ok_or_else(|| plugin.plugin().lied("plan", "named a bad content type"))?
                .1,
        ),
    };
    astray::look(visit, &source.body, components, &edits);
    // Links may become longer, but not without end.
    let body = splice(&source.body, &edits, visit.gateway.max_document.saturating_mul(2))?;
    let body = packing::pack(body, document.packing).await?;
    let made = Arc::new(Representation::new(body, document.validator, content_type));
    source.keep(variant, &made);
    edited();
    Ok(Made::Edited(made, source.headers.clone()))
}

fn all_refused(visit: &Visit<'_>, source: &Source, refused: &[(u32, Refused)], from: Option<verdicts::Source>) -> Made {
    decisions::document(visit, source.purls.len(), refused, from, true);
    let refused: Vec<Refused> = refused.iter().map(|(_, refused)| refused.clone()).collect();
    Made::Answer(visit.refuse(Refusal::Document {
        prefix: &source.prefix,
        refused: &refused,
    }))
}

async fn serve(
    visit: &Visit<'_>,
    document: &Representation,
    mut headers: HeaderMap,
) -> Result<Response<Body>, Failure> {
    // However old upstream's copy is and however long it would be good for, the next verdict may be another.
    for name in [CACHE_CONTROL, EXPIRES, AGE, DATE] {
        headers.remove(name);
    }
    if let Some(content_type) = document.content_type() {
        headers.insert(CONTENT_TYPE, content_type.clone());
    }
    let description = visit.repository.plugin.plugin().description();
    if description.wants_headers.iter().any(|name| name == "accept") {
        headers.append(VARY, HeaderValue::from_static("Accept"));
    }
    let answer = conditional::answer(&visit.parts.method, &visit.parts.headers, headers, document).await?;
    Ok(answer.map(|parts| Body::from_stream(stream::iter(parts.into_iter().map(Ok::<_, Infallible>)))))
}

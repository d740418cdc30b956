//! The Judge contract served over any [`Judge`]: what `osa-proxy judge` runs. Described in docs/judge-openapi.yaml.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::{Answer, Answers, Context, Judge, MAX_PURLS_A_REQUEST, Question, contract, legacy};
use crate::config::WorkMode;
use crate::reply::{Refused, json_reply};
use crate::secret::Secret;

/// 900 package URLs of 4 KiB each, and room to spare.
const LARGEST_QUESTION: usize = 4 * 1024 * 1024;

#[derive(Clone)]
struct Court {
    judge: Arc<dyn Judge>,
    token: Option<Arc<Secret>>,
}

/// Both forms of the contract. With a `token`, requests must carry `Authorization: Token <token>`.
pub fn router(judge: Arc<dyn Judge>, token: Option<Secret>) -> Router {
    let token = token.filter(|token| !token.is_empty()).map(Arc::new);
    Router::new()
        .route(contract::PATH, post(verdicts))
        .route(legacy::PATH, post(check))
        .layer(DefaultBodyLimit::max(LARGEST_QUESTION))
        .with_state(Court { judge, token })
}

async fn verdicts(
    State(court): State<Court>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Refused> {
    court.admit(&headers)?;
    let body = whole(body)?;
    let request: contract::Request<'_> = parsed(&body)?;
    let mode = WorkMode::ALL
        .into_iter()
        .find(|mode| mode.as_str() == request.work_mode)
        .ok_or_else(|| {
            let modes = WorkMode::ALL.map(WorkMode::as_str).join(", ");
            let error = format!("unknown work_mode {:?}: use one of {modes}", request.work_mode);
            Refused::bad(error)
        })?;
    let purls: Vec<String> = request.purls.into_iter().map(Into::into).collect();
    let question = Question {
        purls: purls.clone().into(),
        package_type: Arc::from(&*request.package_type),
        mode,
        record: request.record_request,
        context: request.context.map(|context| {
            Arc::new(Context {
                repo_manager_host: context.repo_manager_host.into(),
                repo_name: context.repo_name.into(),
            })
        }),
    };
    let results = court
        .decide(question)
        .await?
        .zip_with(purls, |purl, verdict| Some(contract::Verdicted::new(purl, verdict)));
    Ok(json_reply(StatusCode::OK, &contract::Response { results }))
}

async fn check(
    State(court): State<Court>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Refused> {
    court.admit(&headers)?;
    let body = whole(body)?;
    let request: legacy::Request = parsed(&body)?;
    // This form does not say which ecosystem and mode it asks for; the package URLs carry the type.
    let package_type = request
        .purls
        .first()
        .and_then(|purl| purl.strip_prefix("pkg:")?.split('/').next())
        .unwrap_or_default();
    let question = Question {
        package_type: package_type.into(),
        mode: WorkMode::Strict,
        record: false,
        context: request.repository.map(|repository| {
            Arc::new(Context {
                repo_manager_host: repository.host,
                repo_name: repository.name,
            })
        }),
        purls: request.purls.clone().into(),
    };
    let results: BTreeMap<String, legacy::Checked> = court
        .decide(question)
        .await?
        .zip_with(request.purls, |purl, verdict| {
            Some((purl, legacy::Checked::of(verdict)?))
        })
        .into_iter()
        .collect();
    Ok(json_reply(StatusCode::OK, &results))
}

impl Court {
    fn admit(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let Some(token) = &self.token else {
            return Ok(());
        };
        let given = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Token "))
            .map(str::trim);
        if given.is_some_and(|given| token.is(given)) {
            return Ok(());
        }
        let error = "send the token of this Judge: `Authorization: Token <token>`";
        Err(Refused::new(StatusCode::UNAUTHORIZED, error).with(WWW_AUTHENTICATE, "Token"))
    }

    async fn decide(&self, question: Question) -> Result<Decided, Refused> {
        if question.purls.len() > MAX_PURLS_A_REQUEST {
            let error = format!(
                "{} package URLs in one request: send at most {MAX_PURLS_A_REQUEST}",
                question.purls.len()
            );
            return Err(Refused::new(StatusCode::PAYLOAD_TOO_LARGE, error));
        }
        if let Some(wrong) = question.purls.iter().find(|purl| !purl.starts_with("pkg:")) {
            let error = format!("{wrong:?} is not a package URL: they begin with \"pkg:\"");
            return Err(Refused::bad(error));
        }
        Ok(Decided(self.judge.judge(question).await))
    }
}

struct Decided(Answers);

impl Decided {
    /// What the contract says of each verdict. A package URL without one is left out, which tells the client just that.
    fn zip_with<T>(self, purls: Vec<String>, say: impl Fn(String, &super::Verdict) -> Option<T>) -> Vec<T> {
        let said = |(purl, answer): (String, Answer)| match answer {
            Ok(verdict) => say(purl, &verdict),
            Err(error) => {
                tracing::warn!(purl, %error, "no verdict");
                None
            }
        };
        purls.into_iter().zip(self.0).filter_map(said).collect()
    }
}

fn whole(body: Result<Bytes, axum::extract::rejection::BytesRejection>) -> Result<Bytes, Refused> {
    body.map_err(|rejection| Refused::new(rejection.status(), rejection.body_text()))
}

fn parsed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        let error = format!("the body is not the JSON object that the contract asks for: {error}");
        Refused::bad(error)
    })
}

#[cfg(test)]
mod tests;

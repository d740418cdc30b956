//! A Judge over HTTP, in either form.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use url::Url;

use super::current::Current;
use super::legacy::Legacy;
use super::transport::{Reply, Transport};
use super::{Answers, Judge, JudgeError, MAX_PURLS_A_REQUEST, Question};
use crate::config::Codescoring;
use crate::metrics::JudgeReport;

/// How questions and answers are written: all that differs between platform versions.
pub(super) trait Form: Send + Sync + 'static {
    /// Below `codescoring.url`.
    const PATH: &'static str;

    /// The body that asks about `purls`, a part of `question.purls`.
    fn ask(&self, question: &Question, purls: &[String]) -> serde_json::Result<Vec<u8>>;

    /// One answer for each of `purls`, in their order.
    fn understand(&self, purls: &[String], reply: &Reply) -> Answers;
}

pub(super) struct HttpJudge<F> {
    form: F,
    url: Url,
    transport: Transport,
}

/// Why `codescoring` cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    #[error("`codescoring.url` is not set")]
    NoUrl,
    #[error("`codescoring.url` must be an http or https URL, e.g. https://codescoring.example.com")]
    BadUrl,
    #[error("`codescoring.token` has characters that no HTTP header may carry")]
    BadToken,
}

/// The Judge at `codescoring.url`. One per process: it holds the limit of requests at once and the circuit breaker. No
/// request is made before the first question.
///
/// `response_timeout` is `http.client.response-timeout`; `client` must not follow redirects.
pub fn connect(
    client: reqwest::Client,
    codescoring: &Codescoring,
    response_timeout: Duration,
) -> Result<Arc<dyn Judge>, ConnectError> {
    let base = codescoring
        .url
        .as_ref()
        .ok_or(ConnectError::NoUrl)?
        .without_credentials();
    if !matches!(base.scheme(), "http" | "https") {
        return Err(ConnectError::BadUrl);
    }
    let transport = Transport::new(client, codescoring, response_timeout).map_err(|_invalid| ConnectError::BadToken)?;
    let stage = codescoring.stage.clone();
    Ok(if codescoring.legacy_judge {
        HttpJudge::at(Legacy, &base, transport)
    } else {
        HttpJudge::at(Current { stage }, &base, transport)
    })
}

impl<F: Form> HttpJudge<F> {
    fn at(form: F, base: &Url, transport: Transport) -> Arc<dyn Judge> {
        let mut url = base.clone();
        url.set_path(&format!("{}{}", base.path().trim_end_matches('/'), F::PATH));
        Arc::new(Self { form, url, transport })
    }

    async fn ask(&self, question: &Question, purls: &[String]) -> Answers {
        let body = match self.form.ask(question, purls) {
            Ok(body) => Bytes::from(body),
            Err(error) => {
                let error = JudgeError::NoVerdict(format!("it cannot be asked about: {error}"));
                return purls.iter().map(|_| Err(error.clone())).collect();
            }
        };
        self.transport.counts.purls.add(purls.len() as u64);
        match self.transport.post(&self.url, body).await {
            Ok(reply) => self.form.understand(purls, &reply),
            Err(error) => purls.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}

impl<F: Form> Judge for HttpJudge<F> {
    fn judge(&self, question: Question) -> BoxFuture<'_, Answers> {
        async move {
            let parts = question.purls.chunks(MAX_PURLS_A_REQUEST);
            let answers = join_all(parts.map(|purls| self.ask(&question, purls))).await;
            answers.into_iter().flatten().collect()
        }
        .boxed()
    }

    fn report(&self) -> Option<JudgeReport<'_>> {
        Some(self.transport.report())
    }
}

#[cfg(test)]
mod tests;

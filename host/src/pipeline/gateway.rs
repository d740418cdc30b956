//! From a request to its answer: which repository, what the plugin makes of it, and the step that follows.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};

use super::documents::Documents;
use super::path::RequestPath;
use super::repositories::Repositories;
use super::repository::Repository;
use super::siblings::Siblings;
use super::visit::{self, Blocked, Visit};
use super::{artifact, checksum, component, context, document, heads, incoming, passthrough, respond};
use crate::config::{Codescoring, Config};
use crate::failure::{Blame, Failure};
use crate::judge::Judge;
use crate::metrics::{self, Operation, Process, Seen, Sources};
use crate::plugin::{PluginSet, Route};
use crate::policy::refusal;
use crate::upstream::{Budget, Upstream, shares};
use crate::verdicts::Verdicts;

/// The byte budget of documents, in documents of the largest size: most are a thousandth of it.
const DOCUMENTS_AT_ONCE: u64 = 4;

/// All repositories and what they share.
pub struct Gateway {
    repositories: Repositories,
    pub(super) upstream: Upstream,
    pub(super) verdicts: Verdicts,
    pub(super) siblings: Siblings,
    pub(super) codescoring: Codescoring,
    pub(super) documents: Documents,
    /// `http.client.max-manifest-body-size`, in bytes.
    pub(super) max_document: u64,
    plugins: PluginSet,
    process: Process,
}

impl Gateway {
    pub fn new(
        config: &Config,
        plugins: &PluginSet,
        repositories: Repositories,
        judge: Arc<dyn Judge>,
    ) -> anyhow::Result<Self> {
        let codescoring = &config.codescoring;
        let upstream = match &codescoring.url {
            Some(_) => Upstream::new(&shares(&config.http.client, codescoring.judge_concurrency).1)?,
            None => Upstream::new(&config.http.client)?,
        };
        let max_document = config.http.client.max_manifest_body_size;
        let in_memory = max_document.saturating_mul(DOCUMENTS_AT_ONCE);
        // What is kept counts against the budget too, and must leave room for what comes.
        let room = config.cache.documents.size.min(in_memory / 2);
        Ok(Self {
            repositories,
            documents: Documents::new(upstream.clone(), Budget::new(in_memory), max_document, room),
            upstream,
            verdicts: Verdicts::new(judge, &config.cache, config.codescoring.work_mode)?,
            siblings: Siblings::default(),
            codescoring: config.codescoring.clone(),
            max_document,
            plugins: plugins.clone(),
            process: Process::default(),
        })
    }

    pub(crate) fn verdicts(&self) -> &Verdicts {
        &self.verdicts
    }

    /// Answers every request; whatever goes wrong becomes an answer too.
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let started = Instant::now();
        let id = uuid::Uuid::now_v7().simple().to_string();
        let (parts, body) = request.into_parts();
        let mut operation = Operation::default();
        let (repository, result) = self.enter(&id, &parts, body, &mut operation).await;
        let blocked;
        let mut response = match result {
            Ok(response) => {
                blocked = response.extensions().get::<Blocked>().is_some();
                response
            }
            Err(failure) => {
                blocked = failure.blame == Blame::Policy;
                log_failure(&id, &parts, repository, &failure);
                let asker = visit::asker(self, repository, &parts.headers, &id);
                visit::whole(refusal::failed(&failure, asker), parts.method == Method::HEAD)
            }
        };
        if let Ok(id) = id.parse() {
            response.headers_mut().insert(refusal::REQUEST_ID, id);
        }
        let status = response.status();
        match repository {
            Some(repository) => repository.counts.answered(
                Seen {
                    operation,
                    method: &parts.method,
                    status,
                    blocked,
                },
                started,
            ),
            None => self.process.unrouted(status),
        }
        tracing::debug!(
            request_id = id,
            method = parts.method.as_str(),
            path = parts.uri.path(),
            status = status.as_u16(),
            head_ms = started.elapsed().as_millis() as u64,
            "answered"
        );
        response
    }

    /// The text of `/metrics` and its content type.
    pub fn metrics(&self) -> anyhow::Result<(&'static str, String)> {
        let repositories = self.repositories.iter().map(|repository| {
            let config = &repository.config;
            (config.section.as_str(), config.name.as_str(), &*repository.counts)
        });
        Ok(metrics::page(Sources {
            process: &self.process,
            repositories,
            plugins: self.plugins.iter().map(|plugin| (plugin.name(), plugin.counts())),
            verdicts: self.verdicts.counts(),
            cache: self.verdicts.cache_report(),
            judge: self.verdicts.judge_report(),
            budget: self.documents.memory(),
        })?)
    }

    async fn enter<'a>(
        &'a self,
        id: &str,
        parts: &Parts,
        body: Body,
        operation: &mut Operation,
    ) -> (Option<&'a Repository>, Result<Response<Body>, Failure>) {
        let path = match RequestPath::parse(&parts.method, parts.version, &parts.uri) {
            Ok(path) => path,
            Err(failure) => return (None, Err(failure)),
        };
        let Some(chosen) = self.repositories.choose(&path, parts) else {
            return (None, Err(self.repositories.unknown(&path)));
        };
        let repository = chosen.repository;
        let mut link_base = match chosen.link_base(self.codescoring.osa_proxy_url.as_ref(), parts) {
            Ok(base) => base,
            Err(failure) => return (Some(repository), Err(failure)),
        };
        let (mut rest, mut context) = (chosen.rest, repository.context.clone());
        if repository.config.url_encoded_config
            && let Some((segment, explicit, path)) = context::split(rest)
        {
            // Links keep it, or the download that follows would come without its context.
            link_base = format!("{link_base}/{segment}");
            (rest, context) = (path, Some(Arc::new(explicit)));
        }
        let description = repository.plugin.plugin().description();
        let request = incoming::request(parts, description, rest, path.query());
        let visit = Visit {
            gateway: self,
            repository,
            id,
            parts,
            request,
            link_base,
            context,
        };
        let route = match repository.plugin.classify(visit.request.clone()).await {
            Ok(Route::NotFound) if chosen.is_by_host() => return (None, Err(self.repositories.unknown(&path))),
            Ok(route) => route,
            Err(failure) => return (Some(repository), Err(failure)),
        };
        *operation = repository.operation(&route);
        let result = match step(&visit, route, body).await {
            Err(failure) => Err(heads::edit_failure(&visit, failure).await),
            answer => answer,
        };
        (Some(repository), result)
    }
}

async fn step(visit: &Visit<'_>, route: Route, body: Body) -> Result<Response<Body>, Failure> {
    let reads = matches!(visit.parts.method, Method::GET | Method::HEAD);
    match route {
        Route::Passthrough(target) => passthrough::answer(visit, target, body).await,
        Route::Respond(answer) => {
            respond::answer(visit.repository.plugin.plugin(), answer).map(|response| visit.whole(response))
        }
        Route::NotFound => Err(Failure::new(
            Blame::Client,
            StatusCode::NOT_FOUND,
            format!(
                "this is no path of a repository of kind {}",
                visit.repository.config.section
            ),
        )),
        _ if !reads => Err(Failure::new(
            Blame::Client,
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are answered here",
        )),
        Route::Artifact(artifact) => artifact::answer(visit, artifact).await,
        Route::Document(document) => document::answer(visit, document).await,
        Route::ChecksumOf((document, digest)) => checksum::answer(visit, document, digest).await,
        Route::Component(document) => component::answer(visit, document).await,
    }
}

fn log_failure(id: &str, parts: &Parts, repository: Option<&Repository>, failure: &Failure) {
    let repository = repository
        .map(|repository| repository.config.name.as_str())
        .unwrap_or_default();
    let (path, status, blame) = (parts.uri.path(), failure.status.as_u16(), failure.blame.as_str());
    let detail = failure.detail.as_deref().unwrap_or_default();
    match failure.blame {
        Blame::Client => tracing::debug!(request_id = id, path, status, blame, repository, detail, "{failure}"),
        Blame::Upstream | Blame::Policy | Blame::Judge => {
            tracing::warn!(request_id = id, path, status, blame, repository, detail, "{failure}");
        }
        Blame::Plugin | Blame::Configuration | Blame::Proxy => {
            tracing::error!(request_id = id, path, status, blame, repository, detail, "{failure}");
        }
    }
}

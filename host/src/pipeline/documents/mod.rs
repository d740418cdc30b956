//! Upstream documents with what a plugin learnt from them, kept so that a request costs no more than it must: asked for once
//! however many ask at the same time, scanned once as long as upstream says it is the same, planned once for each set of
//! verdicts. Nothing here is served by itself: verdicts are asked for every time.

mod flight;
mod freshness;
mod key;
mod source;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::StatusCode;
use http::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use moka::sync::Cache;

use self::flight::Flights;
use self::freshness::Freshness;
use self::key::Key;
pub(super) use self::source::{Source, Variant};
use super::packing;
use super::visit::Visit;
use crate::failure::Failure;
use crate::metrics::RepositoryCounts;
use crate::plugin::{Document, PluginRepository, Request};
use crate::upstream::{Budget, Exchange, Kind, Origins, Upstream, read_document};

/// All documents of all repositories. Cheap to clone; clones share everything.
#[derive(Clone)]
pub(super) struct Documents {
    upstream: Upstream,
    budget: Budget,
    /// `http.client.max-manifest-body-size`, in bytes.
    limit: u64,
    kept: Cache<Key, Arc<Source>>,
    flights: Flights<Key, Result<Arc<Source>, Failure>>,
}

/// One way to upstream, owned, so that it goes on when the client that caused it is gone.
struct Errand {
    key: Key,
    origins: Arc<Origins>,
    plugin: PluginRepository,
    request: Request,
    document: Document,
    kind: Kind,
    url: url::Url,
    headers: HeaderMap,
    replaced: HeaderMap,
    known: Option<Arc<Source>>,
    counts: Arc<RepositoryCounts>,
}

impl Documents {
    /// `room` is what all kept documents may take together, in bytes; none are kept when it is 0.
    pub(super) fn new(upstream: Upstream, budget: Budget, limit: u64, room: u64) -> Self {
        let weight = |_: &Key, source: &Arc<Source>| u32::try_from(source.weight()).unwrap_or(u32::MAX);
        Self {
            upstream,
            budget,
            limit,
            kept: Cache::builder().max_capacity(room).weigher(weight).build(),
            flights: Flights::default(),
        }
    }

    /// Bytes of documents held, and of how many at most.
    pub(super) fn memory(&self) -> (u64, u64) {
        self.budget.in_use()
    }

    /// The document as upstream has it now, or as it had it so lately that upstream itself says that will do.
    /// `kind` says whose rules its redirects follow.
    pub(super) async fn get(&self, visit: &Visit<'_>, document: Document, kind: Kind) -> Result<Arc<Source>, Failure> {
        let repository = visit.repository;
        let replaced = repository.accept(&document)?;
        // A HEAD must agree with what a GET would be, so it takes the same way.
        let request = Request {
            method: "GET".into(),
            ..visit.request.clone()
        };
        let url = repository.origins.resolve(&document.at.origin, &document.at.path)?;
        let key = Key::new(&repository.config.name, &url, &document, &request, &visit.parts.headers);
        let known = self.kept.get(&key);
        if let Some(known) = &known
            && known.freshness.is_fresh(Instant::now())
            && !freshness::is_new_wanted(&visit.parts.headers)
        {
            repository.counts.documents.hits.one();
            return Ok(Arc::clone(known));
        }
        let errand = Errand {
            key: key.clone(),
            origins: Arc::clone(&repository.origins),
            plugin: repository.plugin.clone(),
            request,
            document,
            kind,
            url,
            headers: visit.parts.headers.clone(),
            replaced,
            known,
            counts: Arc::clone(&repository.counts),
        };
        let documents = self.clone();
        let lost = || Err(Failure::overloaded("the proxy lost this request; try again"));
        self.flights
            .join(key, async move { documents.run(errand).await }, lost)
            .await
    }

    async fn run(self, errand: Errand) -> Result<Arc<Source>, Failure> {
        let key = errand.key.clone();
        let result = self.fetch(errand).await;
        match &result {
            Ok(source) if source.freshness.may_be_kept() => self.kept.insert(key, Arc::clone(source)),
            _ => self.kept.invalidate(&key),
        }
        result
    }

    async fn fetch(&self, errand: Errand) -> Result<Arc<Source>, Failure> {
        let Errand {
            origins,
            plugin,
            request,
            document,
            kind,
            url,
            headers,
            mut replaced,
            known,
            counts,
            ..
        } = errand;
        if let Some(known) = &known {
            replaced.extend(known.conditions());
        }
        let exchange = Exchange {
            origins: &origins,
            kind,
            method: http::Method::GET,
            url,
            headers: &headers,
            replaced,
            body: None,
        };
        let asked = Instant::now();
        let response = self.upstream.send(exchange).await;
        counts.asked(asked, &response);
        let response = response?;
        let freshness = Freshness::of(&response.received, &headers);
        match (response.status, known) {
            (StatusCode::OK, known) => {
                let head = super::visit::head_for_plugin(response.status, &response.received);
                let validators = validators(&response.received);
                let (host, headers) = (response.host(), response.headers.clone());
                let packed = read_document(response, self.limit, &self.budget)
                    .await
                    .inspect_err(|_| counts.cut_short())?;
                if let Some(known) = known
                    && known.is_same(&packed, &headers)
                {
                    counts.documents.revalidations.one();
                    return Ok(Arc::new(known.renewed(freshness, validators)));
                }
                counts.documents.misses.one();
                let body = packing::unpack(packed.clone(), document.packing, self.limit, &host).await?;
                let index = plugin.scan(request, head, body.clone()).await?;
                Ok(Arc::new(Source::new(
                    packed, body, headers, validators, freshness, index,
                )))
            }
            (StatusCode::NOT_MODIFIED, Some(known)) => {
                counts.documents.revalidations.one();
                let validators = known.validators.clone();
                Ok(Arc::new(known.renewed(freshness, validators)))
            }
            _ => Err(source::not_a_document(&response, &request.path)),
        }
    }
}

/// Upstream's own `ETag` and `Last-Modified`, to ask with.
fn validators(received: &HeaderMap) -> HeaderMap {
    let mut validators = HeaderMap::new();
    for (from, to) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
        if let Some(value) = received.get(from) {
            validators.insert(to, value.clone());
        }
    }
    validators
}

/// Notes as they go to `plan`.
pub(super) type Notes = Bytes;

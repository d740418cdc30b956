//! The one way to a verdict: cache, then Judge for what is missing, each package URL once.

use std::sync::Arc;
use std::time::Duration;

use super::cache::{CacheError, Cached, Known, Origin, Scope, VerdictCache};
use super::filter::{Filter, Packages};
use super::flights::{Flight, FlightKey, Flights, Seat};
use super::memory::MemoryCache;
use super::proactive;
use super::redis::RedisCache;
use super::removals::Removals;
use super::waits::{Pauses, Waits};
use crate::config::{Cache, WorkMode};
use crate::judge::{Answer, Answers, BlockStatus, Judge, JudgeError, Question, Verdict};
use crate::metrics::{CacheReport, JudgeReport, VerdictCounts};

/// Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Verdicts {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) judge: Arc<dyn Judge>,
    /// None: every question goes to Judge.
    pub(super) cache: Option<Arc<dyn VerdictCache>>,
    pub(super) refresh_after: Duration,
    flights: Arc<Flights>,
    removals: Removals,
    waits: Arc<Waits>,
    counts: VerdictCounts,
}

impl Verdicts {
    /// With a cache when `cache.judge.enabled` is true: on Redis where `cache.redis` is set, else in memory. `mode` is what
    /// Judge is told in proactive refreshes (`codescoring.work-mode`). Must be called within a tokio runtime.
    pub fn new(judge: Arc<dyn Judge>, config: &Cache, mode: WorkMode) -> Result<Self, CacheError> {
        let cache: Option<Arc<dyn VerdictCache>> = match (&config.redis, config.judge.enabled) {
            (_, false) => None,
            (None, true) => Some(Arc::new(MemoryCache::new(config.judge.ttl, config.judge.max_memory))),
            (Some(redis), true) => Some(Arc::new(RedisCache::open(redis, &config.judge)?)),
        };
        let verdicts = Self::with_cache(judge, cache, config.judge.refresh_after);
        if config.judge.enabled && config.judge.proactive_refresh_enabled {
            proactive::start(&verdicts, &config.judge, mode);
        }
        Ok(verdicts)
    }

    pub fn with_cache(judge: Arc<dyn Judge>, cache: Option<Arc<dyn VerdictCache>>, refresh_after: Duration) -> Self {
        Self::build(judge, cache, refresh_after, Pauses::default())
    }

    fn build(
        judge: Arc<dyn Judge>,
        cache: Option<Arc<dyn VerdictCache>>,
        refresh_after: Duration,
        pauses: Pauses,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                judge,
                cache,
                refresh_after,
                flights: Arc::default(),
                removals: Removals::default(),
                waits: Arc::new(Waits::new(pauses)),
                counts: VerdictCounts::default(),
            }),
        }
    }

    /// One answer a package URL, in the order of the question.
    ///
    /// A cached verdict older than `refresh-after` is given out and refreshed in the background. So is one that Judge was
    /// not told the download of, when `question.record` is set: a platform that records downloads hears of each component
    /// at least once per `refresh-after`, without slowing anybody down.
    pub async fn verdicts(&self, question: Question) -> Answers {
        self.sourced(question).await.answers
    }

    /// As [`Self::verdicts`], and where they come from.
    pub async fn sourced(&self, question: Question) -> Sourced {
        let scope = self.scope(&question);
        let cached = match &self.inner.cache {
            Some(cache) => cache.get(&scope, &question.purls).await,
            None => vec![None; question.purls.len()],
        };
        let counts = &self.inner.counts;
        let mut again = Vec::new();
        let mut missing = Vec::new();
        let mut answers: Vec<Option<Answer>> = Vec::with_capacity(cached.len());
        for (purl, cached) in question.purls.iter().zip(cached) {
            let Some(Cached { verdict, age, recorded }) = cached else {
                missing.push(purl.as_str().into());
                answers.push(None);
                continue;
            };
            if age > self.inner.refresh_after || (question.record && !recorded) {
                again.push(purl.as_str().into());
            }
            answers.push(Some(Ok(verdict)));
        }
        if self.inner.cache.is_some() {
            counts.misses.add(missing.len() as u64);
            counts.stale.add(again.len() as u64);
            counts.hits.add((answers.len() - missing.len() - again.len()) as u64);
        }
        let about = About::of(&question);
        if !again.is_empty() {
            self.ask(&scope, &about, again, Errand::Refresh);
        }
        if missing.is_empty() {
            return Sourced {
                answers: answers.into_iter().flatten().collect(),
                source: Source::Cache,
            };
        }
        let source = self.beyond_the_cache(missing.len() < answers.len());
        let mut seats = self.ask(&scope, &about, missing, Errand::Missing).into_iter();
        let mut complete = Vec::with_capacity(answers.len());
        for answer in answers {
            complete.push(match answer {
                Some(answer) => answer,
                None => seated(seats.next()).await,
            });
        }
        Sourced {
            answers: complete,
            source,
        }
    }

    fn beyond_the_cache(&self, partly: bool) -> Source {
        let embedded = self.inner.judge.report().is_none();
        match (embedded, partly) {
            (false, false) => Source::Judge,
            (false, true) => Source::CacheAndJudge,
            (true, false) => Source::Embedded,
            (true, true) => Source::CacheAndEmbedded,
        }
    }

    /// The answer about the one package URL of `question`. One that is not scanned yet is asked for again until it is, for
    /// at most `timeout` (`codescoring.scan-wait-timeout`); then it is [`BlockStatus::BlockedScanWaitTimeout`]. Dropping
    /// the future gives the wait up.
    pub async fn verdict_waiting(&self, question: Question, timeout: Duration) -> (Answer, Source) {
        let scope = self.scope(&question);
        let beyond = self.beyond_the_cache(false);
        let Some(purl) = question.purls.first().map(|purl| Arc::<str>::from(purl.as_str())) else {
            let error = JudgeError::NoVerdict("no package URL was asked about".into());
            return (Err(error), beyond);
        };
        // The first question told Judge of the download; asking on is not another one.
        let about = About {
            record: false,
            ..About::of(&question)
        };
        let Sourced { answers, source } = self.sourced(question).await;
        let Some(first) = answers.into_iter().next() else {
            let error = JudgeError::NoVerdict("the question was not asked".into());
            return (Err(error), beyond);
        };
        if !is_unscanned(&first) {
            return (first, source);
        }
        let (verdicts, key) = (self.clone(), (scope.clone(), Arc::clone(&purl)));
        let wait = self.inner.waits.join(key, &first, move || {
            let seats = verdicts.ask(&scope, &about, vec![Arc::clone(&purl)], Errand::News);
            seated(seats.into_iter().next())
        });
        let counts = &self.inner.counts;
        counts.waits.one();
        let _waiting = counts.waiting.enter();
        let answer = match tokio::time::timeout(timeout, wait).await {
            Ok(answer) => answer,
            Err(_elapsed) => {
                counts.wait_timeouts.one();
                Ok(Arc::new(Verdict {
                    status: BlockStatus::BlockedScanWaitTimeout,
                    ..first.map_or_else(|_| Verdict::allowed(), |verdict| Verdict::clone(&verdict))
                }))
            }
        };
        (answer, beyond)
    }

    /// [`Judge::revision`], and how often verdicts were removed: what was said at another epoch does not hold.
    pub fn epoch(&self) -> (u64, u64) {
        (self.inner.judge.revision(), self.inner.removals.so_far())
    }

    /// Removes these package URLs from the cache, in whatever way they are written and for whatever context they were asked
    /// for. How many entries that were.
    pub async fn forget_purls(&self, purls: &[String]) -> Result<u64, CacheError> {
        self.forget(Filter::purls(purls)).await
    }

    /// Removes the entries of a package type that match the filters. How many those were.
    pub async fn forget_packages(&self, packages: Packages) -> Result<u64, CacheError> {
        self.forget(Filter::Packages(packages)).await
    }

    pub(crate) fn counts(&self) -> &VerdictCounts {
        &self.inner.counts
    }

    /// Of the cache, when there is one.
    pub(crate) fn cache_report(&self) -> Option<CacheReport> {
        Some(self.inner.cache.as_ref()?.report())
    }

    /// Finds out in the background whether the cache answers, for [`Self::cache_report`].
    pub(crate) fn look_at_cache(&self) {
        if let Some(cache) = self.inner.cache.clone() {
            tokio::spawn(async move { cache.look().await });
        }
    }

    pub(crate) fn judge_report(&self) -> Option<JudgeReport<'_>> {
        self.inner.judge.report()
    }

    async fn forget(&self, filter: Filter) -> Result<u64, CacheError> {
        match &self.inner.cache {
            Some(cache) => {
                self.inner.removals.begin().await;
                cache.forget(&filter).await
            }
            None => Err(CacheError::Disabled),
        }
    }

    fn scope(&self, question: &Question) -> Scope {
        Scope {
            package_type: Arc::clone(&question.package_type),
            revision: self.inner.judge.revision(),
            context: question.context.clone(),
        }
    }

    /// A seat for each of `purls` on flights that are under way now.
    pub(super) fn ask(&self, scope: &Scope, about: &About, purls: Vec<Arc<str>>, errand: Errand) -> Vec<Seat> {
        let removals = self.inner.removals.so_far();
        let keys = purls.into_iter().map(|purl| FlightKey {
            scope: scope.clone(),
            record: about.record,
            refresh: errand == Errand::Refresh,
            removals,
            purl,
        });
        let (seats, flights) = self.inner.flights.board(keys);
        for flight in flights {
            let inner = Arc::clone(&self.inner);
            tokio::spawn(inner.fly(scope.clone(), about.clone(), flight, errand, removals));
        }
        seats
    }
}

/// Answers and where they come from.
#[derive(Clone, Debug)]
pub struct Sourced {
    pub answers: Answers,
    pub source: Source,
}

/// Where the answers to a question come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Cache,
    Judge,
    Embedded,
    CacheAndJudge,
    CacheAndEmbedded,
    /// What was said lately of a file beside this one (`scanned-extensions`).
    Sibling,
}

impl Source {
    /// As the log has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Judge => "judge",
            Self::Embedded => "embedded",
            Self::CacheAndJudge => "cache and judge",
            Self::CacheAndEmbedded => "cache and embedded",
            Self::Sibling => "sibling",
        }
    }
}

/// A question without its package URLs and context.
#[derive(Clone)]
pub(super) struct About {
    pub package_type: Arc<str>,
    pub mode: WorkMode,
    pub record: bool,
}

impl About {
    fn of(question: &Question) -> Self {
        Self {
            package_type: Arc::clone(&question.package_type),
            mode: question.mode,
            record: question.record,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    /// The cache did not have it a moment ago.
    Missing,
    /// What the cache has is not good enough for a client that waits.
    News,
    /// What the cache has is given out already.
    Refresh,
}

impl Inner {
    /// Asks Judge, remembers the verdicts, tells those who wait.
    async fn fly(self: Arc<Self>, scope: Scope, about: About, flight: Flight, errand: Errand, removals: u64) {
        let purls: Vec<String> = flight.purls().map(ToString::to_string).collect();
        let mut answers: Vec<Option<Answer>> = vec![None; purls.len()];
        if errand == Errand::Missing
            && let Some(cache) = &self.cache
        {
            // An earlier flight may have landed between the look into the cache and the start of this one.
            for (answer, cached) in answers.iter_mut().zip(cache.get(&scope, &purls).await) {
                *answer = cached
                    .filter(|cached| cached.recorded || !about.record)
                    .map(|cached| Ok(cached.verdict));
            }
        }
        if errand == Errand::Refresh
            && let Some(cache) = &self.cache
        {
            let claims = cache.claim(&scope, &purls, about.record).await;
            for (answer, _) in answers.iter_mut().zip(claims).filter(|(_, mine)| !mine) {
                *answer = Some(Err(JudgeError::NoVerdict("another instance asks for it".into())));
            }
        }
        let missing: Vec<String> = purls
            .iter()
            .zip(&answers)
            .filter(|(_, answer)| answer.is_none())
            .map(|(purl, _)| purl.clone())
            .collect();
        if !missing.is_empty() {
            let question = Question {
                purls: missing.into(),
                package_type: about.package_type,
                mode: about.mode,
                record: about.record,
                context: scope.context.clone(),
            };
            if errand == Errand::Refresh {
                self.counts.refreshes.add(question.purls.len() as u64);
            }
            let mut asked = self.judge.judge(question).await.into_iter();
            let mut known = Vec::new();
            for (answer, purl) in answers.iter_mut().zip(flight.purls()) {
                if answer.is_some() {
                    continue;
                }
                let new = asked
                    .next()
                    .unwrap_or_else(|| Err(JudgeError::NoVerdict("it is missing from the results".into())));
                if let Ok(verdict) = &new {
                    known.push(Known {
                        purl: Arc::clone(purl),
                        verdict: Arc::clone(verdict),
                        recorded: about.record,
                    });
                }
                *answer = Some(new);
            }
            if let Some(cache) = &self.cache {
                let origin = match errand {
                    Errand::Missing | Errand::News => Origin::Request,
                    Errand::Refresh => Origin::Refresh,
                };
                if let Some(_none_begins) = self.removals.none_since(removals).await {
                    cache.put(&scope, known, origin).await;
                }
            }
        }
        flight.land(answers.into_iter().flatten().collect());
    }
}

async fn seated(seat: Option<Seat>) -> Answer {
    match seat {
        Some(seat) => seat.answer().await,
        None => Err(JudgeError::NoVerdict("the question was not asked".into())),
    }
}

fn is_unscanned(answer: &Answer) -> bool {
    matches!(answer, Ok(verdict) if verdict.status == BlockStatus::BlockedNotScanned)
}

#[cfg(test)]
mod tests;

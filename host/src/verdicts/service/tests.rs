use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};

use super::*;
use crate::judge::Context;
use crate::verdicts::Cursor;
use crate::verdicts::Page;

/// Answers after a moment and remembers what it was asked.
#[derive(Default)]
struct Script {
    asked: Mutex<Vec<Question>>,
    /// `not_blocked` unless told otherwise.
    answers: Mutex<HashMap<String, Answer>>,
    thinks: Duration,
    /// Held for writing, no answer comes.
    silence: tokio::sync::RwLock<()>,
    revision: AtomicU64,
}

impl Script {
    fn thinking(thinks: Duration) -> Arc<Self> {
        Arc::new(Self {
            thinks,
            ..Self::default()
        })
    }

    fn set(&self, purl: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(purl.to_owned(), answer);
    }

    /// How often each package URL was asked about.
    fn times(&self) -> HashMap<String, usize> {
        let mut times = HashMap::new();
        for question in self.asked.lock().unwrap().iter() {
            for purl in question.purls.iter() {
                *times.entry(purl.clone()).or_default() += 1;
            }
        }
        times
    }

    fn requests(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Judge for Script {
    fn judge(&self, question: Question) -> BoxFuture<'_, Answers> {
        async move {
            self.asked.lock().unwrap().push(question.clone());
            tokio::time::sleep(self.thinks).await;
            let _speaks = self.silence.read().await;
            let answers = self.answers.lock().unwrap();
            let answer = |purl| answers.get(purl).cloned();
            let allowed = || Ok(Arc::new(Verdict::allowed()));
            question
                .purls
                .iter()
                .map(|purl| answer(purl).unwrap_or_else(allowed))
                .collect()
        }
        .boxed()
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }
}

fn question<S: Into<String>>(purls: impl IntoIterator<Item = S>) -> Question {
    Question {
        purls: purls.into_iter().map(Into::into).collect(),
        package_type: "widget".into(),
        mode: WorkMode::StrictWait,
        record: false,
        context: None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "stands beside errors in lists")]
fn status(status: BlockStatus) -> Answer {
    Ok(Arc::new(Verdict::of(status)))
}

fn cached(judge: &Arc<Script>) -> Verdicts {
    let mut config = Cache::default();
    config.judge.enabled = true;
    Verdicts::new(Arc::clone(judge) as _, &config, WorkMode::StrictWait).unwrap()
}

fn uncached(judge: &Arc<Script>) -> Verdicts {
    Verdicts::with_cache(Arc::clone(judge) as _, None, Duration::ZERO)
}

const A: &str = "pkg:widget/a@1";
const B: &str = "pkg:widget/b@1";

#[tokio::test]
async fn only_what_is_not_known_is_asked_and_order_is_kept() {
    let judge = Script::thinking(Duration::ZERO);
    judge.set(B, status(BlockStatus::BlockedByPolicies));
    let verdicts = cached(&judge);
    assert_eq!(
        verdicts.verdicts(question([B])).await,
        [status(BlockStatus::BlockedByPolicies)]
    );
    assert_eq!(
        verdicts.verdicts(question([A, B, A])).await,
        [
            status(BlockStatus::NotBlocked),
            status(BlockStatus::BlockedByPolicies),
            status(BlockStatus::NotBlocked)
        ]
    );
    assert_eq!(judge.times(), HashMap::from([(A.to_owned(), 1), (B.to_owned(), 1)]));
}

#[tokio::test]
async fn a_context_and_a_new_policy_are_judged_anew() {
    let judge = Script::thinking(Duration::ZERO);
    let verdicts = cached(&judge);
    let elsewhere = Question {
        context: Some(Arc::new(Context {
            repo_manager_host: "https://manager.example".into(),
            repo_name: "widgets".into(),
        })),
        ..question([A])
    };
    verdicts.verdicts(question([A])).await;
    verdicts.verdicts(elsewhere).await;
    judge.revision.store(1, Ordering::Relaxed);
    judge.set(A, status(BlockStatus::BlockedByPolicies));
    assert_eq!(
        verdicts.verdicts(question([A])).await,
        [status(BlockStatus::BlockedByPolicies)]
    );
    assert_eq!(judge.times()[A], 3);
}

#[tokio::test]
async fn errors_are_not_remembered() {
    let judge = Script::thinking(Duration::ZERO);
    judge.set(A, Err(JudgeError::BreakerOpen));
    let verdicts = cached(&judge);
    assert_eq!(verdicts.verdicts(question([A])).await, [Err(JudgeError::BreakerOpen)]);
    judge.set(A, status(BlockStatus::NotBlocked));
    assert_eq!(
        verdicts.verdicts(question([A])).await,
        [status(BlockStatus::NotBlocked)]
    );
}

#[tokio::test]
async fn a_thousand_askers_are_one_question() {
    for verdicts in [cached, uncached] {
        let judge = Script::thinking(Duration::from_millis(50));
        let verdicts = verdicts(&judge);
        let purls: Vec<String> = (0..20).map(|n| format!("pkg:widget/a@{n}")).collect();
        let all = join_all((0..1000).map(|_| verdicts.verdicts(question(purls.clone())))).await;
        assert!(
            all.iter()
                .all(|answers| answers.len() == 20 && answers.iter().all(Result::is_ok))
        );
        assert_eq!(judge.requests(), 1);
    }
}

/// A cache across a slow network: what a read brings is some moments old.
struct Distant(MemoryCache);

impl VerdictCache for Distant {
    fn get<'a>(&'a self, scope: &'a Scope, purls: &'a [String]) -> BoxFuture<'a, Vec<Option<Cached>>> {
        async move {
            let found = self.0.get(scope, purls).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
            found
        }
        .boxed()
    }

    fn put<'a>(&'a self, scope: &'a Scope, known: Vec<Known>, origin: Origin) -> BoxFuture<'a, ()> {
        self.0.put(scope, known, origin)
    }

    fn stale(&self, age: Duration, from: Cursor) -> BoxFuture<'_, Result<Page, CacheError>> {
        self.0.stale(age, from)
    }

    fn forget<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<u64, CacheError>> {
        self.0.forget(filter)
    }
}

/// A flight that lands between an asker's look into the cache and its boarding must not make it ask again.
#[tokio::test]
async fn asked_once_even_when_the_answer_comes_while_the_cache_is_read() {
    let judge = Script::thinking(Duration::ZERO);
    let memory = MemoryCache::new(Duration::from_mins(1), 1 << 20);
    let cache = Arc::new(Distant(memory));
    let verdicts = Verdicts::with_cache(Arc::clone(&judge) as _, Some(cache), Duration::from_mins(1));
    let askers = (0..40).map(|n| {
        let verdicts = &verdicts;
        async move {
            tokio::time::sleep(Duration::from_millis(3 * n)).await;
            verdicts.verdicts(question([A])).await
        }
    });
    assert!(join_all(askers).await.iter().all(|answers| answers[0].is_ok()));
    assert_eq!(judge.times()[A], 1);
}

/// Who removes a verdict because the policy changed must not find the old one again.
#[tokio::test]
async fn what_was_asked_before_a_removal_is_neither_kept_nor_told_to_those_who_ask_later() {
    let judge = Script::thinking(Duration::ZERO);
    let verdicts = cached(&judge);
    let silence = judge.silence.write().await;
    let ask = || {
        let verdicts = verdicts.clone();
        tokio::spawn(async move { verdicts.verdicts(question([A])).await })
    };
    let asked = async |times: usize| {
        while judge.requests() < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let first = ask();
    asked(1).await;
    let before = verdicts.epoch();
    assert_eq!(verdicts.forget_purls(&[A.to_owned()]).await, Ok(0));
    assert_ne!(verdicts.epoch(), before);
    let second = ask();
    asked(2).await;
    assert_eq!(verdicts.forget_purls(&[A.to_owned()]).await, Ok(0));
    drop(silence);
    assert!(first.await.unwrap()[0].is_ok() && second.await.unwrap()[0].is_ok());
    assert!(verdicts.verdicts(question([A])).await[0].is_ok());
    assert_eq!(judge.times()[A], 3, "neither answer was kept");
    assert!(verdicts.verdicts(question([A])).await[0].is_ok());
    assert_eq!(judge.times()[A], 3, "the last one was");
}

#[tokio::test]
async fn an_asker_who_leaves_strands_nobody() {
    let judge = Script::thinking(Duration::from_millis(80));
    let verdicts = uncached(&judge);
    let leaver = verdicts.clone();
    let leaving = tokio::spawn(async move { leaver.verdicts(question([A])).await });
    while judge.requests() == 0 {
        tokio::task::yield_now().await;
    }
    let stays = tokio::spawn(async move { verdicts.verdicts(question([A, B])).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    leaving.abort();
    assert!(stays.await.unwrap().iter().all(Result::is_ok));
    assert_eq!(judge.times()[A], 1);
}

#[tokio::test]
async fn a_download_is_told_to_judge_even_when_its_verdict_is_known() {
    let judge = Script::thinking(Duration::ZERO);
    let verdicts = cached(&judge);
    verdicts.verdicts(question([A])).await;
    let download = || Question {
        record: true,
        ..question([A])
    };
    for _ in 0..3 {
        assert!(verdicts.verdicts(download()).await[0].is_ok());
        until(|| judge.requests() == 2).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let records: Vec<bool> = judge.asked.lock().unwrap().iter().map(|asked| asked.record).collect();
    assert_eq!(records, [false, true]);
}

#[tokio::test]
async fn a_stale_verdict_is_served_and_refreshed_once() {
    let judge = Script::thinking(Duration::ZERO);
    let memory = Arc::new(MemoryCache::new(Duration::from_mins(1), 1 << 20));
    let verdicts = Verdicts::with_cache(Arc::clone(&judge) as _, Some(memory), Duration::from_millis(10));
    verdicts.verdicts(question([A])).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    judge.set(A, status(BlockStatus::BlockedByPolicies));
    let silence = judge.silence.write().await;
    for _ in 0..10 {
        assert_eq!(
            verdicts.verdicts(question([A])).await,
            [status(BlockStatus::NotBlocked)]
        );
    }
    until(|| judge.requests() == 2).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(judge.requests(), 2);
    drop(silence);
    let mut answers = Vec::new();
    for _ in 0..200 {
        answers = verdicts.verdicts(question([A])).await;
        if answers == [status(BlockStatus::BlockedByPolicies)] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(answers, [status(BlockStatus::BlockedByPolicies)]);
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_old_verdict() {
    let judge = Script::thinking(Duration::ZERO);
    let memory = Arc::new(MemoryCache::new(Duration::from_mins(1), 1 << 20));
    let verdicts = Verdicts::with_cache(Arc::clone(&judge) as _, Some(memory), Duration::from_millis(10));
    verdicts.verdicts(question([A])).await;
    judge.set(A, Err(JudgeError::Unreachable("reset".into())));
    tokio::time::sleep(Duration::from_millis(20)).await;
    for requests in 2..4 {
        assert_eq!(
            verdicts.verdicts(question([A])).await,
            [status(BlockStatus::NotBlocked)]
        );
        until(|| judge.requests() == requests).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks again after 20, 40, 80, 80 ... milliseconds.
fn hurried(judge: &Arc<Script>, cache: bool) -> Verdicts {
    let memory = || Arc::new(MemoryCache::new(Duration::from_mins(1), 1 << 20));
    let cache = cache.then(|| memory() as Arc<dyn VerdictCache>);
    let pauses = Pauses {
        first: Duration::from_millis(20),
        longest: Duration::from_millis(80),
        longest_wish: Duration::from_millis(80),
    };
    Verdicts::build(Arc::clone(judge) as _, cache, Duration::from_mins(1), pauses)
}

#[tokio::test]
async fn a_wait_ends_with_the_scan_and_is_shared() {
    let judge = Script::thinking(Duration::ZERO);
    judge.set(A, status(BlockStatus::BlockedNotScanned));
    let verdicts = hurried(&judge, true);
    let scan = async {
        until(|| judge.requests() == 4).await;
        judge.set(A, status(BlockStatus::BlockedByPolicies));
    };
    let wait = || {
        let download = Question {
            record: true,
            ..question([A])
        };
        verdicts.verdict_waiting(download, Duration::from_mins(1))
    };
    let (waited, ()) = tokio::join!(join_all((0..100).map(|_| wait())), scan);
    assert!(
        waited
            .iter()
            .all(|(answer, _)| *answer == status(BlockStatus::BlockedByPolicies))
    );
    // The fourth may have been answered after the scan already.
    assert!((4..=5).contains(&judge.times()[A]));
    let recorded = judge.asked.lock().unwrap().iter().filter(|asked| asked.record).count();
    assert_eq!(recorded, 1);
}

#[tokio::test]
async fn a_wait_that_takes_too_long_is_a_block() {
    let judge = Script::thinking(Duration::ZERO);
    let unscanned = Verdict {
        component_url: Some("https://platform.example/c/1".into()),
        ..Verdict::of(BlockStatus::BlockedNotScanned)
    };
    judge.set(A, Ok(Arc::new(unscanned)));
    let verdicts = hurried(&judge, false);
    let start = Instant::now();
    let timeout = Duration::from_millis(200);
    let answer = verdicts.verdict_waiting(question([A]), timeout).await.0.unwrap();
    assert!(start.elapsed() >= timeout);
    assert_eq!(answer.status, BlockStatus::BlockedScanWaitTimeout);
    assert_eq!(answer.component_url.as_deref(), Some("https://platform.example/c/1"));
    tokio::time::sleep(Duration::from_millis(20)).await;
    let asked = judge.requests();
    assert!(asked > 2);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(judge.requests(), asked, "nobody waits any more");
}

#[tokio::test]
async fn a_judge_that_fails_ends_the_wait() {
    let judge = Script::thinking(Duration::ZERO);
    judge.set(A, status(BlockStatus::BlockedNotScanned));
    let verdicts = hurried(&judge, false);
    let fails = async {
        until(|| judge.requests() == 2).await;
        judge.set(A, Err(JudgeError::Status(500)));
    };
    let wait = verdicts.verdict_waiting(question([A]), Duration::from_mins(1));
    assert_eq!(tokio::join!(wait, fails).0.0, Err(JudgeError::Status(500)));
}

#[tokio::test]
async fn forty_thousand_verdicts_from_memory_are_fast() {
    let judge = Script::thinking(Duration::ZERO);
    let verdicts = cached(&judge);
    let all = || question((0..40_000).map(|n| format!("pkg:widget/some-package-name@1.{n}.0")));
    let cold = Instant::now();
    verdicts.verdicts(all()).await;
    let (cold, requests) = (cold.elapsed(), judge.requests());
    assert_eq!(requests, 40_000usize.div_ceil(900));
    // The best of a few: the machine may be busy with other tests.
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let asked = all();
        let warm = Instant::now();
        let answers = verdicts.verdicts(asked).await;
        best = best.min(warm.elapsed());
        assert!(answers.len() == 40_000 && answers.iter().all(Result::is_ok));
    }
    println!("40,000 verdicts: cold {cold:?}, from memory {best:?}");
    assert_eq!(judge.requests(), requests);
    assert!(best < Duration::from_secs(1), "{best:?}");
}

async fn until(holds: impl Fn() -> bool) {
    for _ in 0..200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came true");
}

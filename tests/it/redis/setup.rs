//! A Judge that follows a script, and instances that share a Redis.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use osa_proxy::config::{self, Cache, WorkMode};
use osa_proxy::judge::{Answer, Answers, BlockStatus, Judge, Question, Verdict};
use osa_proxy::secret::Secret;
use osa_proxy::verdicts::Verdicts;

pub(super) const A: &str = "pkg:widget/a@1";
pub(super) const B: &str = "pkg:widget/b@1";
pub(super) const LONG: Duration = Duration::from_mins(10);

/// Allows everything unless told otherwise, and remembers what it was asked.
#[derive(Default)]
pub(super) struct Script {
    pub answers: Mutex<HashMap<String, Answer>>,
    pub asked: Mutex<Vec<Question>>,
    pub revision: AtomicU64,
}

impl Script {
    pub(super) fn set(&self, purl: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(purl.to_owned(), answer);
    }

    /// How often it was asked about a package URL.
    pub(super) fn times(&self, purl: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        let times = asked
            .iter()
            .map(|asked| asked.purls.iter().filter(|asked| *asked == purl).count());
        times.sum()
    }

    pub(super) fn requests(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Judge for Script {
    fn judge(&self, question: Question) -> BoxFuture<'_, Answers> {
        async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let answers = self.answers.lock().unwrap();
            let answer = |purl| {
                answers
                    .get(purl)
                    .cloned()
                    .unwrap_or_else(|| of(BlockStatus::NotBlocked))
            };
            let all = question.purls.iter().map(answer).collect();
            self.asked.lock().unwrap().push(question);
            all
        }
        .boxed()
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "stands beside errors")]
pub(super) fn of(status: BlockStatus) -> Answer {
    Ok(Arc::new(Verdict::of(status)))
}

pub(super) fn config(address: String) -> Cache {
    let mut cache = Cache::default();
    cache.judge.enabled = true;
    cache.judge.ttl = LONG;
    cache.redis = Some(config::Redis {
        address,
        cluster: false,
        password: Secret::default(),
        db: 0,
    });
    cache
}

/// An instance of the proxy, as far as verdicts go.
pub(super) fn instance(judge: &Arc<Script>, config: &Cache) -> Verdicts {
    Verdicts::new(Arc::clone(judge) as _, config, WorkMode::StrictWait).unwrap()
}

pub(super) fn question<S: Into<String>>(purls: impl IntoIterator<Item = S>) -> Question {
    Question {
        purls: purls.into_iter().map(Into::into).collect(),
        package_type: "widget".into(),
        mode: WorkMode::StrictWait,
        record: false,
        context: None,
    }
}

pub(super) async fn status(verdicts: &Verdicts, purl: &str) -> BlockStatus {
    verdicts.verdicts(question([purl])).await.remove(0).unwrap().status
}

/// Waits for what happens in the background.
pub(super) async fn until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "it does not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

//! Waiting for scans, together: however many clients want a component, Judge is asked about it by one loop, which ends
//! with its scan or when the last of them is gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::cache::Scope;
use crate::judge::{Answer, BlockStatus};

/// How long to wait before Judge is asked again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    /// Doubled after each question...
    pub first: Duration,
    /// ...up to here.
    pub longest: Duration,
    /// Judge's own `Retry-After` is followed from `first` up to here.
    pub longest_wish: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(5),
            longest_wish: Duration::from_mins(1),
        }
    }
}

impl Pauses {
    fn after(self, pause: Duration) -> Duration {
        (pause * 2).min(self.longest)
    }
}

type Key = (Scope, Arc<str>);
type Wait = BoxFuture<'static, Answer>;

#[derive(Default)]
pub(super) struct Waits {
    pauses: Pauses,
    going_on: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    waits: HashMap<Key, (u64, WeakShared<Wait>)>,
    /// Tells a wait from its successor under the same key.
    number: u64,
}

impl Waits {
    pub(super) fn new(pauses: Pauses) -> Self {
        Self {
            pauses,
            ..Self::default()
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // No code that can panic runs under the lock, and the table is whole after every statement.
        self.going_on.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the wait for `key`, or starts it with `ask`, which asks Judge anew each time it is called.
    pub(super) fn join<Ask, Asked>(self: &Arc<Self>, key: Key, first: &Answer, ask: Ask) -> Shared<Wait>
    where
        Ask: FnMut() -> Asked + Send + 'static,
        Asked: Future<Output = Answer> + Send + 'static,
    {
        let mut table = self.lock();
        if let Some(wait) = table.waits.get(&key).and_then(|(_, wait)| wait.upgrade()) {
            return wait;
        }
        table.number += 1;
        let entry = Listed {
            waits: Arc::clone(self),
            key: key.clone(),
            number: table.number,
        };
        let number = table.number;
        let wait = until_scanned(first.clone(), ask, entry).boxed().shared();
        if let Some(weak) = wait.downgrade() {
            table.waits.insert(key, (number, weak));
        }
        wait
    }
}

/// A line in the table, gone with the wait it belongs to.
struct Listed {
    waits: Arc<Waits>,
    key: Key,
    number: u64,
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut table = self.waits.lock();
        if table
            .waits
            .get(&self.key)
            .is_some_and(|(number, _)| *number == self.number)
        {
            table.waits.remove(&self.key);
        }
    }
}

async fn until_scanned<Ask, Asked>(first: Answer, mut ask: Ask, listed: Listed) -> Answer
where
    Ask: FnMut() -> Asked + Send,
    Asked: Future<Output = Answer> + Send,
{
    let pauses = listed.waits.pauses;
    let mut pause = pauses.first;
    let mut answer = first;
    while let Ok(verdict) = &answer
        && verdict.status == BlockStatus::BlockedNotScanned
    {
        let wish = verdict
            .ask_again_after
            .map(|wish| wish.clamp(pauses.first, pauses.longest_wish));
        tokio::time::sleep(wish.unwrap_or(pause)).await;
        pause = pauses.after(pause);
        answer = ask().await;
    }
    drop(listed);
    answer
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use super::*;
    use crate::judge::Verdict;

    #[expect(clippy::unnecessary_wraps, reason = "stands beside errors in lists")]
    fn answer(status: BlockStatus) -> Answer {
        Ok(Arc::new(Verdict::of(status)))
    }

    fn key() -> Key {
        let scope = Scope {
            package_type: "widget".into(),
            revision: 0,
            context: None,
        };
        (scope, "pkg:widget/a@1".into())
    }

    const SHORT: Pauses = Pauses {
        first: Duration::from_millis(10),
        longest: Duration::from_millis(40),
        longest_wish: Duration::from_millis(300),
    };

    #[test]
    fn pauses_grow_from_half_a_second_to_five() {
        let pauses = Pauses::default();
        let all = std::iter::successors(Some(pauses.first), |pause| Some(pauses.after(*pause)));
        let all: Vec<f64> = all.take(6).map(|pause| pause.as_secs_f64()).collect();
        assert_eq!(all, [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]);
    }

    #[tokio::test]
    async fn all_wait_together() {
        let waits = Arc::new(Waits::new(SHORT));
        let asked = Arc::new(AtomicUsize::new(0));
        let join = || {
            let asked = Arc::clone(&asked);
            waits.join(key(), &answer(BlockStatus::BlockedNotScanned), move || {
                let times = asked.fetch_add(1, Ordering::Relaxed) + 1;
                let status = if times < 4 {
                    BlockStatus::BlockedNotScanned
                } else {
                    BlockStatus::NotBlocked
                };
                async move { answer(status) }
            })
        };
        let start = Instant::now();
        let all = futures_util::future::join_all([join(), join(), join()]).await;
        assert!(all.iter().all(|one| *one == answer(BlockStatus::NotBlocked)));
        // 10 + 20 + 40 + 40
        assert!(start.elapsed() >= Duration::from_millis(110));
        assert_eq!(asked.load(Ordering::Relaxed), 4);
        assert!(waits.lock().waits.is_empty());
    }

    #[tokio::test]
    async fn judges_own_pause_is_followed_within_reason() {
        for (wish, least) in [(200, 200), (0, 10), (86_400_000, 300)] {
            let waits = Arc::new(Waits::new(SHORT));
            let mut first = Verdict::of(BlockStatus::BlockedNotScanned);
            first.ask_again_after = Some(Duration::from_millis(wish));
            let start = Instant::now();
            let wait = waits.join(key(), &Ok(Arc::new(first)), || async {
                answer(BlockStatus::NotBlocked)
            });
            wait.await.unwrap();
            assert!(start.elapsed() >= Duration::from_millis(least), "{wish}");
        }
    }

    #[tokio::test]
    async fn a_wait_that_nobody_waits_for_ends() {
        let waits = Arc::new(Waits::new(SHORT));
        let asked = Arc::new(AtomicUsize::new(0));
        let join = || {
            let asked = Arc::clone(&asked);
            waits.join(key(), &answer(BlockStatus::BlockedNotScanned), move || {
                asked.fetch_add(1, Ordering::Relaxed);
                async { answer(BlockStatus::BlockedNotScanned) }
            })
        };
        let (leaves, stays) = (join(), join());
        let leaving = tokio::time::timeout(Duration::from_millis(25), leaves).await;
        assert!(leaving.is_err());
        // The other one still makes progress, though the task that drove the loop is gone.
        let before = asked.load(Ordering::Relaxed);
        let staying = tokio::time::timeout(Duration::from_millis(300), stays).await;
        assert!(staying.is_err());
        let after = asked.load(Ordering::Relaxed);
        assert!(after > before + 1, "{before} {after}");
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(asked.load(Ordering::Relaxed), after);
        assert!(waits.lock().waits.is_empty());
    }
}

//! How many bytes of documents the whole process may hold at a time, whatever upstreams send.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;

const KIB: u64 = 1024;
/// How long a reader waits for others to finish before its client is told to come back.
const WAIT: Duration = Duration::from_secs(10);
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Shared by all readers of documents. Clones are the same budget.
///
/// Readers reserve as they grow. One that holds a part and finds the budget used up waits either for room or for the
/// single overdraft: its owner grows without reserving, so readers that wait for each other never stand still. The process
/// thus holds at most the budget and one document of the largest size allowed.
#[derive(Clone, Debug)]
pub struct Budget {
    room: Arc<Semaphore>,
    overdraft: Arc<Semaphore>,
    total: u32,
    wait: Duration,
}

impl Budget {
    pub fn new(bytes: u64) -> Self {
        Self::with_wait(bytes, WAIT)
    }

    pub(super) fn with_wait(bytes: u64, wait: Duration) -> Self {
        let total = kib(bytes);
        Self {
            room: Arc::new(Semaphore::new(total as usize)),
            overdraft: Arc::new(Semaphore::new(1)),
            total,
            wait,
        }
    }

    /// Bytes that nobody has reserved.
    pub fn available(&self) -> u64 {
        self.room.available_permits() as u64 * KIB
    }

    /// Bytes that are reserved, and all there are.
    pub(crate) fn in_use(&self) -> (u64, u64) {
        let total = u64::from(self.total) * KIB;
        (total.saturating_sub(self.available()), total)
    }

    pub(super) fn reservation(&self) -> Reservation {
        Reservation {
            budget: self.clone(),
            held: None,
            overdraft: None,
        }
    }
}

/// One reader's part of the budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Budget,
    held: Option<OwnedSemaphorePermit>,
    overdraft: Option<OwnedSemaphorePermit>,
}

impl Reservation {
    /// Reserves up to `bytes` in all. Waits a while when there is no room, then fails with 503 and `Retry-After`.
    pub(super) async fn grow_to(&mut self, bytes: u64) -> Result<(), Failure> {
        let held = self.held_kib();
        let missing = kib(bytes).saturating_sub(held);
        if missing == 0 || self.overdraft.is_some() {
            return Ok(());
        }
        let budget = &self.budget;
        // A newcomer holds nothing that others wait for, so it has no claim to the overdraft.
        let may_overdraw = held > 0 || missing > budget.total;
        let granted = tokio::time::timeout(budget.wait, async {
            tokio::select! {
                biased;
                room = Arc::clone(&budget.room).acquire_many_owned(missing) => room.map(|permit| (permit, false)),
                lane = Arc::clone(&budget.overdraft).acquire_owned(), if may_overdraw => lane.map(|permit| (permit, true)),
            }
        })
        .await;
        match granted {
            Ok(Ok((permit, true))) => self.overdraft = Some(permit),
            Ok(Ok((permit, false))) => match &mut self.held {
                Some(held) => held.merge(permit),
                None => self.held = Some(permit),
            },
            Ok(Err(_)) | Err(_) => {
                return Err(Failure::overloaded(
                    "too many large documents are being read at this moment; try again shortly",
                )
                .with_retry_after(RETRY_AFTER));
            }
        }
        Ok(())
    }

    /// Gives back what lies above `bytes`.
    pub(super) fn shrink_to(&mut self, bytes: u64) {
        let surplus = self.held_kib().saturating_sub(kib(bytes));
        if let Some(held) = &mut self.held {
            drop(held.split(surplus as usize));
        }
        if kib(bytes) <= self.held_kib() {
            self.overdraft = None;
        }
    }

    fn held_kib(&self) -> u32 {
        self.held
            .as_ref()
            .map_or(0, |held| u32::try_from(held.num_permits()).unwrap_or(u32::MAX))
    }
}

fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(KIB)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * KIB;

    #[tokio::test]
    async fn what_is_dropped_can_be_reserved_again() {
        let budget = Budget::with_wait(4 * MIB, Duration::from_millis(200));
        let mut first = budget.reservation();
        first.grow_to(3 * MIB).await.unwrap();
        assert_eq!(budget.available(), MIB);
        first.shrink_to(MIB);
        assert_eq!(budget.available(), 3 * MIB);
        let mut second = budget.reservation();
        second.grow_to(3 * MIB).await.unwrap();
        let failure = budget.reservation().grow_to(MIB).await.unwrap_err();
        assert_eq!(failure.status, 503);
        assert_eq!(failure.retry_after, Some(RETRY_AFTER));
        drop(first);
        budget.reservation().grow_to(MIB).await.unwrap();
    }

    #[tokio::test]
    async fn readers_that_wait_for_each_other_all_finish() {
        let budget = Budget::with_wait(8 * MIB, Duration::from_secs(20));
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let budget = budget.clone();
                tokio::spawn(async move {
                    let mut part = budget.reservation();
                    for mib in 1..=4 {
                        part.grow_to(mib * MIB).await?;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    Ok::<(), Failure>(())
                })
            })
            .collect();
        for reader in readers {
            reader.await.unwrap().unwrap();
        }
        assert_eq!(budget.available(), 8 * MIB);
    }

    #[tokio::test]
    async fn one_reader_may_exceed_the_budget_and_no_second() {
        let budget = Budget::with_wait(MIB, Duration::from_millis(200));
        let mut large = budget.reservation();
        large.grow_to(10 * MIB).await.unwrap();
        assert_eq!(budget.reservation().grow_to(20 * MIB).await.unwrap_err().status, 503);
        budget.reservation().grow_to(MIB).await.unwrap();
        drop(large);
        budget.reservation().grow_to(20 * MIB).await.unwrap();
    }
}

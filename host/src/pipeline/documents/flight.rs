//! Work that many wait for and one does. It runs as a task of its own, so whoever leaves strands nobody.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

type Aloft<K, V> = Arc<Mutex<HashMap<K, watch::Receiver<Option<V>>>>>;

pub(super) struct Flights<K, V> {
    aloft: Aloft<K, V>,
}

impl<K, V> Clone for Flights<K, V> {
    fn clone(&self) -> Self {
        Self {
            aloft: Arc::clone(&self.aloft),
        }
    }
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self { aloft: Arc::default() }
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// What the work under `key` gives: that which is under way, else `work`, which is then begun. `lost` is the result when
    /// the work ended without one.
    pub(super) async fn join(
        &self,
        key: K,
        work: impl Future<Output = V> + Send + 'static,
        lost: impl FnOnce() -> V,
    ) -> V {
        let mut landed = match lock(&self.aloft).entry(key) {
            Entry::Occupied(under_way) => under_way.get().clone(),
            Entry::Vacant(free) => {
                let landing = watch::Sender::new(None);
                let landed = landing.subscribe();
                let ticket = Ticket {
                    aloft: Arc::clone(&self.aloft),
                    key: free.key().clone(),
                };
                free.insert(landed.clone());
                tokio::spawn(async move {
                    let result = work.await;
                    // Off the list first: who comes now must not get what is already old.
                    drop(ticket);
                    landing.send_replace(Some(result));
                });
                landed
            }
        };
        let result = landed
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|result| result.clone());
        result.unwrap_or_else(lost)
    }
}

/// Takes the work off the list even when it panics.
struct Ticket<K: Eq + Hash, V> {
    aloft: Aloft<K, V>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Ticket<K, V> {
    fn drop(&mut self) {
        lock(&self.aloft).remove(&self.key);
    }
}

fn lock<K, V>(aloft: &Aloft<K, V>) -> MutexGuard<'_, HashMap<K, watch::Receiver<Option<V>>>> {
    // No code that can panic runs under the lock, and the map is whole after every statement.
    aloft.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn many_wait_for_one() {
        let flights = Flights::<u8, usize>::default();
        let runs = Arc::new(AtomicUsize::new(0));
        let work = || {
            let runs = Arc::clone(&runs);
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                runs.fetch_add(1, Ordering::SeqCst) + 1
            }
        };
        let all = futures_util::future::join_all((0..100).map(|_| flights.join(7, work(), || 0))).await;
        assert!(all.iter().all(|run| *run == 1));
        assert_eq!(flights.join(7, work(), || 0).await, 2);
    }

    #[tokio::test]
    async fn who_leaves_strands_nobody() {
        let flights = Flights::<u8, u8>::default();
        let slow = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            1
        };
        let first = tokio::time::timeout(Duration::from_millis(5), flights.join(7, slow, || 0)).await;
        assert!(first.is_err());
        assert_eq!(flights.join(7, async { 2 }, || 0).await, 1);
    }

    #[tokio::test]
    async fn work_that_panics_is_told_and_forgotten() {
        let flights = Flights::<u8, u8>::default();
        assert_eq!(flights.join(7, async { panic!("on purpose") }, || 9).await, 9);
        assert_eq!(flights.join(7, async { 2 }, || 0).await, 2);
    }
}

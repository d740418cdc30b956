//! Removals of verdicts, which an answer that was asked for before must not undo.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{RwLock, RwLockReadGuard};

#[derive(Default)]
pub(super) struct Removals {
    begun: AtomicU64,
    /// Written to while a removal begins, read while verdicts are put into the cache.
    gate: RwLock<()>,
}

// === impl Removals ===

impl Removals {
    pub(super) fn so_far(&self) -> u64 {
        self.begun.load(Ordering::Acquire)
    }

    /// Whatever was put before is there to be removed when this returns, and nothing is put later that was asked for
    /// earlier.
    pub(super) async fn begin(&self) {
        let _alone = self.gate.write().await;
        self.begun.fetch_add(1, Ordering::Release);
    }

    /// Keeps removals from beginning, if none has since there were `before` of them.
    pub(super) async fn none_since(&self, before: u64) -> Option<RwLockReadGuard<'_, ()>> {
        let gate = self.gate.read().await;
        (self.so_far() == before).then_some(gate)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_removal_waits_for_what_is_put_and_outdates_what_was_asked() {
        let removals = Removals::default();
        let before = removals.so_far();
        let putting = removals.none_since(before).await.unwrap();
        assert!(removals.begin().now_or_never().is_none());
        drop(putting);
        removals.begin().await;
        assert!(removals.none_since(before).await.is_none());
        assert!(removals.none_since(removals.so_far()).await.is_some());
    }
}

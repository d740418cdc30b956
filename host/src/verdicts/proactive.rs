//! `cache.judge.proactive-refresh-*`: every now and then Judge is asked again about all that has grown stale, so that those
//! who ask next find it fresh. What nobody asks for lives no longer for it.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use futures_util::StreamExt;

use super::cache::{CacheError, Cursor, Scope, VerdictCache};
use super::service::{About, Errand, Inner, Verdicts};
use crate::config::{JudgeCache, WorkMode};
use crate::judge::MAX_PURLS_A_REQUEST;

/// Ends with the last of the clones of `verdicts`.
pub(super) fn start(verdicts: &Verdicts, config: &JudgeCache, mode: WorkMode) {
    let inner = Arc::downgrade(&verdicts.inner);
    let (interval, workers) = (config.proactive_refresh_interval, config.proactive_refresh_workers);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(interval).await;
            let Some(inner) = Weak::upgrade(&inner) else { return };
            let Some(cache) = inner.cache.clone() else { return };
            let verdicts = Verdicts { inner };
            match (Round {
                verdicts,
                mode,
                workers,
            })
            .run(&*cache)
            .await
            {
                Ok(stale) => tracing::debug!(stale, "proactive refresh: done"),
                Err(error) => tracing::debug!(%error, "proactive refresh: given up until the next one"),
            }
        }
    });
}

struct Round {
    verdicts: Verdicts,
    mode: WorkMode,
    workers: usize,
}

impl Round {
    /// How many stale verdicts were found.
    async fn run(&self, cache: &dyn VerdictCache) -> Result<usize, CacheError> {
        let Inner {
            judge, refresh_after, ..
        } = &*self.verdicts.inner;
        let enough = self.workers * MAX_PURLS_A_REQUEST;
        let (mut stale, mut held) = (0, 0);
        let mut by_scope: HashMap<Scope, Vec<Arc<str>>> = HashMap::new();
        let mut next = Some(Cursor::default());
        while let Some(from) = next {
            let page = cache.stale(*refresh_after, from).await?;
            next = page.next;
            let revision = judge.revision();
            // Those of other revisions are never read again.
            for (scope, purl) in page.entries.into_iter().filter(|(scope, _)| scope.revision == revision) {
                by_scope.entry(scope).or_default().push(purl);
                held += 1;
            }
            if held >= enough || next.is_none() {
                self.refresh(std::mem::take(&mut by_scope)).await;
                stale += std::mem::take(&mut held);
            }
        }
        Ok(stale)
    }

    async fn refresh(&self, by_scope: HashMap<Scope, Vec<Arc<str>>>) {
        let batches = by_scope.into_iter().flat_map(|(scope, purls)| {
            let batches: Vec<_> = purls.chunks(MAX_PURLS_A_REQUEST).map(<[_]>::to_vec).collect();
            batches.into_iter().map(move |batch| (scope.clone(), batch))
        });
        futures_util::stream::iter(batches)
            .for_each_concurrent(self.workers, |(scope, batch)| async move {
                let about = About {
                    package_type: Arc::clone(&scope.package_type),
                    mode: self.mode,
                    record: false,
                };
                for seat in self.verdicts.ask(&scope, &about, batch, Errand::Refresh) {
                    // What fails stays as it is, and whoever asks for it asks Judge again.
                    let _ = seat.answer().await;
                }
            })
            .await;
    }
}

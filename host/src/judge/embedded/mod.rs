//! The embedded Judge: an ordered list of rules in a policy file, read again whenever it changes.

mod decide;
mod pattern;
mod policy;
mod range;
#[cfg(test)]
mod tests;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::{Answers, Judge, Question};
use crate::yaml::Problems;
use policy::Policy;

/// How the versions of an ecosystem are ordered, and how its names are compared. The plugins know.
pub trait VersionOrder: Send + Sync + 'static {
    /// Whether names that differ only in the case of letters are one. False where no plugin serves the type.
    fn folds_case(&self, purl_type: &str) -> bool;

    /// For each version its rank among those given: equal versions share one, and what is no version has none.
    /// An error where no plugin serves the package URL type, or where it failed.
    fn rank(&self, purl_type: &str, versions: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<u32>>, String>>;
}

/// The rules in force. The task that watches the file ends with the last of its clones.
#[derive(Clone)]
pub struct Embedded(Arc<Shared>);

struct Shared {
    file: PathBuf,
    order: Arc<dyn VersionOrder>,
    policy: RwLock<Arc<Policy>>,
    /// Of the file's content in force.
    digest: AtomicU64,
    revision: AtomicU64,
}

// === impl Embedded ===

impl Embedded {
    /// Reads the policy file and starts to watch it. Must be called within a tokio runtime.
    pub async fn open(file: &Path, order: Arc<dyn VersionOrder>) -> Result<Self, Problems> {
        let content = watch::read(file).await?;
        let policy = policy::load(file, &content, &*order).await?;
        let shared = Arc::new(Shared {
            file: file.to_owned(),
            order,
            policy: RwLock::new(Arc::new(policy)),
            digest: AtomicU64::new(digest(&content)),
            revision: AtomicU64::new(0),
        });
        shared.outdate();
        tokio::spawn(watch::watch(Arc::downgrade(&shared), content));
        Ok(Self(shared))
    }
}

impl Judge for Embedded {
    fn judge(&self, question: Question) -> BoxFuture<'_, Answers> {
        let policy = self.0.policy();
        async move { decide::decide(&policy, &*self.0.order, &question.purls, today()).await }.boxed()
    }

    fn revision(&self) -> u64 {
        self.0.revision.load(Ordering::Acquire)
    }
}

// === impl Shared ===

impl Shared {
    fn policy(&self) -> Arc<Policy> {
        // A policy is replaced as a whole, so that one left by a panic is as good as any.
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, policy: Policy, content: &[u8]) {
        self.digest.store(digest(content), Ordering::Release);
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
        self.outdate();
    }

    /// Verdicts given so far no longer hold.
    fn outdate(&self) {
        let awake = self.policy().awake(today()) as u64;
        let digest = self.digest.load(Ordering::Acquire);
        self.revision.store(digest.wrapping_add(awake), Ordering::Release);
    }
}

fn digest(content: &[u8]) -> u64 {
    Sha256::digest(content)
        .iter()
        .take(8)
        .fold(0, |digest, byte| digest << 8 | u64::from(*byte))
}

/// UTC, so that every proxy of a site agrees.
fn today() -> Date {
    jiff::Timestamp::now().to_zoned(TimeZone::UTC).date()
}

//! Reads the policy file again when it changes. Content is compared, not times: those lie on some mounts.

use std::path::Path;
use std::sync::Weak;
use std::time::Duration;

use super::{Shared, policy, today};
use crate::yaml::Problem;

/// A change is in force at most this much later, and the time it takes to read it.
const INTERVAL: Duration = Duration::from_secs(2);

pub(super) async fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    tokio::fs::read(file).await.map_err(|error| {
        Problem::file(
            file,
            format!("the policy file cannot be read: {error}; `policy.file` names it"),
        )
    })
}

/// Runs until the engine is gone. `seen` is the content in force.
pub(super) async fn watch(engine: Weak<Shared>, seen: Vec<u8>) {
    let mut seen = Some(seen);
    let mut awake = None;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(engine) = engine.upgrade() else { return };
        let content = match read(&engine.file).await {
            Ok(content) => Some(content),
            Err(problem) => {
                if seen.is_some() {
                    tracing::error!("{problem}; the last good policy stays in force");
                }
                None
            }
        };
        if content != seen {
            if let Some(content) = &content {
                reload(&engine, content).await;
            }
            seen = content;
            awake = None;
        }
        let count = engine.policy().awake(today());
        if awake.is_some_and(|before| before != count) {
            tracing::info!("{}: a rule has expired", engine.file.display());
            engine.outdate();
        }
        awake = Some(count);
    }
}

async fn reload(engine: &Shared, content: &[u8]) {
    match policy::load(&engine.file, content, &*engine.order).await {
        Ok(policy) => {
            let rules = policy.rules.len();
            engine.replace(policy, content);
            tracing::info!("{}: read again, {rules} rules are in force", engine.file.display());
        }
        Err(problems) => {
            tracing::error!(
                "{} is not used, the last good policy stays in force:\n{problems}",
                engine.file.display()
            );
        }
    }
}

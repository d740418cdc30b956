//! Work that takes processor time, kept away from the threads that serve connections.

use std::sync::LazyLock;

use tokio::sync::Semaphore;

use crate::failure::Failure;

/// Below this the hand-over costs more than the work.
pub(super) const WORTH_A_THREAD: usize = 128 * 1024;

/// As many at a time as there are processors: more would only take turns, each with its memory.
static SLOTS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)));

/// Runs `work` over `size` bytes, on a thread of its own when that is much.
pub(super) async fn offload<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    if size < WORTH_A_THREAD {
        return Ok(work());
    }
    let stopped = || Failure::overloaded("the proxy is shutting down; try again shortly");
    let _slot = SLOTS.acquire().await.map_err(|_| stopped())?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| stopped().with_detail(error))
}

//! The one wasmtime engine of the process and the thread that moves its clock.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::config::PluginLimits;

/// How often deadlines are looked at; a call may outlive its deadline by two of these.
const TICK: Duration = Duration::from_millis(10);

/// Bytes of an instance's memory that stay with its place in the pool: all that quick calls write to.
const KEPT: usize = 256 * 1024;

/// What all plugins share.
#[derive(Clone)]
pub(super) struct Runtime {
    pub(super) engine: Engine,
    pub(super) limits: PluginLimits,
    /// Taken before an instance is made: an exhausted pool is an error, a full semaphore only a wait. Documents have
    /// places of their own, so that a few large ones cannot keep every other request from being classified; and so have
    /// quick calls in place, which a plugin that hangs is not let into again.
    pub(super) calls_in_place: Arc<Semaphore>,
    pub(super) quick_calls: Arc<Semaphore>,
    pub(super) document_calls: Arc<Semaphore>,
}

impl Runtime {
    pub(super) fn new(limits: &PluginLimits) -> wasmtime::Result<Self> {
        let engine = match Engine::new(&config(Some(limits))) {
            Ok(engine) => engine,
            // Some containers cap address space below what a pool reserves; on-demand memory is slower, not weaker.
            Err(error) => {
                tracing::warn!(error = %error, "no memory pool for plugins, instances are allocated on demand");
                Engine::new(&config(None))?
            }
        };
        tick(&engine)?;
        let places = || Arc::new(Semaphore::new(limits.concurrency));
        Ok(Self {
            engine,
            limits: limits.clone(),
            calls_in_place: places(),
            quick_calls: places(),
            document_calls: places(),
        })
    }

    /// Ticks until `timeout` is over, counted from now.
    pub(super) fn ticks(timeout: Duration) -> u64 {
        let ticks = timeout.as_millis().div_ceil(TICK.as_millis());
        u64::try_from(ticks).unwrap_or(u64::MAX / 4).saturating_add(1)
    }
}

fn config(pool: Option<&PluginLimits>) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    // No async interfaces in the contract; leaving this on makes every call set up task state.
    config.concurrency_support(false);
    // A plugin is a pure function of its input: the same bytes on every machine.
    config.wasm_relaxed_simd(false);
    if let Some(limits) = pool {
        let slots = u32::try_from(3 * limits.concurrency).unwrap_or(u32::MAX / 16);
        let mut pool = PoolingAllocationConfig::new();
        // A component is a few core instances: itself and the shims that lower its imports.
        pool.total_component_instances(slots.saturating_mul(2))
            .total_core_instances(slots.saturating_mul(8))
            .total_memories(slots.saturating_mul(2))
            .total_tables(slots.saturating_mul(8))
            .max_memory_size(usize::try_from(limits.memory).unwrap_or(usize::MAX))
            .max_unused_warm_slots(slots);
        // Where the kernel tells which pages were written (Linux 6.7), those few are put back as they were: less work than
        // to give them up and meet every one of them again as a page fault.
        if PoolingAllocationConfig::is_pagemap_scan_available() {
            pool.pagemap_scan(Enabled::Yes)
                .linear_memory_keep_resident(KEPT)
                .table_keep_resident(KEPT);
        }
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

/// A thread of its own: a task on the async runtime can starve just when a deadline matters.
fn tick(engine: &Engine) -> wasmtime::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new().name("plugin-clock".into()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(())
}

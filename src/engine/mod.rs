//! The mathematics for many concurrent requests.
//!
//! The [`Cost`] of a computation is known from its index before it starts. A light computation runs where
//! it is called. A heavy one waits in a queue for a thread (see `queue`). Concurrent calls for the same
//! result share one computation, and results are cached ([`Engine::cached`]).

pub mod cost;
pub mod error;
mod queue;

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use fibonacci::nth_digits;
use log::error;
use moka::future::Cache;

use self::cost::Cost;
use self::error::EngineError;
use self::queue::Queue;
use crate::metrics::Metrics;

/// The memory that a cache entry takes besides its text and its key, in bytes: about ten pointers in the
/// cache's map and queues, twice over.
const ENTRY_OVERHEAD: usize = 200;

/// The mathematics for many concurrent requests. All workers share one engine.
pub struct Engine {
    cache: Cache<String, Bytes>,
    queue: Queue,
    metrics: Arc<Metrics>,
}

impl Engine {
    /// An engine with `cores` threads and a cache of up to `cache_bytes`.
    ///
    /// # Errors
    ///
    /// If the threads cannot be started.
    pub fn new(cores: usize, cache_bytes: u64, metrics: Arc<Metrics>) -> io::Result<Self> {
        let cache = Cache::builder()
            .max_capacity(cache_bytes)
            .weigher(|key: &String, text: &Bytes| {
                u32::try_from(key.len() + text.len() + ENTRY_OVERHEAD).unwrap_or(u32::MAX)
            })
            .build();
        Ok(Self {
            cache,
            queue: Queue::new(cores, metrics.clone())?,
            metrics,
        })
    }

    /// The digits of F(`index`). Those of a heavy term are [cached](Self::cached).
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn digits(&self, index: u64) -> Result<Bytes, EngineError> {
        let cost = Cost::of_term(index);
        let metrics = self.metrics.clone();
        let work = move || {
            let digits = nth_digits(index);
            report_check(&metrics, index, digits.recomputed);
            Bytes::from(digits.text)
        };
        if cost.is_light() {
            return Ok(work());
        }
        let key = format!("F({index})");
        self.cached("term", &key, async || self.run("term", cost, work).await)
            .await
            .map_err(|error| EngineError::clone(&error))
    }

    /// The cached value of `key`; otherwise the result of `make`, which is then cached. Concurrent calls
    /// for one key share one `make`; if the first caller is cancelled, the next one runs its own.
    ///
    /// `kind` is a label of the metrics; keys are shared by all kinds.
    ///
    /// # Errors
    ///
    /// Those of `make`, returned to every caller that shares it.
    pub async fn cached<E: Send + Sync + 'static>(
        &self,
        kind: &'static str,
        key: &str,
        make: impl AsyncFnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, Arc<E>> {
        if let Some(value) = self.cache.get(key).await {
            self.metrics.cache_lookup(kind, true);
            return Ok(value);
        }
        // Boxed after the lookup: nested futures grow to tens of kilobytes, and requests are moved.
        let make = Box::pin(make());
        let entry = Box::pin(self.cache.entry_by_ref(key).or_try_insert_with(make)).await?;
        self.metrics.cache_lookup(kind, !entry.is_fresh());
        Ok(entry.into_value())
    }

    /// Runs `work`: at once if it is light, otherwise on an engine thread when its turn comes.
    ///
    /// A cancelled caller leaves the queue; a computation that has started is finished.
    ///
    /// # Errors
    ///
    /// [`EngineError::Busy`] at once if the wait would be too long, [`EngineError::Panicked`] if `work`
    /// panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        kind: &'static str,
        cost: Cost,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        if cost.is_light() {
            return Ok(work());
        }
        self.queue.run(kind, cost, work).await
    }

    /// Logs and counts a term F(`index`) that failed its self-check and was `recomputed`.
    pub fn report_check(&self, index: u64, recomputed: bool) {
        report_check(&self.metrics, index, recomputed);
    }

    /// Updates the metrics that are read only when they are scraped.
    pub async fn update_metrics(&self) {
        self.cache.run_pending_tasks().await;
        let bytes = i64::try_from(self.cache.weighted_size()).unwrap_or(i64::MAX);
        self.metrics.cache_bytes.set(bytes);
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Engine").finish_non_exhaustive()
    }
}

fn report_check(metrics: &Metrics, n: u64, recomputed: bool) {
    if recomputed {
        metrics.self_check_failures.inc();
        error!(n; "a term failed its self-check and was recomputed with integers");
    }
}

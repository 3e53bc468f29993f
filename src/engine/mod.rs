//! The mathematics, for many who ask at once.
//!
//! What a computation costs is known from its index before it starts ([`Cost`]). A light one is done
//! where it is asked for. A heavy one waits for one of as many places as there are cores, on threads
//! that yield to those that answer (see `admission`). What several ask for is made once, and kept for as
//! long as it fits ([`Engine::cached`]).

mod admission;
mod cost;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use log::error;
use moka::future::Cache;

use self::admission::Admission;
pub use self::cost::Cost;
use crate::fibonacci::nth_digits;
use crate::metrics::Metrics;

/// What an entry of the cache takes besides its text and its key, in bytes: about ten pointers in its
/// map and its queues, twice over.
const ENTRY: usize = 200;

/// The mathematics, for many who ask at once. All workers share one.
pub struct Engine {
    cache: Cache<String, Bytes>,
    admission: Admission,
    metrics: Arc<Metrics>,
}

impl Engine {
    /// An engine that computes on `cores` threads and keeps up to `cache_bytes` of what was made.
    ///
    /// # Errors
    ///
    /// When the system gives it no threads.
    pub fn new(cores: usize, cache_bytes: u64, metrics: Arc<Metrics>) -> io::Result<Self> {
        let cache = Cache::builder()
            .max_capacity(cache_bytes)
            .weigher(|key: &String, text: &Bytes| {
                u32::try_from(key.len() + text.len() + ENTRY).unwrap_or(u32::MAX)
            })
            .build();
        Ok(Self {
            cache,
            admission: Admission::new(cores, metrics.clone())?,
            metrics,
        })
    }

    /// The digits of F(`index`). Those of a large term are [kept](Self::cached).
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn digits(&self, index: u64) -> Result<Bytes, Error> {
        let cost = Cost::of_term(index);
        let metrics = self.metrics.clone();
        let work = move || {
            let digits = nth_digits(index);
            note_check(&metrics, index, digits.recomputed);
            Bytes::from(digits.text)
        };
        if cost.is_light() {
            return Ok(work());
        }
        let key = format!("F({index})");
        self.cached("term", &key, async || self.run("term", cost, work).await)
            .await
            .map_err(|error| Error::clone(&error))
    }

    /// What is kept under `key`, or is being made for another request, or else what `make` gives,
    /// which is kept then.
    ///
    /// `kind` is for the metrics alone: a key means the same in all kinds. Whoever stops waiting for what they
    /// were the first to ask for leaves that to the next who does.
    ///
    /// # Errors
    ///
    /// Those of `make`, to all who wait for it.
    pub async fn cached<E: Send + Sync + 'static>(
        &self,
        kind: &'static str,
        key: &str,
        make: impl AsyncFnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, Arc<E>> {
        if let Some(kept) = self.cache.get(key).await {
            self.metrics.looked_up(kind, true);
            return Ok(kept);
        }
        // Boxed, and not before it is needed: what is made within what is made within a request grows to
        // tens of kilobytes, and a request is moved.
        let fresh = Box::pin(make());
        let entry = Box::pin(self.cache.entry_by_ref(key).or_try_insert_with(fresh)).await?;
        self.metrics.looked_up(kind, !entry.is_fresh());
        Ok(entry.into_value())
    }

    /// Does `work`: at once where it is light, else on a thread of the engine's, in its turn.
    ///
    /// Whoever stops waiting gives up the place in the queue; what has started is finished.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] at once where the wait would be too long, [`Error::Failed`] where the work
    /// panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        kind: &'static str,
        cost: Cost,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        if cost.is_light() {
            return Ok(work());
        }
        self.admission.run(kind, cost, work).await
    }

    /// Tells the log and the metrics where the term F(`index`) failed its check, and so was
    /// `recomputed` the slow way.
    pub fn note_check(&self, index: u64, recomputed: bool) {
        note_check(&self.metrics, index, recomputed);
    }

    /// Brings the metrics up to date that are only looked at when they are asked for.
    pub async fn measure(&self) {
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

fn note_check(metrics: &Metrics, n: u64, recomputed: bool) {
    if recomputed {
        metrics.self_check_failures.inc();
        error!(n; "the term failed its check and was computed again the slow way");
    }
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// So much waits already that this would have waited so long.
    Busy(Duration),
    /// The computation panicked. The log has why.
    Failed,
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(wait) => write!(out, "the wait would be {wait:?}"),
            Self::Failed => out.write_str("the computation panicked"),
        }
    }
}

impl std::error::Error for Error {}

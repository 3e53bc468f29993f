//! The mathematics for many concurrent requests.
//!
//! The [`Cost`] of a computation is known from its index before it starts. A light computation runs on
//! the calling thread. A heavy one waits in a queue for an engine thread (see `queue`). A heavy computation
//! with a key belongs to the engine, not to the request that started it: later requests for the same key
//! join it, all of them get its result, and the cache keeps it.

pub mod budget;
pub mod cost;
pub mod error;
mod queue;

use std::collections::HashMap;
use std::future::ready;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use fibonacci::{length, nth_digits};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use log::error;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use self::budget::{Budget, Reservation, SMALL_TEXT, with_reservation};
use self::cost::Cost;
use self::error::EngineError;
use self::queue::Queue;
use crate::metrics::Metrics;

/// The memory that a cache entry takes besides its text and its key, in bytes: slots in the cache's table
/// and queues, and the allocations' own overhead.
const ENTRY_OVERHEAD: usize = 200;

/// The expected size of an entry in bytes, a small page; it sizes the cache's table.
const TYPICAL_ENTRY: u64 = 8_192;

/// The mathematics for many concurrent requests. All workers share one engine.
pub struct Engine {
    /// None if the cache is disabled.
    cache: Option<Cache<String, Entry, ByBytes>>,
    /// The memory for large results.
    pub budget: Budget,
    /// The heavy computations that are queued or running, by key.
    pending: Mutex<HashMap<String, Pending>>,
    next_id: AtomicU64,
    queue: Arc<Queue>,
    /// Runs what must not end with the worker of a request.
    runtime: Handle,
    metrics: Arc<Metrics>,
}

/// A cached text.
#[derive(Clone)]
struct Entry {
    text: Bytes,
    /// The memory of a small text; a large one has its own reservation.
    _reservation: Option<Arc<Reservation>>,
}

/// A result that several requests wait for.
type SharedResult = Shared<BoxFuture<'static, Result<Bytes, EngineError>>>;

/// A computation that is not finished.
struct Pending {
    /// Tells it from a later computation of the same key.
    id: u64,
    state: State,
}

/// Removes the entry of a computation when it ends in any way.
struct PendingEntry<'a> {
    engine: &'a Engine,
    key: &'a str,
    id: u64,
}

impl Drop for PendingEntry<'_> {
    fn drop(&mut self) {
        let mut pending = self.engine.pending();
        // Another request may have begun the same computation since all requests for this one left.
        if pending.get(self.key).is_some_and(|pending| pending.id == self.id) {
            pending.remove(self.key);
        }
    }
}

/// How far a computation is.
enum State {
    /// In the queue. It is dropped if all requests stop waiting.
    Queued(WeakShared<BoxFuture<'static, Result<Bytes, EngineError>>>),
    /// On a thread. It runs to its end.
    Running(SharedResult),
}

impl Engine {
    /// An engine with this number of threads, a cache of up to `cache_bytes`, and `send_bytes` for large
    /// results that are not cached. It uses the current Tokio runtime, which must outlive the workers.
    ///
    /// # Errors
    ///
    /// If the threads cannot be started.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub fn new(
        threads: usize,
        cache_bytes: u64,
        send_bytes: u64,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
        let items = usize::try_from(cache_bytes / TYPICAL_ENTRY).unwrap_or(usize::MAX);
        let options = OptionsBuilder::new()
            // One shard, so that the largest term fits into it.
            .shards(1)
            .estimated_items_capacity(items.clamp(16, 1 << 20))
            .weight_capacity(cache_bytes)
            .build()
            .map_err(io::Error::other)?;
        let runtime = Handle::current();
        let (hasher, lifecycle) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
        Ok(Self {
            cache: (cache_bytes > 0)
                .then(|| Cache::with_options(options, ByBytes, hasher, lifecycle)),
            pending: Mutex::default(),
            next_id: AtomicU64::new(0),
            queue: Queue::new(threads, &runtime, metrics.clone())?,
            budget: Budget::new(cache_bytes, send_bytes, metrics.clone()),
            runtime,
            metrics,
        })
    }

    /// The digits of F(`index`). Those of a heavy term are [cached](Self::cached).
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn digits(self: &Arc<Self>, index: u64) -> Result<Bytes, EngineError> {
        let cost = Cost::of_term(index);
        if cost.is_light() {
            return self.compute_digits(index);
        }
        let engine = self.clone();
        let work = move || engine.compute_digits(index);
        self.cached("term", term_key(index), cost, work).await
    }

    /// As [`digits`](Self::digits) of a heavy term, within other work: on this thread.
    ///
    /// # Errors
    ///
    /// If memory is short.
    pub fn digits_here(&self, index: u64) -> Result<Bytes, EngineError> {
        self.cached_here("term", term_key(index), || self.compute_digits(index))
    }

    fn compute_digits(&self, index: u64) -> Result<Bytes, EngineError> {
        // Before the computation, so that none is wasted.
        let reservation = self.budget.reserve_text(length::digits(index))?;
        let digits = nth_digits(index);
        self.report_check(index, digits.recomputed);
        Ok(with_reservation(digits.text, reservation))
    }

    /// The cached value of `key`; otherwise the result of `work`, which is then cached. Concurrent calls
    /// for a heavy computation share one.
    ///
    /// `kind` is a label of the metrics. It is not part of the key: keys of different kinds must differ.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and those of `work`. Errors are not cached.
    pub async fn cached(
        self: &Arc<Self>,
        kind: &'static str,
        key: String,
        cost: Cost,
        work: impl FnOnce() -> Result<Bytes, EngineError> + Send + 'static,
    ) -> Result<Bytes, EngineError> {
        if cost.is_light() {
            return self.cached_here(kind, key, work);
        }
        if let Some(value) = self.get_cached(&key) {
            self.metrics.cache_lookup(kind, true);
            return Ok(value);
        }
        self.share(kind, key, cost, work).await
    }

    /// As [`cached`](Self::cached), on this thread.
    fn cached_here(
        &self,
        kind: &'static str,
        key: String,
        work: impl FnOnce() -> Result<Bytes, EngineError>,
    ) -> Result<Bytes, EngineError> {
        let cached = self.get_cached(&key);
        self.metrics.cache_lookup(kind, cached.is_some());
        if let Some(value) = cached {
            return Ok(value);
        }
        let result = work();
        self.keep(key, &result);
        result
    }

    /// The result of the pending computation of `key`, or of a new one.
    fn share(
        self: &Arc<Self>,
        kind: &'static str,
        key: String,
        cost: Cost,
        work: impl FnOnce() -> Result<Bytes, EngineError> + Send + 'static,
    ) -> SharedResult {
        let mut pending = self.pending();
        let existing = match pending.get(&key).map(|pending| &pending.state) {
            Some(State::Queued(result)) => result.upgrade(),
            Some(State::Running(result)) => Some(result.clone()),
            // It may have ended since the cache was asked.
            None => self.get_cached(&key).map(|value| ready(Ok(value)).boxed().shared()),
        };
        self.metrics.cache_lookup(kind, existing.is_some());
        if let Some(result) = existing {
            return result;
        }
        let (sender, receiver) = oneshot::channel();
        let stopped = || Err(EngineError::Failed("the engine stopped".into()));
        let result = receiver.map(move |result| result.unwrap_or_else(|_| stopped()));
        let result = result.boxed().shared();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        if let Some(weak) = result.downgrade() {
            pending.insert(key.clone(), Pending { id, state: State::Queued(weak) });
        }
        // A task of its own, so that it continues if the request is cancelled or its worker stops.
        self.runtime.spawn(self.clone().compute(id, kind, key, cost, work, sender));
        result
    }

    /// Waits in the queue and computes, unless all requests stop waiting before it begins.
    async fn compute(
        self: Arc<Self>,
        id: u64,
        kind: &'static str,
        key: String,
        cost: Cost,
        work: impl FnOnce() -> Result<Bytes, EngineError> + Send + 'static,
        mut sender: oneshot::Sender<Result<Bytes, EngineError>>,
    ) {
        let _entry = PendingEntry { engine: &self, key: &key, id };
        let turn = tokio::select! {
            biased;
            turn = self.queue.wait(cost) => Some(turn),
            () = sender.closed() => None,
        };
        let result = match turn {
            Some(Ok(turn)) if self.mark_running(&key, id) => {
                let result = turn.run(kind, work).await.and_then(|result| result);
                self.keep(key.clone(), &result);
                Some(result)
            }
            Some(Err(busy)) => Some(Err(busy)),
            Some(Ok(_)) | None => None,
        };
        if let Some(result) = result {
            sender.send(result).ok();
        }
    }

    /// Lets later requests join a computation that begins, even if those that wait now leave. Returns whether
    /// any request waits.
    fn mark_running(&self, key: &str, id: u64) -> bool {
        let mut pending = self.pending();
        let ours = pending.get_mut(key).filter(|pending| pending.id == id);
        if let Some(pending) = ours
            && let State::Queued(weak) = &pending.state
            && let Some(result) = weak.upgrade()
        {
            pending.state = State::Running(result);
            return true;
        }
        false
    }

    /// Runs `work`: at once if it is light, otherwise on an engine thread when its turn comes.
    ///
    /// If the caller is cancelled, its computation leaves the queue; one that has started is finished.
    ///
    /// # Errors
    ///
    /// [`EngineError::Busy`] at once if the wait would be too long, or later if it turns out to be;
    /// [`EngineError::Failed`] if `work` panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        kind: &'static str,
        cost: Cost,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        if cost.is_light() {
            return Ok(work());
        }
        self.queue.wait(cost).await?.run(kind, work).await
    }

    /// Logs and counts a term F(`n`) that failed its self-check and was `recomputed`.
    pub fn report_check(&self, n: u64, recomputed: bool) {
        if recomputed {
            self.metrics.self_check_failures.inc();
            error!(n; "a term failed its self-check and was recomputed");
        }
    }

    /// Sets the metrics that are computed only for a scrape.
    pub fn update_metrics(&self) {
        let bytes = self.cache.as_ref().map_or(0, Cache::weight);
        self.metrics.cache_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    fn get_cached(&self, key: &str) -> Option<Bytes> {
        self.cache.as_ref()?.get(key).map(|entry| entry.text)
    }

    fn keep(&self, key: String, result: &Result<Bytes, EngineError>) {
        let (Some(cache), Ok(text)) = (&self.cache, result) else {
            return;
        };
        let mut reservation = None;
        if text.len() as u64 <= SMALL_TEXT {
            reservation = self.budget.try_reserve(weight(&key, text)).map(Arc::new);
            // Without memory for it, a small text is not cached.
            if reservation.is_none() {
                return;
            }
        }
        cache.insert(key, Entry { text: text.clone(), _reservation: reservation });
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<String, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Weighs cache entries by their memory.
#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Entry> for ByBytes {
    fn weight(&self, key: &String, entry: &Entry) -> u64 {
        weight(key, &entry.text)
    }
}

/// The memory of a cache entry in bytes.
fn weight(key: &str, text: &Bytes) -> u64 {
    (key.len() + text.len() + ENTRY_OVERHEAD) as u64
}

/// The key of a term in the cache.
fn term_key(index: u64) -> String {
    format!("F({index})")
}

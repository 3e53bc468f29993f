//! The queue before the threads that compute.
//!
//! As many computations run at once as there are cores, in the order in which they came. Each counts
//! for what it will cost from when it is asked for until it is done, so that whoever comes knows what
//! is ahead; where that would take longer than [`LONGEST_WAIT`], they are told at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Cost, Error};
use crate::metrics::{Metrics, Raised, Shed};

/// How long a computation may wait for its turn: people wait no longer for a page without a sign of
/// life, and load balancers give up well after it.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The unit of [`Load::slowness`]: as fast as the costs say.
const AS_EXPECTED: u64 = 1_000;

/// How far a machine may be from the costs, in either direction: what is measured beyond it is an
/// accident, such as a process that was stopped for a while.
const SLOWEST: u64 = 100 * AS_EXPECTED;
const FASTEST: u64 = AS_EXPECTED / 10;

/// The queue, and the threads.
pub struct Admission {
    places: Arc<Semaphore>,
    cores: u32,
    load: Arc<Load>,
    threads: Threads,
    metrics: Arc<Metrics>,
}

impl Admission {
    /// A queue before `cores` threads.
    pub fn new(cores: usize, metrics: Arc<Metrics>) -> io::Result<Self> {
        Ok(Self {
            places: Arc::new(Semaphore::new(cores)),
            cores: u32::try_from(cores).unwrap_or(u32::MAX),
            load: Arc::new(Load::default()),
            threads: Threads::start(cores)?,
            metrics,
        })
    }

    /// Does `work` in its turn; see [`Engine::run`](super::Engine::run).
    ///
    /// # Panics
    ///
    /// Never: the queue is not closed while it is there.
    pub async fn run<T: Send + 'static>(
        &self,
        kind: &'static str,
        cost: Cost,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        // Counted before it is judged, so that of several at once none is overlooked.
        let (counted, ahead) = Counted::new(self.load.clone(), cost);
        let wait = ahead / self.cores;
        if wait > LONGEST_WAIT {
            return Err(self.refuse(wait));
        }
        let asked = Instant::now();
        let waiting = Raised::new(&self.metrics.queue_depth, 1);
        // Costs can be wrong; twice the wait that they promised is the end.
        let place = timeout(2 * LONGEST_WAIT, self.places.clone().acquire_owned()).await;
        drop(waiting);
        self.metrics
            .queue_seconds
            .observe(asked.elapsed().as_secs_f64());
        let place = place
            .map_err(|_| self.refuse(LONGEST_WAIT))?
            .expect("a semaphore that is never closed");
        let metrics = self.metrics.clone();
        // The place is the computation's: whoever waits for it may leave, and it goes on.
        self.threads
            .spawn(move || {
                let (_place, counted) = (place, counted);
                let start = Instant::now();
                let result = work();
                counted.took(start.elapsed());
                metrics.computed(kind, start.elapsed());
                result
            })
            .await
            .ok_or(Error::Failed)
    }

    fn refuse(&self, wait: Duration) -> Error {
        self.metrics.shed(Shed::Queue);
        Error::Busy(wait)
    }
}

/// What is asked for and not done.
struct Load {
    /// In nanoseconds of [`Cost`].
    ahead: AtomicU64,
    /// How many times its cost a computation takes here, in thousandths: an average of the last few.
    slowness: AtomicU64,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            ahead: AtomicU64::new(0),
            slowness: AtomicU64::new(AS_EXPECTED),
        }
    }
}

impl Load {
    /// How long one core would take for so much of [`Cost`].
    fn time(&self, ahead: u64) -> Duration {
        let slowness = self.slowness.load(Ordering::Relaxed);
        Duration::from_nanos(ahead.saturating_mul(slowness) / AS_EXPECTED)
    }
}

/// A computation that counts as load until this is dropped.
struct Counted {
    load: Arc<Load>,
    cost: u64,
}

impl Counted {
    /// It, and how long one core would take for what is ahead of it.
    fn new(load: Arc<Load>, cost: Cost) -> (Self, Duration) {
        let cost = cost.nanoseconds();
        let ahead = load.time(load.ahead.fetch_add(cost, Ordering::Relaxed));
        (Self { load, cost }, ahead)
    }

    /// Learns from a computation of this cost that took `time`: an eighth of the way to it.
    fn took(&self, time: Duration) {
        let took = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let slowness = took.saturating_mul(AS_EXPECTED) / self.cost.max(1);
        let slowness = slowness.clamp(FASTEST, SLOWEST);
        // Where two learn at once, one of them is lost: the next will do.
        let known = self.load.slowness.load(Ordering::Relaxed);
        self.load
            .slowness
            .store((known * 7 + slowness) / 8, Ordering::Relaxed);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.load.ahead.fetch_sub(self.cost, Ordering::Relaxed);
    }
}

/// The threads that compute, apart from those that answer.
struct Threads(Option<Runtime>);

impl Threads {
    fn start(count: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(count)
            .thread_name("engine")
            .on_thread_start(yield_to_others)
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// What `work` gives, or nothing where it panicked.
    async fn spawn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        self.0.as_ref()?.spawn_blocking(work).await.ok()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // To wait for a computation that nobody waits for would hold the end of the process.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Has this thread step back for whoever answers a small request on the same core. Where that fails, it
/// computes as others do.
fn yield_to_others() {
    // A third of a full share (sched(7)): a small page behind a full queue waits no longer than with the
    // lowest priority (`just bench-http`), and what else runs on the machine does not starve a large one.
    #[cfg(target_os = "linux")] // Elsewhere it would be the priority of the whole process.
    rustix::process::setpriority_process(None, 5).ok();
}

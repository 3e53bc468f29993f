//! The queue of heavy computations, and the threads that run them.
//!
//! One computation runs per thread, in order of arrival. The estimated cost of each counts from its arrival
//! until it ends, so the wait of the next is known at once: if it exceeds [`MAX_WAIT`], the request is
//! refused immediately.

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use fibonacci::release_memory;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::cost::Cost;
use super::error::EngineError;
use crate::metrics::{GaugeGuard, Metrics, Shed};

/// The longest expected wait. People rarely wait longer for a page that shows no progress, and load
/// balancers give up well after it.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// After how much time without a computation a thread ends. The allocator returns its memory only then.
const THREAD_IDLE_TIME: Duration = Duration::from_secs(10);

/// After how much time without a computation the memory that the mathematics keeps is freed.
const IDLE_TIME: Duration = Duration::from_secs(15);

/// The [`Load::slowness`] at which computations take as long as estimated.
const AS_ESTIMATED: u64 = 1_000;

/// The bounds of [`Load::slowness`]. Anything beyond is an outlier, such as a process that was suspended.
const SLOWEST: u64 = 100 * AS_ESTIMATED;
const FASTEST: u64 = AS_ESTIMATED / 10;

/// The queue, and the threads.
pub struct Queue {
    /// One permit per thread.
    permits: Arc<Semaphore>,
    thread_count: u32,
    load: Arc<Load>,
    threads: Threads,
    metrics: Arc<Metrics>,
}

impl Queue {
    /// A queue for `count` threads. A task in the runtime frees their memory while they are idle.
    pub fn new(count: usize, runtime: &Handle, metrics: Arc<Metrics>) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self {
            permits: Arc::new(Semaphore::new(count)),
            thread_count: u32::try_from(count).unwrap_or(u32::MAX),
            load: Arc::new(Load::default()),
            threads: Threads::start(count)?,
            metrics,
        });
        runtime.spawn(Self::release_idle_memory(Arc::downgrade(&queue)));
        Ok(queue)
    }

    /// Frees the memory that the mathematics keeps, whenever nothing was computed for a while.
    async fn release_idle_memory(queue: Weak<Self>) {
        loop {
            sleep(IDLE_TIME).await;
            let Some(queue) = queue.upgrade() else {
                return;
            };
            if !queue.load.was_used.swap(false, Ordering::Relaxed) {
                release_memory();
            }
        }
    }

    /// Waits for a free thread. If the caller is cancelled, its computation leaves the queue.
    ///
    /// # Panics
    ///
    /// Never: the semaphore is not closed.
    pub async fn wait(&self, cost: Cost) -> Result<Turn<'_>, EngineError> {
        // Counted before the check, so that concurrent arrivals see each other.
        let (queued, ahead) = QueuedCost::new(self.load.clone(), cost);
        let wait = ahead / self.thread_count;
        if wait > MAX_WAIT {
            return Err(self.refuse(wait));
        }
        let arrival = Instant::now();
        let waiting = GaugeGuard::new(&self.metrics.queue_depth, 1);
        // Estimates can be wrong: twice the longest expected wait is the limit.
        let permit = timeout(2 * MAX_WAIT, self.permits.clone().acquire_owned()).await;
        drop(waiting);
        self.metrics.queue_seconds.observe(arrival.elapsed().as_secs_f64());
        let permit =
            permit.map_err(|_| self.refuse(MAX_WAIT))?.expect("the semaphore is never closed");
        Ok(Turn { queue: self, permit, queued })
    }

    fn refuse(&self, wait: Duration) -> EngineError {
        self.metrics.shed(Shed::Queue);
        EngineError::Busy(wait)
    }
}

/// A free thread for one computation.
pub struct Turn<'a> {
    queue: &'a Queue,
    permit: OwnedSemaphorePermit,
    queued: QueuedCost,
}

impl Turn<'_> {
    /// Runs `work` on the thread.
    pub async fn run<T: Send + 'static>(
        self,
        kind: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, EngineError> {
        let Self { queue, permit, queued } = self;
        let metrics = queue.metrics.clone();
        // The computation owns the permit: it goes on if the caller is cancelled.
        let work = move || {
            let (_permit, queued) = (permit, queued);
            let start = Instant::now();
            let result = work();
            queued.learn(start.elapsed());
            queued.load.was_used.store(true, Ordering::Relaxed);
            metrics.computed(kind, start.elapsed());
            result
        };
        let result = queue.threads.spawn(work).await;
        result.ok_or_else(|| EngineError::Failed("it panicked".into()))
    }
}

/// The cost of everything that is queued or running.
struct Load {
    /// Nanoseconds of [`Cost`].
    ahead: AtomicU64,
    /// The ratio of real time to estimated cost, in thousandths: a moving average.
    slowness: AtomicU64,
    /// Whether a computation was completed since the memory of idle threads was last looked at.
    was_used: AtomicBool,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            ahead: AtomicU64::new(0),
            slowness: AtomicU64::new(AS_ESTIMATED),
            was_used: AtomicBool::new(false),
        }
    }
}

impl Load {
    /// The time that one core needs for `cost` nanoseconds of [`Cost`].
    fn time(&self, cost: u64) -> Duration {
        let slowness = self.slowness.load(Ordering::Relaxed);
        Duration::from_nanos(cost.saturating_mul(slowness) / AS_ESTIMATED)
    }
}

/// A computation whose cost counts until this is dropped.
struct QueuedCost {
    load: Arc<Load>,
    cost: u64,
}

impl QueuedCost {
    /// Counts the cost, and returns the time that one core needs for everything ahead of it.
    fn new(load: Arc<Load>, cost: Cost) -> (Self, Duration) {
        let cost = cost.nanoseconds();
        let ahead = load.time(load.ahead.fetch_add(cost, Ordering::Relaxed));
        (Self { load, cost }, ahead)
    }

    /// Moves the average an eighth of the way to what this computation took.
    fn learn(&self, time: Duration) {
        let took = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let slowness = took.saturating_mul(AS_ESTIMATED) / self.cost.max(1);
        let slowness = slowness.clamp(FASTEST, SLOWEST);
        // A concurrent update may be lost, which does no harm to an average.
        let average = self.load.slowness.load(Ordering::Relaxed);
        self.load.slowness.store((average * 7 + slowness) / 8, Ordering::Relaxed);
    }
}

impl Drop for QueuedCost {
    fn drop(&mut self) {
        self.load.ahead.fetch_sub(self.cost, Ordering::Relaxed);
    }
}

/// The threads that compute, apart from the workers.
struct Threads(Option<Runtime>);

impl Threads {
    /// Starts the threads, to see that the system allows so many. They end while they are idle, and start again.
    fn start(count: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(count)
            .thread_keep_alive(THREAD_IDLE_TIME)
            .thread_name("engine")
            .on_thread_start(lower_priority)
            .build()?;
        // Each task holds its thread until all have one.
        let all_started = Arc::new(Barrier::new(count + 1));
        let start = || {
            for _ in 0..count {
                let all_started = all_started.clone();
                runtime.spawn_blocking(move || all_started.wait());
            }
        };
        // Tokio panics if the system refuses a thread.
        if panic::catch_unwind(AssertUnwindSafe(start)).is_err() {
            runtime.shutdown_background();
            return Err(io::Error::other("the engine threads cannot be started"));
        }
        all_started.wait();
        Ok(Self(Some(runtime)))
    }

    /// The result of `work`, or none if it panicked or the system refuses a thread.
    async fn spawn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let runtime = self.0.as_ref()?;
        // Tokio panics if there is no thread, and none can be started, but it keeps the task. The work must not stay
        // in it, as it counts as queued until it is dropped.
        let work = Arc::new(Mutex::new(Some(work)));
        let take =
            |work: &Mutex<Option<_>>| work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let shared = work.clone();
        let run = move || take(&shared).map(|work| work());
        let task = panic::catch_unwind(AssertUnwindSafe(|| runtime.spawn_blocking(run)));
        if task.is_err() {
            drop(take(&work));
        }
        task.ok()?.await.ok().flatten()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // A running computation must not delay the end of the process.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lowers the priority of this thread below that of the workers. If that fails, it computes all the same.
fn lower_priority() {
    // A third of a full share (sched(7)). Small pages behind a full queue wait no longer than with the
    // lowest priority (`just bench-http`), and other programs on the machine do not starve a large term.
    #[cfg(target_os = "linux")] // Elsewhere this would be the priority of the whole process.
    rustix::process::setpriority_process(None, 5).ok();
}

//! How the memory limit is divided.

use fibonacci::length;
use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::config::Settings;
use crate::web::limits::Limits;

/// What the process takes besides everything below, in bytes: its code, the metrics and the log.
const PROCESS_BYTES: u64 = 16_000_000;

/// What a worker takes, in bytes.
const WORKER_BYTES: u64 = 400_000;

/// What a connection takes at most, in bytes: its buffers, a request, and a small response, in the process
/// and in the system (`just judge-http`).
const CONNECTION_BYTES: u64 = 80_000;

/// What a computation takes for each digit of its term, in bytes.
const COMPUTATION_BYTES_PER_DIGIT: u64 = 28;

/// What the tables of transforms take: at most this many bytes, unless those of one term take more.
const TABLES_BYTES: u64 = 70_000_000;

/// What the tables of one term take for each of its digits, in bytes.
const TABLES_BYTES_PER_DIGIT: u64 = 30;

/// What all encoders take together, in bytes.
const ENCODERS_BYTES: u64 = 20_000_000;

/// The most memory that is used for the cache by default, in bytes.
const MAX_CACHE_BYTES: u64 = 64_000_000;

/// What the largest term or the start of a list may reserve for each of its digits, in bytes: four terms, and an
/// eighth of the memory is for its response.
const SEND_BYTES_PER_DIGIT: u64 = 5;

/// The least and the most memory that is used for large responses by default, in bytes.
const SEND_BYTES: (u64, u64) = (8_000_000, 256_000_000);

/// The least and the most connections that are accepted by default.
const CONNECTIONS: (u64, u64) = (64, 10_000);

/// Open files besides those of connections and workers: standard error, listeners, the runtime. At rest it is 19.
const OTHER_FILES: u64 = 24;

/// The least and most connections to the management port, which otherwise get an eighth of the files.
const MANAGEMENT_CONNECTIONS: (u64, u64) = (8, 64);

/// The open files of a worker: four of its runtime, and a static file that it reads.
const WORKER_FILES: u64 = 5;

/// How much memory the parts of the service may use, and how many workers and connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// The memory that the service may use: `MEMORY_BYTES`, otherwise the limit of the container, otherwise
    /// the memory of the machine.
    pub limit: u64,
    /// The number of workers.
    pub workers: usize,
    /// The maximum number of open connections of each worker.
    pub connections_per_worker: usize,
    /// The maximum number of open connections to the management port.
    pub management_connections: usize,
    /// The number of engine threads.
    pub engine_threads: usize,
    /// The size of the cache.
    pub cache_bytes: u64,
    /// The memory for large results that are not cached.
    pub send_bytes: u64,
    /// The sum of everything: what the service uses at most.
    pub total: u64,
    /// The open files that all wanted workers and connections would need, if the limit is too low for them.
    pub wanted_files: Option<u64>,
}

impl MemoryPlan {
    /// Divides the memory. The settings come first; what they leave open gets a share of the rest. There are
    /// fewer workers and connections if `files`, the limit of open files, is low.
    #[must_use]
    pub fn new(
        settings: &Settings,
        limits: Limits,
        cores: usize,
        workers: usize,
        files: u64,
    ) -> Self {
        let wanted_workers = workers as u64;
        let management_connections =
            (files / 8).clamp(MANAGEMENT_CONNECTIONS.0, MANAGEMENT_CONNECTIONS.1);
        let other_files = OTHER_FILES + management_connections;
        let own_files = files.saturating_sub(other_files);
        // At most half of the files go to workers: without files for connections, they would be idle.
        let workers = wanted_workers.min(own_files / 2 / WORKER_FILES).max(1);
        let limit = settings.memory_bytes.unwrap_or_else(available_memory);
        let digits = length::digits(limits.last_index());
        let computation = COMPUTATION_BYTES_PER_DIGIT * digits;
        let tables = TABLES_BYTES.max(TABLES_BYTES_PER_DIGIT * digits);
        // A tenth is left for fragmentation and for what the system keeps of open files and sockets.
        let usable = limit - limit / 10;
        // Computing may take a third, but one computation must be possible.
        let threads = (usable / 3 / computation).clamp(1, cores as u64);
        let fixed = PROCESS_BYTES
            + workers * WORKER_BYTES
            + management_connections * CONNECTION_BYTES
            + threads * computation
            + tables
            + ENCODERS_BYTES;
        let rest = usable.saturating_sub(fixed);
        let share = |part: u64, (least, most): (u64, u64)| (rest / 6 * part).clamp(least, most);
        let cache_bytes = settings.cache_bytes.unwrap_or_else(|| share(1, (0, MAX_CACHE_BYTES)));
        let send_bytes = settings.send_bytes.unwrap_or_else(|| share(2, SEND_BYTES));
        // With less, the largest results could not be sent even alone.
        let send_bytes = send_bytes.max(SEND_BYTES_PER_DIGIT * digits);
        let connections = (rest / 2 / CONNECTION_BYTES).clamp(CONNECTIONS.0, CONNECTIONS.1);
        let wanted_per_worker = settings
            .max_connections
            .map_or((connections / workers).max(1), |all| (all as u64).div_ceil(workers));
        let allowed_per_worker = own_files.saturating_sub(workers * WORKER_FILES) / workers;
        let connections_per_worker = wanted_per_worker.min(allowed_per_worker).max(1);
        let connections = connections_per_worker.saturating_mul(workers);
        let is_reduced = workers < wanted_workers || connections_per_worker < wanted_per_worker;
        let to_usize = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            limit,
            workers: to_usize(workers),
            connections_per_worker: to_usize(connections_per_worker),
            management_connections: to_usize(management_connections),
            engine_threads: to_usize(threads),
            cache_bytes,
            send_bytes,
            total: fixed
                .saturating_add(cache_bytes)
                .saturating_add(send_bytes)
                .saturating_add(connections.saturating_mul(CONNECTION_BYTES)),
            wanted_files: is_reduced.then(|| {
                let wanted = wanted_per_worker.saturating_mul(workers);
                other_files + wanted_workers * WORKER_FILES + wanted
            }),
        }
    }

    /// The maximum number of open connections.
    #[must_use]
    pub const fn max_connections(&self) -> usize {
        self.connections_per_worker.saturating_mul(self.workers)
    }
}

/// The memory limit of the container, or the memory of the machine.
fn available_memory() -> u64 {
    let Ok(mut system) = System::new() else {
        return u64::MAX;
    };
    let pid = Pid::from_u32(std::process::id());
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        false,
        ProcessRefreshKind::nothing(),
    );
    let container = system.process(pid).and_then(sysinfo::Process::cgroup_limits);
    container.map_or(u64::MAX, |limits| limits.total_memory).min(system.total_memory())
}

//! The metrics of the process, with the standard names of Prometheus clients (Linux).

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::{
    Counter, Error, IntGauge, Registry, register_counter_with_registry,
    register_int_gauge_with_registry,
};
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

/// The metrics of the process.
#[derive(Debug)]
pub struct ProcessMetrics {
    cpu_seconds: Counter,
    resident_bytes: IntGauge,
    virtual_bytes: IntGauge,
    threads: IntGauge,
    open_files: IntGauge,
    max_files: IntGauge,
}

/// The fields of `/proc/self/stat` after the name of the program, by their numbers in proc(5) less three.
const USER_TICKS: usize = 11;
const SYSTEM_TICKS: usize = 12;
const THREADS: usize = 17;
const VIRTUAL_BYTES: usize = 20;
const RESIDENT_PAGES: usize = 21;

impl ProcessMetrics {
    /// Registers the metrics.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        let gauge = |name, help| register_int_gauge_with_registry!(name, help, registry);
        let start = gauge(
            "process_start_time_seconds",
            "Start time of the process since the Unix epoch in seconds.",
        )?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        start.set(now.as_secs().cast_signed());
        Ok(Self {
            cpu_seconds: register_counter_with_registry!(
                "process_cpu_seconds_total",
                "User and system CPU time in seconds.",
                registry
            )?,
            resident_bytes: gauge("process_resident_memory_bytes", "Resident memory in bytes.")?,
            virtual_bytes: gauge("process_virtual_memory_bytes", "Virtual memory in bytes.")?,
            threads: gauge("process_threads", "Number of threads.")?,
            open_files: gauge("process_open_fds", "Number of open file descriptors.")?,
            max_files: gauge("process_max_fds", "Maximum number of open file descriptors.")?,
        })
    }

    /// Reads the current values. What cannot be read keeps its last value.
    pub fn update(&self) {
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            // Less the one that reads the folder.
            let open = files.count().saturating_sub(1);
            self.open_files.set(i64::try_from(open).unwrap_or(i64::MAX));
        }
        let max_files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        self.max_files.set(i64::try_from(max_files).unwrap_or(i64::MAX));
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The name, in brackets, may contain anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
        let field = |number: usize| -> Option<i64> { fields.get(number + 1)?.parse().ok() };
        let set = |gauge: &IntGauge, number, unit: i64| {
            if let Some(value) = field(number) {
                gauge.set(value * unit);
            }
        };
        set(&self.threads, THREADS, 1);
        set(&self.virtual_bytes, VIRTUAL_BYTES, 1);
        set(&self.resident_bytes, RESIDENT_PAGES, page_size().cast_signed() as i64);
        if let (Some(user), Some(system)) = (field(USER_TICKS), field(SYSTEM_TICKS)) {
            #[expect(clippy::cast_precision_loss, reason = "ticks of 10 ms stay below 2^53")]
            let seconds = (user + system) as f64 / clock_ticks_per_second() as f64;
            self.cpu_seconds.inc_by((seconds - self.cpu_seconds.get()).max(0.0));
        }
    }
}

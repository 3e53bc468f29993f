//! The metrics of the service, for Prometheus.

mod connections;
#[cfg(target_os = "linux")]
mod process;

use std::time::Duration;

use prometheus::{
    Encoder, Error, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    Registry, TextEncoder, register_histogram_vec_with_registry, register_histogram_with_registry,
    register_int_counter_vec_with_registry, register_int_counter_with_registry,
    register_int_gauge_vec_with_registry, register_int_gauge_with_registry,
};

use crate::build_info;

/// The upper bounds of the buckets of durations, in seconds: from a small page, 0.1 ms, to a list sent to
/// a slow client. 0.05 is the objective for small responses.
const DURATIONS: [f64; 12] =
    [0.000_1, 0.000_25, 0.001, 0.002_5, 0.01, 0.025, 0.05, 0.25, 1.0, 2.5, 10.0, 60.0];

/// The upper bounds of the buckets of polls, in seconds. No poll should take 0.005.
const POLLS: [f64; 8] = [0.000_05, 0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25];

/// Every metric of the service. Labels have few values: an unknown path is the route `unknown`, a
/// method that is not standard is `other`.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    #[cfg(target_os = "linux")]
    process: process::ProcessMetrics,
    /// Completed requests, by `route`, `method` and `status`.
    pub requests: IntCounterVec,
    /// Seconds from a request's head until the connection has taken the last byte of the response, by the
    /// same and `size`: `small` bodies have an objective, `large` ones do not.
    pub request_seconds: HistogramVec,
    /// Readiness: 1, and 0 once the service is shutting down.
    pub ready: IntGauge,
    /// Requests in flight.
    pub in_flight: IntGauge,
    /// Connections to the public port.
    pub connections: connections::ConnectionMetrics,
    /// Seconds that workers spent in one poll of a connection. Meanwhile they serve no other.
    pub poll_seconds: Histogram,
    /// Bytes of response bodies that connections have taken, by `route`.
    pub sent: IntCounterVec,
    /// Requests refused because of overload, by `reason`.
    pub shed: IntCounterVec,
    /// Request heads that the HTTP library refused, by `reason`.
    pub refused: IntCounterVec,
    /// Panics on any thread.
    pub panics: IntCounter,
    /// Seconds that computations on engine threads took, by `kind`.
    pub computation_seconds: HistogramVec,
    /// Computations that wait for an engine thread.
    pub queue_depth: IntGauge,
    /// Seconds that computations waited for an engine thread.
    pub queue_seconds: Histogram,
    /// Cache hits, or results shared with a concurrent request, by `kind`.
    pub cache_hits: IntCounterVec,
    /// Cache misses, by `kind`.
    pub cache_misses: IntCounterVec,
    /// Bytes in the cache.
    pub cache_bytes: IntGauge,
    /// Bytes reserved for the cache, and for large results and responses.
    pub reserved_bytes: IntGauge,
    /// The most memory that the settings allow.
    pub memory_max: IntGauge,
    /// Log lines that were dropped because the log is not read.
    pub log_dropped: IntCounter,
    /// Terms that failed their self-check and were recomputed.
    pub self_check_failures: IntCounter,
}

impl Metrics {
    /// Registers all metrics.
    ///
    /// # Errors
    ///
    /// Never, as long as all names differ.
    pub fn new() -> Result<Self, Error> {
        let registry = Registry::new();
        let options =
            |name, help, buckets: &[f64]| HistogramOpts::new(name, help).buckets(buckets.to_vec());
        let gauge = |name, help| register_int_gauge_with_registry!(name, help, registry);
        let counter = |name, help| register_int_counter_with_registry!(name, help, registry);
        let counters = |name, help, labels: &[&str]| {
            register_int_counter_vec_with_registry!(name, help, labels, registry)
        };
        let histogram = |name, help, buckets: &[f64]| {
            register_histogram_with_registry!(options(name, help, buckets), registry)
        };
        let histograms = |name, help, labels: &[&str]| {
            register_histogram_vec_with_registry!(options(name, help, &DURATIONS), labels, registry)
        };
        let metrics = Self {
            requests: counters(
                "http_requests_total",
                "Completed requests.",
                &["route", "method", "status"],
            )?,
            request_seconds: histograms(
                "http_request_duration_seconds",
                "Time from the request head until the connection has taken the last byte of the response.",
                &["route", "method", "status", "size"],
            )?,
            ready: gauge(
                "fibonacci_ready",
                "Readiness: 1, and 0 once the service is shutting down.",
            )?,
            in_flight: gauge("http_requests_in_flight", "Requests in flight.")?,
            connections: connections::ConnectionMetrics::new(&registry)?,
            poll_seconds: histogram(
                "worker_poll_seconds",
                "Time that workers spent in one poll of a connection, unable to serve others.",
                &POLLS,
            )?,
            sent: counters(
                "http_response_body_bytes_total",
                "Bytes of response bodies that connections have taken.",
                &["route"],
            )?,
            shed: counters(
                "http_requests_shed_total",
                "Requests refused because of overload.",
                &["reason"],
            )?,
            refused: counters(
                "http_request_heads_refused_total",
                "Request heads that the HTTP library refused.",
                &["reason"],
            )?,
            panics: counter("panics_total", "Panics on any thread.")?,
            computation_seconds: histograms(
                "fibonacci_computation_seconds",
                "Time that computations on engine threads took.",
                &["kind"],
            )?,
            queue_depth: gauge(
                "fibonacci_queue_depth",
                "Computations that wait for an engine thread.",
            )?,
            queue_seconds: histogram(
                "fibonacci_queue_wait_seconds",
                "Time that computations waited for an engine thread.",
                &DURATIONS,
            )?,
            cache_hits: counters(
                "fibonacci_cache_hits_total",
                "Cache hits, or results shared with a concurrent request.",
                &["kind"],
            )?,
            cache_misses: counters("fibonacci_cache_misses_total", "Cache misses.", &["kind"])?,
            cache_bytes: gauge("fibonacci_cache_bytes", "Bytes in the cache.")?,
            reserved_bytes: gauge(
                "fibonacci_reserved_bytes",
                "Memory reserved for the cache, and for large results and responses.",
            )?,
            memory_max: gauge(
                "fibonacci_memory_max_bytes",
                "The most memory that the settings allow the process and its sockets.",
            )?,
            log_dropped: counter(
                "log_lines_dropped_total",
                "Log lines dropped because standard error is not read.",
            )?,
            self_check_failures: counter(
                "fibonacci_self_check_failures_total",
                "Terms that failed their self-check and were recomputed.",
            )?,
            #[cfg(target_os = "linux")]
            process: process::ProcessMetrics::new(&registry)?,
            registry,
        };
        metrics.register_build_info()?;
        metrics.start_series();
        Ok(metrics)
    }

    /// Sets readiness, and creates series at zero: an alert cannot tell a missing series from one that does not
    /// grow.
    fn start_series(&self) {
        self.ready.set(1);
        for reason in Shed::ALL {
            self.shed.with_label_values(&[reason.label()]);
        }
        for refusal in Refusal::ALL {
            self.refused.with_label_values(&[refusal.label()]);
        }
        for kind in ["term", "list", "page", "picture", "remainder", "lookup"] {
            self.computation_seconds.with_label_values(&[kind]);
        }
        for kind in ["term", "page", "picture"] {
            self.cache_hits.with_label_values(&[kind]);
            self.cache_misses.with_label_values(&[kind]);
        }
    }

    /// Registers a metric that is always 1, with the version, revision and fingerprint as labels.
    fn register_build_info(&self) -> Result<(), Error> {
        register_int_gauge_vec_with_registry!(
            "build_info",
            "Version and revision of this build; always 1.",
            &["version", "revision", "fingerprint"],
            self.registry
        )?
        .with_label_values(&[build_info::VERSION, build_info::REVISION, build_info::FINGERPRINT])
        .set(1);
        Ok(())
    }

    /// Counts a request that is refused because of overload.
    pub fn shed(&self, reason: Shed) {
        self.shed.with_label_values(&[reason.label()]).inc();
    }

    /// Counts a request head that is refused.
    pub fn refuse(&self, refusal: Refusal) {
        self.refused.with_label_values(&[refusal.label()]).inc();
    }

    /// Records the time of a computation.
    pub fn computed(&self, kind: &'static str, time: Duration) {
        self.computation_seconds.with_label_values(&[kind]).observe(time.as_secs_f64());
    }

    /// Counts a cache lookup.
    pub fn cache_lookup(&self, kind: &'static str, hit: bool) {
        let counter = if hit { &self.cache_hits } else { &self.cache_misses };
        counter.with_label_values(&[kind]).inc();
    }

    /// All metrics in the Prometheus text format, with the media type [`CONTENT_TYPE`](Self::CONTENT_TYPE).
    ///
    /// # Errors
    ///
    /// If a metric cannot be encoded.
    pub fn to_text(&self) -> Result<Vec<u8>, Error> {
        #[cfg(target_os = "linux")]
        self.process.update();
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }

    /// The media type of [`to_text`](Self::to_text).
    pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;
}

/// Raises a gauge until this is dropped.
#[derive(Debug)]
pub struct GaugeGuard {
    gauge: IntGauge,
    by: i64,
}

impl GaugeGuard {
    /// Raises `gauge` by `by`.
    #[must_use]
    pub fn new(gauge: &IntGauge, by: u32) -> Self {
        let by = by.into();
        gauge.add(by);
        Self { gauge: gauge.clone(), by }
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.gauge.sub(self.by);
    }
}

/// Why a request was refused because of overload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    /// Its computation would have waited too long.
    Queue,
    /// Too little memory is free for a large result or response.
    Memory,
}

impl Shed {
    const ALL: [Self; 2] = [Self::Queue, Self::Memory];

    const fn label(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Memory => "memory",
        }
    }
}

/// Why the HTTP library refused a request head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not HTTP: 400.
    Malformed,
    /// It took too long to arrive: 408, or a closed connection.
    Timeout,
    /// It has too many bytes or fields: 431.
    TooLarge,
}

impl Refusal {
    const ALL: [Self; 3] = [Self::Malformed, Self::Timeout, Self::TooLarge];

    /// The value of the label `reason`, and of the key in the log.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
        }
    }
}

//! What the service counts and measures, for Prometheus to read.

use std::time::Duration;

use prometheus::{
    Encoder, Error, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    Registry, TextEncoder, register_histogram_vec_with_registry, register_histogram_with_registry,
    register_int_counter_vec_with_registry, register_int_counter_with_registry,
    register_int_gauge_vec_with_registry, register_int_gauge_with_registry,
};

/// Made by `build.rs` of all that answers are made of: it changes when they may.
pub const FINGERPRINT: &str = env!("FINGERPRINT");

/// The upper bounds of durations, in seconds: from a small page, 0.1 ms, by factors of two to three,
/// to a list that a slow client takes. 0.05 is the objective for small results.
const DURATIONS: [f64; 12] = [
    0.000_1, 0.000_25, 0.001, 0.002_5, 0.01, 0.025, 0.05, 0.25, 1.0, 2.5, 10.0, 60.0,
];

/// Every metric of the service. Its labels have few values: a path that is not there is the route
/// `unknown`, a method that is not a standard one `other`.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Requests that have ended, by `route`, `method` and `status`.
    pub requests: IntCounterVec,
    /// Seconds from a request's head to the last byte handed to its connection, by the same and `size`:
    /// `small` for a body that is one write, which has an objective, or `large`.
    pub request_seconds: HistogramVec,
    /// 1, and 0 from the moment a drain begins, as readiness is.
    pub ready: IntGauge,
    /// Requests that have not ended.
    pub in_flight: IntGauge,
    /// Connections to the public port that are open.
    pub connections: IntGauge,
    /// How many of them may be.
    pub most_connections: IntGauge,
    /// Bytes of bodies handed to connections, by `route`.
    pub sent: IntCounterVec,
    /// Requests refused for want of room, by `reason`.
    pub shed: IntCounterVec,
    /// Panics, of whatever thread.
    pub panics: IntCounter,
    /// Seconds that computations took, those off the workers, by `kind`.
    pub computation_seconds: HistogramVec,
    /// Computations that wait for a place.
    pub queue_depth: IntGauge,
    /// Seconds that they waited.
    pub queue_seconds: Histogram,
    /// What was asked for and was in the cache, or being made for another request, by `kind`.
    pub cache_hits: IntCounterVec,
    /// What was not, by `kind`.
    pub cache_misses: IntCounterVec,
    /// Bytes in the cache.
    pub cache_bytes: IntGauge,
    /// Bytes of large bodies that wait to be sent.
    pub sending_bytes: IntGauge,
    /// Terms that failed their check and were computed again.
    pub self_check_failures: IntCounter,
}

impl Metrics {
    /// All at zero.
    ///
    /// # Errors
    ///
    /// Never, as long as no two have the same name.
    pub fn new() -> Result<Self, Error> {
        let registry = Registry::new();
        let durations = |name, help| HistogramOpts::new(name, help).buckets(DURATIONS.to_vec());
        let gauge = |name, help| register_int_gauge_with_registry!(name, help, registry);
        let counter = |name, help| register_int_counter_with_registry!(name, help, registry);
        let metrics = Self {
            requests: register_int_counter_vec_with_registry!(
                "http_requests_total",
                "Requests that have ended.",
                &["route", "method", "status"],
                registry
            )?,
            request_seconds: register_histogram_vec_with_registry!(
                durations(
                    "http_request_duration_seconds",
                    "Time from a request's head to the last byte handed to its connection.",
                ),
                &["route", "method", "status", "size"],
                registry
            )?,
            ready: gauge(
                "fibonacci_ready",
                "1, and 0 from the moment a drain begins.",
            )?,
            in_flight: gauge("http_requests_in_flight", "Requests that have not ended.")?,
            connections: gauge(
                "http_connections",
                "Connections to the public port that are open.",
            )?,
            most_connections: gauge(
                "http_connections_max",
                "How many connections may be open, as MAX_CONNECTIONS is set.",
            )?,
            sent: register_int_counter_vec_with_registry!(
                "http_response_body_bytes_total",
                "Bytes of bodies handed to connections.",
                &["route"],
                registry
            )?,
            shed: register_int_counter_vec_with_registry!(
                "http_requests_shed_total",
                "Requests refused for want of room.",
                &["reason"],
                registry
            )?,
            panics: counter("panics_total", "Panics, of whatever thread.")?,
            computation_seconds: register_histogram_vec_with_registry!(
                durations(
                    "fibonacci_computation_seconds",
                    "Time that computations off the workers took.",
                ),
                &["kind"],
                registry
            )?,
            queue_depth: gauge(
                "fibonacci_queue_depth",
                "Computations that wait for a place.",
            )?,
            queue_seconds: register_histogram_with_registry!(
                durations(
                    "fibonacci_queue_wait_seconds",
                    "Time that computations waited for a place.",
                ),
                registry
            )?,
            cache_hits: register_int_counter_vec_with_registry!(
                "fibonacci_cache_hits_total",
                "What was in the cache, or being made for another request.",
                &["kind"],
                registry
            )?,
            cache_misses: register_int_counter_vec_with_registry!(
                "fibonacci_cache_misses_total",
                "What was not.",
                &["kind"],
                registry
            )?,
            cache_bytes: gauge("fibonacci_cache_bytes", "Bytes of what is in the cache.")?,
            sending_bytes: gauge(
                "http_sending_bytes",
                "Memory set aside for the large bodies that are being sent.",
            )?,
            self_check_failures: counter(
                "fibonacci_self_check_failures_total",
                "Terms that failed their check and were computed again.",
            )?,
            registry,
        };
        metrics.ready.set(1);
        metrics.describe_build()?;
        metrics.start_series();
        #[cfg(target_os = "linux")]
        metrics.registry.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))?;
        Ok(metrics)
    }

    /// A series that is not there cannot be told from one at zero by who watches for it.
    fn start_series(&self) {
        for reason in Shed::ALL {
            self.shed.with_label_values(&[reason.label()]);
        }
        for kind in ["term", "list", "page"] {
            self.computation_seconds.with_label_values(&[kind]);
        }
        for kind in ["term", "page"] {
            self.cache_hits.with_label_values(&[kind]);
            self.cache_misses.with_label_values(&[kind]);
        }
    }

    /// What runs here, as the labels of a metric that is always 1.
    fn describe_build(&self) -> Result<(), Error> {
        register_int_gauge_vec_with_registry!(
            "build_info",
            "What runs here; always 1.",
            &["version", "revision", "fingerprint"],
            self.registry
        )?
        .with_label_values(&[
            env!("CARGO_PKG_VERSION"),
            option_env!("REVISION").unwrap_or("unknown"),
            FINGERPRINT,
        ])
        .set(1);
        Ok(())
    }

    /// Counts a request that is refused for want of room.
    pub fn shed(&self, reason: Shed) {
        self.shed.with_label_values(&[reason.label()]).inc();
    }

    /// Counts a computation of a kind.
    pub fn computed(&self, kind: &'static str, time: Duration) {
        self.computation_seconds
            .with_label_values(&[kind])
            .observe(time.as_secs_f64());
    }

    /// Counts what was asked of the cache.
    pub fn looked_up(&self, kind: &'static str, found: bool) {
        let counter = if found {
            &self.cache_hits
        } else {
            &self.cache_misses
        };
        counter.with_label_values(&[kind]).inc();
    }

    /// All of them in Prometheus' text format, of the type [`CONTENT_TYPE`](Self::CONTENT_TYPE).
    ///
    /// # Errors
    ///
    /// When a metric cannot be written as text.
    pub fn to_text(&self) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }

    /// The media type of [`to_text`](Self::to_text).
    pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;
}

/// Raises a gauge until it is dropped.
#[derive(Debug)]
pub struct Raised {
    gauge: IntGauge,
    by: i64,
}

impl Raised {
    /// Raises `gauge` by so much.
    #[must_use]
    pub fn new(gauge: &IntGauge, by: u32) -> Self {
        let by = by.into();
        gauge.add(by);
        Self {
            gauge: gauge.clone(),
            by,
        }
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.gauge.sub(self.by);
    }
}

/// Why a request was refused for want of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    /// Its computation would have waited too long.
    Queue,
    /// Too many large bodies are being sent.
    Sending,
    /// Too many requests are in flight.
    InFlight,
}

impl Shed {
    const ALL: [Self; 3] = [Self::Queue, Self::Sending, Self::InFlight];

    const fn label(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Sending => "sending",
            Self::InFlight => "in_flight",
        }
    }
}

//! A web service that returns exact Fibonacci numbers (the first n, the nth, and the index of a number), as
//! pages and as data.
//!
//! The folders are the architecture. Arrows point one way only:
//!
//! ```text
//! main.rs ─▶ server ─▶ web ─▶ engine ─▶ fibonacci (a crate of its own)
//!              │        └───────┴────▶ metrics
//!              └────▶ config ─▶ telemetry          (build_info: constants for all of them;
//!                                                  trusted_proxies: a type of web and config)
//! ```
//!
//! - [`server`]: listeners, workers, shutdown;
//! - [`web`]: routes, pages, requests, responses, errors, middleware;
//! - [`engine`]: the mathematics for many concurrent requests: a queue, a cache and a memory budget;
//! - [`config`]: the settings, from flags and the environment;
//! - [`telemetry`]: the log in two formats;
//! - [`metrics`]: counters, gauges and histograms for Prometheus;
//! - [`trusted_proxies`]: the proxies whose forwarding headers are trusted;
//! - [`build_info`]: the version, the revision and a fingerprint of the sources.

pub mod build_info;
pub mod config;
pub mod engine;
pub mod metrics;
pub mod server;
pub mod telemetry;
pub mod trusted_proxies;
pub mod web;

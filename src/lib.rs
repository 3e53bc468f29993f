//! A web service that answers with exact Fibonacci numbers: the first n of them or the nth, as a
//! page, as text or as JSON.
//!
//! The folders are the architecture, and arrows go one way only:
//!
//! ```text
//! main.rs ─▶ server ─▶ web ─▶ engine ─▶ fibonacci
//!              │        └───────┴────▶ metrics
//!              └────▶ config ─▶ telemetry
//! ```
//!
//! - [`fibonacci`]: the mathematics, which knows no HTTP, pages, settings or logs;
//! - [`engine`]: the mathematics for many who ask at once: a queue, and a cache;
//! - [`web`]: a request into a call of the mathematics, its result into an answer; one file a page;
//! - [`server`]: listeners, middleware, the way down on a signal;
//! - [`config`]: the settings, from flags and the environment;
//! - [`telemetry`]: the log and its two formats;
//! - [`metrics`]: what is counted, for Prometheus.

pub mod config;
pub mod engine;
pub mod fibonacci;
pub mod metrics;
pub mod server;
pub mod telemetry;
pub mod web;

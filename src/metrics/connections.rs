//! The metrics of connections to the public port.

use prometheus::{
    Error, IntCounter, IntGauge, Registry, register_int_counter_with_registry,
    register_int_gauge_with_registry,
};

/// The metrics of connections to the public port.
#[derive(Debug)]
pub struct ConnectionMetrics {
    /// Connections so far.
    pub accepted: IntCounter,
    /// Open connections.
    pub open: IntGauge,
    /// Open connections that have had no request.
    pub unused: IntGauge,
    /// The maximum of open connections.
    pub max: IntGauge,
}

impl ConnectionMetrics {
    /// Registers the metrics.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        let gauge = |name, help| register_int_gauge_with_registry!(name, help, registry);
        Ok(Self {
            accepted: register_int_counter_with_registry!(
                "http_connections_accepted_total",
                "Connections to the public port.",
                registry
            )?,
            open: gauge("http_connections", "Open connections to the public port.")?,
            unused: gauge(
                "http_connections_unused",
                "Open connections to the public port that have had no request.",
            )?,
            max: gauge(
                "http_connections_max",
                "Maximum number of open connections: MAX_CONNECTIONS.",
            )?,
        })
    }
}

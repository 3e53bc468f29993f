//! Health and readiness, for load balancers. Both respond at once, whatever the load.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::web::Data;

use crate::web::error::RequestError;

/// Whether load balancers should send new requests: until the shutdown begins.
#[derive(Debug, Default)]
pub struct Readiness {
    shutting_down: AtomicBool,
}

impl Readiness {
    /// From now on `/readyz` returns 503, so that load balancers send new requests elsewhere.
    pub fn begin_shutdown(&self) {
        self.shutting_down.store(true, Ordering::Relaxed);
    }

    /// Whether the service is not shutting down.
    pub fn is_ready(&self) -> bool {
        !self.shutting_down.load(Ordering::Relaxed)
    }
}

/// `GET /healthz`: 200 as long as the process can respond.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200, or 503 once the service is shutting down.
pub(crate) async fn ready(readiness: Data<Readiness>) -> Result<&'static str, RequestError> {
    if readiness.is_ready() { Ok("ready\n") } else { Err(RequestError::ShuttingDown) }
}

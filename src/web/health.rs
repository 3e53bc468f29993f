//! Health, for load balancers: instant whatever else the service is doing.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::web::Data;

use super::Error;

/// Whether new requests are welcome: until a drain begins, and never again after.
#[derive(Debug, Default)]
pub struct Readiness {
    draining: AtomicBool,
}

impl Readiness {
    /// From now on `/readyz` answers 503, so that load balancers send new requests elsewhere.
    pub fn begin_drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether no drain has begun.
    pub fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed)
    }
}

/// Whether this is the path of health or of readiness.
pub fn is_health(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// `GET /healthz`: 200 while the process can answer at all.
pub async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200, and 503 from the moment a drain begins.
pub async fn ready(readiness: Data<Readiness>) -> Result<&'static str, Error> {
    if readiness.is_ready() {
        Ok("ready\n")
    } else {
        Err(Error::Draining)
    }
}

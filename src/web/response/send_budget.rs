//! The memory for large responses while they are being sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics::{GaugeGuard, Metrics, Shed};
use crate::web::error::RequestError;

/// When to retry: most clients have read their response by then.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The memory for large responses while they are being sent.
#[derive(Debug)]
pub struct SendBudget {
    /// One permit per free byte.
    bytes: Arc<Semaphore>,
    /// The total number of permits.
    total: u32,
    metrics: Arc<Metrics>,
}

impl SendBudget {
    /// A budget of this many bytes.
    #[must_use]
    pub fn new(bytes: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))),
            total: u32::try_from(bytes).unwrap_or(u32::MAX),
            metrics,
        }
    }

    /// Reserves memory until the [`Reservation`] is dropped.
    ///
    /// A response larger than the whole budget reserves all of it: it is sent alone rather than never.
    ///
    /// # Errors
    ///
    /// [`RequestError::Busy`] if too little is free.
    pub fn reserve(&self, bytes: u64) -> Result<Reservation, RequestError> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.total);
        let Ok(permit) = self.bytes.clone().try_acquire_many_owned(bytes) else {
            self.metrics.shed(Shed::Sending);
            return Err(RequestError::Busy { seconds: RETRY_AFTER.as_secs() });
        };
        Ok(Reservation {
            _permit: permit,
            _gauge: GaugeGuard::new(&self.metrics.sending_bytes, bytes),
        })
    }
}

/// Reserved memory, until it is dropped.
#[derive(Debug)]
pub struct Reservation {
    _permit: OwnedSemaphorePermit,
    _gauge: GaugeGuard,
}

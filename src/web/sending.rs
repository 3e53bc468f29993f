//! The memory that large bodies may take together while they are sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;
use crate::metrics::{Metrics, Raised, Shed};

/// When to ask again: a client that reads at all is done by then, or much further on.
const WAIT: Duration = Duration::from_secs(5);

/// The memory that large bodies may take together while they are sent.
#[derive(Debug)]
pub struct Sending {
    bytes: Arc<Semaphore>,
    /// As many as there are.
    most: u32,
    metrics: Arc<Metrics>,
}

impl Sending {
    /// Up to so many bytes.
    #[must_use]
    pub fn new(bytes: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))),
            most: u32::try_from(bytes).unwrap_or(u32::MAX),
            metrics,
        }
    }

    /// Sets so many bytes aside until the result is dropped.
    ///
    /// What is larger than all of them gets all of them: it is sent alone, rather than never.
    pub fn hold(&self, bytes: u64) -> Result<Held, Error> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.most);
        let Ok(permit) = self.bytes.clone().try_acquire_many_owned(bytes) else {
            self.metrics.shed(Shed::Sending);
            return Err(Error::Busy {
                seconds: WAIT.as_secs(),
            });
        };
        Ok(Held {
            _permit: permit,
            _counted: Raised::new(&self.metrics.sending_bytes, bytes),
        })
    }
}

/// Memory that is set aside.
#[derive(Debug)]
pub struct Held {
    _permit: OwnedSemaphorePermit,
    _counted: Raised,
}

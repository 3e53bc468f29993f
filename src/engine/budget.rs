//! The memory for large results and responses.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::EngineError;
use crate::metrics::{GaugeGuard, Metrics, Shed};

/// The longest text that needs no reservation, in bytes: it is part of what every connection may take. The
/// metrics call longer bodies `large`.
pub const SMALL_TEXT: u64 = 1 << 14;

/// The memory for cached texts, and for large texts and responses that are being made or sent.
///
/// Each text is counted once, however many requests use it, until nothing uses it.
#[derive(Clone, Debug)]
pub struct Budget {
    /// One permit per free byte.
    bytes: Arc<Semaphore>,
    /// The largest reservation: most of the memory outside the cache. The rest is for the response.
    largest: u32,
    metrics: Arc<Metrics>,
}

impl Budget {
    /// A budget for a cache of up to `cache_bytes`, and `send_bytes` for everything else.
    #[must_use]
    pub fn new(cache_bytes: u64, send_bytes: u64, metrics: Arc<Metrics>) -> Self {
        let total = usize::try_from(cache_bytes.saturating_add(send_bytes)).unwrap_or(usize::MAX);
        Self {
            bytes: Arc::new(Semaphore::new(total.min(Semaphore::MAX_PERMITS))),
            largest: u32::try_from(send_bytes - send_bytes / 8).unwrap_or(u32::MAX),
            metrics,
        }
    }

    /// Reserves memory until the [`Reservation`] is dropped.
    ///
    /// More than seven eighths of the memory outside the cache reserve that much: such a text is made alone
    /// rather than never.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfMemory`] if too little is free.
    pub fn reserve(&self, bytes: u64) -> Result<Reservation, EngineError> {
        self.try_reserve(bytes).ok_or_else(|| {
            self.metrics.shed(Shed::Memory);
            EngineError::OutOfMemory
        })
    }

    /// As [`reserve`](Self::reserve), for what can be left out: a failure is not counted.
    pub(super) fn try_reserve(&self, bytes: u64) -> Option<Reservation> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.largest);
        let permit = self.bytes.clone().try_acquire_many_owned(bytes).ok()?;
        let gauge = GaugeGuard::new(&self.metrics.reserved_bytes, bytes);
        Some(Reservation { _permit: permit, _gauge: gauge })
    }

    /// A text whose memory, if it is large, stays reserved until the last reference to it is dropped.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    pub fn text(&self, text: impl Into<Vec<u8>>) -> Result<Bytes, EngineError> {
        let text = text.into();
        let reservation = self.reserve_text(text.len() as u64)?;
        Ok(with_reservation(text, reservation))
    }

    /// Reserves memory for a text of this length, if it is large.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    pub fn reserve_text(&self, length: u64) -> Result<Option<Reservation>, EngineError> {
        (length > SMALL_TEXT).then(|| self.reserve(length)).transpose()
    }
}

/// Reserved memory, until it is dropped.
#[derive(Debug)]
pub struct Reservation {
    _permit: OwnedSemaphorePermit,
    _gauge: GaugeGuard,
}

/// A text that keeps a reservation.
struct ReservedText {
    text: Box<[u8]>,
    _reservation: Reservation,
}

impl AsRef<[u8]> for ReservedText {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

/// A text without spare capacity, which keeps its reservation until the last reference to it is dropped.
pub(super) fn with_reservation(
    text: impl Into<Vec<u8>>,
    reservation: Option<Reservation>,
) -> Bytes {
    let text = text.into().into_boxed_slice();
    match reservation {
        Some(reservation) => Bytes::from_owner(ReservedText { text, _reservation: reservation }),
        None => text.into(),
    }
}

//! The state of a connection that its socket and its requests share.

use std::cell::Cell;

use crate::metrics::GaugeGuard;

/// An open connection to the public port.
#[derive(Debug)]
pub struct Connection {
    is_busy: Cell<bool>,
    is_reading_head: Cell<bool>,
    _open: GaugeGuard,
}

impl Connection {
    /// A connection that has sent nothing yet. The gauge counts it until it is dropped.
    #[must_use]
    pub const fn new(open: GaugeGuard) -> Self {
        Self { is_busy: Cell::new(false), is_reading_head: Cell::new(false), _open: open }
    }

    /// Notes that bytes have arrived; returns whether they begin a request head.
    #[must_use]
    pub fn begin_head(&self) -> bool {
        let begins = !self.is_busy.get() && !self.is_reading_head.get();
        if begins {
            self.is_reading_head.set(true);
        }
        begins
    }

    /// Whether a request head has begun and is not complete.
    #[must_use]
    pub const fn is_reading_head(&self) -> bool {
        self.is_reading_head.get()
    }

    /// Notes that a request head is complete.
    pub fn begin_request(&self) {
        self.is_busy.set(true);
        self.is_reading_head.set(false);
    }

    /// Notes that the response to a request is sent.
    pub fn end_request(&self) {
        self.is_busy.set(false);
    }
}

//! The state of a connection that its socket and its requests share.

use std::cell::{Cell, RefCell};
use std::task::Waker;

use crate::metrics::GaugeGuard;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waiting for a request.
    Idle,
    /// A request head has begun and is not complete.
    ReadingHead,
    /// A handler is reading the body of its request, of which this many bytes have not arrived.
    ReadingBody(usize),
    /// A handler is making the response.
    Handling,
    /// The response is being sent.
    Responding,
}

/// An open connection to the public port.
#[derive(Debug)]
pub struct Connection {
    state: Cell<State>,
    /// Whether the library responded before the first request.
    is_refused: Cell<bool>,
    /// Wakes a read that waits for the end of a request, or for the client to read on.
    reader: RefCell<Option<Waker>>,
    /// Until the first request.
    unused: RefCell<Option<GaugeGuard>>,
    _open: GaugeGuard,
}

impl Connection {
    /// A connection that has sent nothing yet. One gauge counts it until it is dropped, the other until its
    /// first request.
    #[must_use]
    pub const fn new(open: GaugeGuard, unused: GaugeGuard) -> Self {
        Self {
            state: Cell::new(State::Idle),
            is_refused: Cell::new(false),
            reader: RefCell::new(None),
            unused: RefCell::new(Some(unused)),
            _open: open,
        }
    }

    /// What the connection is doing.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state.get()
    }

    /// Notes that a request head has begun.
    pub fn begin_head(&self) {
        self.state.set(State::ReadingHead);
    }

    /// Notes that a handler waits for the body of its request, of this length.
    pub fn begin_body(&self, length: usize) {
        self.state.set(State::ReadingBody(length));
        self.wake_reader();
    }

    /// Notes how many bytes of the body have not arrived.
    pub fn continue_body(&self, missing: usize) {
        self.state.set(State::ReadingBody(missing));
    }

    /// Notes that a request is complete, or that nobody reads its body.
    pub fn begin_request(&self) {
        self.state.set(State::Handling);
        self.unused.take();
    }

    /// Notes that the response to a request begins.
    pub fn begin_response(&self) {
        self.state.set(State::Responding);
    }

    /// Notes that bytes are about to be written. Before the first request, they can only be a refusal by the library.
    pub fn begin_write(&self) {
        if self.unused.borrow().is_some() {
            self.is_refused.set(true);
        }
    }

    /// Whether the library has refused the first request head.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.is_refused.get()
    }

    /// Notes that the connection has taken the last byte of the response.
    pub fn end_request(&self) {
        self.state.set(State::Idle);
        self.wake_reader();
    }

    /// Lets a read wait until [`wake_reader`](Self::wake_reader) or the end of the request in progress.
    pub fn set_reader(&self, waker: &Waker) {
        self.reader.replace(Some(waker.clone()));
    }

    /// Wakes the read that waits, if any.
    pub fn wake_reader(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

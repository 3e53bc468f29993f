//! What a handler shares with the middleware around it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::{HttpMessage, HttpRequest};
use tokio::sync::OwnedSemaphorePermit;

use super::request::number::Index;
use super::request::request_id::RequestId;
use crate::engine::budget::Reservation;

/// A request in progress. The middleware makes it, and drops it once the response is sent.
pub struct RequestContext {
    pub id: RequestId,
    /// The `n` of the request, for the log. The handler that parses it sets it.
    pub n: Cell<Option<Index>>,
    /// What the body of the response needs.
    held: RefCell<Held>,
}

/// What the body of a response needs until it is sent, or its client has left.
#[derive(Default)]
pub struct Held {
    /// The memory of a large body.
    pub reservation: Option<Reservation>,
    /// The permit of an encoder.
    pub encoder: Option<OwnedSemaphorePermit>,
    /// The body of the request, or its unread rest. If it were dropped earlier, the library would read on to its end
    /// for the sake of the next request, and a client that never ends it could hold the connection forever.
    pub unread: Option<Payload>,
}

impl RequestContext {
    /// A context with this id.
    pub fn new(id: RequestId) -> Rc<Self> {
        Rc::new(Self { id, n: Cell::new(None), held: RefCell::default() })
    }

    /// The context of a request.
    pub fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get().cloned()
    }

    /// Sets the `n` of a request.
    pub fn set_n(request: &HttpRequest, index: Index) {
        if let Some(context) = Self::of(request) {
            context.n.set(Some(index));
        }
    }

    /// The body of the request, if it has one.
    pub fn take_body(&self) -> Option<Payload> {
        self.held.borrow_mut().unread.take()
    }

    /// Keeps something until the response is sent.
    pub fn hold(&self, keep: impl FnOnce(&mut Held)) {
        keep(&mut self.held.borrow_mut());
    }
}

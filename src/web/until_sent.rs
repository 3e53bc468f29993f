//! A body that keeps something until it is sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

/// A body, and what is dropped with it: when the connection has its last bytes, or the client has left.
pub struct UntilSent<B, T> {
    body: B,
    _kept: T,
}

impl<B, T> UntilSent<B, T> {
    /// `body`, which keeps `kept`.
    pub const fn new(body: B, kept: T) -> Self {
        Self { body, _kept: kept }
    }
}

impl<B: MessageBody + Unpin, T: Unpin> MessageBody for UntilSent<B, T> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

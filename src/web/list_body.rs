//! A list as the body of an answer, made as it is sent.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{Bytes, BytesMut};

use crate::fibonacci::{ListText, length};

/// How much is made at once: little enough to be still in the processor's cache when it is copied
/// into the connection's buffer.
const PIECE: usize = 1 << 16;

/// The text of the first n terms, between two other texts.
///
/// A piece is made when the connection asks for one, which it does when the client has taken most of
/// the last: so a list of any length takes a few terms and a piece of memory, at the client's pace.
pub struct ListBody {
    before: Bytes,
    list: ListText,
    after: Bytes,
    /// The last piece, whose memory is used again; empty at first.
    piece: Bytes,
    /// The bytes of all three.
    size: u64,
}

impl ListBody {
    /// The first `count` terms with `separator` between each two.
    pub fn new(
        before: impl Into<Bytes>,
        count: u64,
        separator: &'static str,
        after: impl Into<Bytes>,
    ) -> Self {
        let (before, after) = (before.into(), after.into());
        let separators = count.saturating_sub(1) * separator.len() as u64;
        let size = length::digits_of_terms(0, count) + separators;
        Self {
            size: size + (before.len() + after.len()) as u64,
            before,
            list: ListText::new(0, count, separator.as_bytes()),
            after,
            piece: Bytes::new(),
        }
    }

    fn longest_piece(&self) -> usize {
        usize::try_from(self.size).map_or(PIECE, |size| size.min(PIECE))
    }
}

impl MessageBody for ListBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if !self.before.is_empty() {
            return Poll::Ready(Some(Ok(mem::take(&mut self.before))));
        }
        // The connection has copied the last piece by now, so that its memory is free again.
        let mut piece = mem::take(&mut self.piece)
            .try_into_mut()
            .unwrap_or_else(|_| BytesMut::zeroed(self.longest_piece()));
        let length = self.list.fill(&mut piece);
        self.piece = piece.freeze();
        if length > 0 {
            return Poll::Ready(Some(Ok(self.piece.slice(..length))));
        }
        let after = mem::take(&mut self.after);
        Poll::Ready((!after.is_empty()).then_some(Ok(after)))
    }
}

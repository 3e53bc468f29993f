//! A result as the body of an answer, or a part of one.

use std::convert::Infallible;
use std::mem;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{Bytes, BytesMut};

use crate::fibonacci::ListText;

/// What is sent in one piece though it has several: to copy it costs less than to send each.
const SHORT: usize = 1 << 12;

/// How much is made at once: little enough to be still in the processor's cache when it is copied
/// into the connection's buffer.
const PIECE: usize = 1 << 16;

/// The bodies whose memory is counted: over HTTP/2 a client can have any number of shorter ones wait,
/// and there the number of requests is bounded.
pub const LARGE: u64 = 1 << 14;

/// A part of a larger text up to this long is copied, so that it does not keep the whole.
pub const COPIED: u64 = 1 << 18;

/// What a connection holds of a large body besides the body itself: its buffer, which a piece can
/// overfill, and a piece in the making.
pub const BUFFERED: u64 = (1 << 18) + 2 * PIECE as u64;

/// A text between two others, or a part of all that.
///
/// A piece is given when the connection asks for one, which it does when the client has taken most of
/// the last: so a list of any length takes a few terms and a piece of memory, at the client's pace.
pub struct ResultBody {
    before: Bytes,
    middle: Middle,
    after: Bytes,
    /// The bytes that are still to be given, of all three.
    remaining: u64,
}

/// What there is most of.
enum Middle {
    /// Text that is there.
    Text(Bytes),
    /// Text that is made as it is sent.
    List {
        list: ListText,
        /// The last piece, whose memory is used again; empty at first.
        piece: Bytes,
    },
}

impl ResultBody {
    /// This text alone.
    pub fn whole(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        let range = 0..text.len() as u64;
        Self::part(text, range)
    }

    /// The bytes of this range of this text alone.
    pub fn part(text: impl Into<Bytes>, range: Range<u64>) -> Self {
        Self::of_text(Bytes::new(), text.into(), Bytes::new(), range)
    }

    /// The bytes of this range of the three texts together.
    pub fn of_text(before: Bytes, text: Bytes, after: Bytes, range: Range<u64>) -> Self {
        let length = before.len() + text.len() + after.len();
        if length <= SHORT && !(before.is_empty() && after.is_empty()) {
            let joined = Bytes::from([before, text, after].concat());
            return Self::of_text(Bytes::new(), joined, Bytes::new(), range);
        }
        let (before, offset) = skip(before, range.start);
        let (mut text, offset) = skip(text, offset);
        let (after, _) = skip(after, offset);
        let part = range.end - range.start;
        if part <= COPIED && part < text.len() as u64 {
            let part = usize::try_from(part).unwrap_or(text.len());
            text = Bytes::copy_from_slice(&text[..part]);
        }
        Self {
            before,
            middle: Middle::Text(text),
            after,
            remaining: part,
        }
    }

    /// The same with a list between the two others, which is `length` bytes long and starts where the
    /// range does.
    pub fn of_list(
        before: Bytes,
        (list, length): (ListText, u64),
        after: Bytes,
        range: Range<u64>,
    ) -> Self {
        let (before, offset) = skip(before, range.start);
        let (after, _) = skip(after, offset.saturating_sub(length));
        Self {
            before,
            middle: Middle::List {
                list,
                piece: Bytes::new(),
            },
            after,
            remaining: range.end - range.start,
        }
    }

    /// What comes next; empty at the end.
    fn next(&mut self) -> Bytes {
        let before = take_piece(&mut self.before);
        if !before.is_empty() {
            return before;
        }
        let middle = match &mut self.middle {
            Middle::Text(text) => take_piece(text),
            Middle::List { list, piece } => {
                let longest = usize::try_from(self.remaining).map_or(PIECE, |it| it.min(PIECE));
                // The connection has copied the last piece by now, so that its memory is free again.
                let mut room = mem::take(piece)
                    .try_into_mut()
                    .unwrap_or_else(|_| BytesMut::zeroed(longest));
                let length = list.fill(&mut room);
                *piece = room.freeze();
                piece.slice(..length)
            }
        };
        if !middle.is_empty() {
            return middle;
        }
        mem::take(&mut self.after)
    }
}

/// A text without its first bytes, and how many of these are still to be skipped after it.
fn skip(mut text: Bytes, bytes: u64) -> (Bytes, u64) {
    let within = usize::try_from(bytes).map_or(text.len(), |bytes| bytes.min(text.len()));
    let rest = text.split_off(within);
    (rest, bytes - within as u64)
}

fn take_piece(text: &mut Bytes) -> Bytes {
    text.split_to(text.len().min(PIECE))
}

impl MessageBody for ResultBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.remaining)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        let mut next = self.next();
        if let Ok(remaining) = usize::try_from(self.remaining) {
            next.truncate(remaining);
        }
        self.remaining -= next.len() as u64;
        Poll::Ready((!next.is_empty()).then_some(Ok(next)))
    }
}

//! The body of a result, or of a range of it.

use std::convert::Infallible;
use std::mem;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{Bytes, BytesMut};
use fibonacci::ListText;

/// Up to this length, three texts are joined: copying them costs less than sending each.
const JOIN_LIMIT: usize = 4_096;

/// The length of the pieces that a body is made in. The connection asks for one while its write buffer has
/// less than [`WRITE_BUFFER`] bytes, so with a response head that buffer never takes more than twice as many.
const PIECE: usize = WRITE_BUFFER - (1 << 10);

/// The length up to which a connection's write buffer is filled, in bytes. An idle connection may keep twice
/// as much. Larger buffers make large responses no faster.
pub const WRITE_BUFFER: usize = 1 << 14;

/// What a connection takes for a large body, beyond what every connection may take: the piece that is being
/// made, and more unsent bytes in the system.
pub const LARGE_BODY_BYTES: u64 = 1 << 15;

/// A text between two others, or a range of all three.
///
/// The connection asks for the next piece once its buffer has room. So a list of any length needs memory for
/// a few terms and one piece, and is made at the client's pace.
pub struct ResultBody {
    before: Bytes,
    middle: Middle,
    after: Bytes,
    /// The bytes of all three that are not sent yet.
    remaining: u64,
}

/// The main part of a body.
enum Middle {
    /// A text in memory.
    Text(Bytes),
    /// A text that is made as it is sent.
    List {
        list: ListText,
        /// The last piece, whose memory is reused; empty at first.
        piece: Bytes,
    },
}

impl ResultBody {
    /// A text alone.
    pub fn whole(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        let range = 0..text.len() as u64;
        Self::part(text, range)
    }

    /// A range of a text alone.
    pub fn part(text: impl Into<Bytes>, range: Range<u64>) -> Self {
        Self::of_text(Bytes::new(), text.into(), Bytes::new(), range)
    }

    /// A range of three texts together.
    pub fn of_text(before: Bytes, text: Bytes, after: Bytes, range: Range<u64>) -> Self {
        let length: usize = [&before, &text, &after].into_iter().map(Bytes::len).sum();
        if length <= JOIN_LIMIT && text.len() < length {
            let joined = Bytes::from([before, text, after].concat());
            return Self::of_text(Bytes::new(), joined, Bytes::new(), range);
        }
        let (before, offset) = skip(before, range.start);
        let (text, offset) = skip(text, offset);
        let (after, _) = skip(after, offset);
        Self { before, middle: Middle::Text(text), after, remaining: range.end - range.start }
    }

    /// A range of a list of `length` bytes between two texts. The list must start at the range's start.
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
            middle: Middle::List { list, piece: Bytes::new() },
            after,
            remaining: range.end - range.start,
        }
    }

    /// The next piece; empty at the end.
    fn next(&mut self) -> Bytes {
        let before = take_piece(&mut self.before);
        if !before.is_empty() {
            return before;
        }
        let middle = match &mut self.middle {
            Middle::Text(text) => take_piece(text),
            Middle::List { list, piece } => {
                let length = usize::try_from(self.remaining).map_or(PIECE, |it| it.min(PIECE));
                // The connection has copied the last piece, so its memory is free again.
                let mut buffer =
                    mem::take(piece).try_into_mut().unwrap_or_else(|_| BytesMut::zeroed(length));
                let filled = list.fill(&mut buffer);
                *piece = buffer.freeze();
                piece.slice(..filled)
            }
        };
        if !middle.is_empty() {
            return middle;
        }
        mem::take(&mut self.after)
    }
}

/// A text without its first bytes, and the number of bytes left to skip after it.
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

//! A socket that gives the HTTP library one request at a time.
//!
//! The library itself limits how long the first request head of a connection may take, but not the later
//! ones. It also reads and parses further requests while a response is being sent, without a limit, and
//! drops the response to a client that has closed its side of the connection.

use std::io::{self, ErrorKind};
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use memchr::memchr_iter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::stream::Stream;
use super::upgrade;
use crate::engine::budget::{Budget, Reservation};
use crate::web::connection::{Connection, State};

/// How long a request is handled after its client has closed its side of the connection. Such a client may
/// still read the response (as `nc -N` does), but it has more likely left.
const CLOSED_CLIENT_PATIENCE: Duration = Duration::from_secs(1);

/// The length of a request head that every connection has room for.
const SMALL_HEAD: usize = 1 << 13;

/// What the library may take for a larger head: it reads up to 131 072 bytes, into a buffer that it doubles.
const LARGE_HEAD_BYTES: u64 = 1 << 18;

/// A socket whose reads stop at the end of a request head and fail if a head takes too long.
pub struct TimedStream {
    stream: Stream,
    connection: Rc<Connection>,
    head_timeout: Duration,
    budget: Budget,
    /// The length of the request head so far.
    head_length: usize,
    lines: Lines,
    /// The memory of a large head. The library may keep its buffer as long as the connection.
    large_head: Option<Reservation>,
    /// Bytes that arrived behind the end of a request head.
    unread: Vec<u8>,
    /// Whether the last read returned the end of a request head.
    is_head_complete: bool,
    /// Whether the client does not read what it is sent.
    is_write_blocked: bool,
    /// Whether the client has closed its side during a request.
    is_closed: bool,
    /// When the request that is arriving must be complete, or a closed connection is given up.
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl TimedStream {
    pub fn new(
        stream: Stream,
        connection: Connection,
        head_timeout: Duration,
        budget: Budget,
    ) -> Self {
        Self {
            stream,
            connection: Rc::new(connection),
            head_timeout,
            budget,
            head_length: 0,
            lines: Lines::default(),
            large_head: None,
            unread: Vec::new(),
            is_head_complete: false,
            is_write_blocked: false,
            is_closed: false,
            deadline: Instant::now(),
            timer: None,
        }
    }

    /// The connection, for the middleware.
    pub fn connection(&self) -> Rc<Connection> {
        self.connection.clone()
    }

    /// Reads up to the end of a request head.
    fn poll_head(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_head_complete {
            self.is_head_complete = false;
            // A body of which no byte arrives has a deadline, too.
            self.connection.set_reader(context.waker());
            // The request is handled before more is read. This reads no bytes, only waits for some.
            if !self.unread.is_empty() || self.stream.poll_read_ready(context).is_ready() {
                context.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        let start = buffer.filled().len();
        ready!(self.poll_request(context, buffer))?;
        let arrived = &buffer.filled()[start..];
        if arrived.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if self.connection.state() == State::Idle {
            self.connection.begin_head();
            self.deadline = Instant::now() + self.head_timeout;
            self.head_length = 0;
            self.lines = Lines::default();
        }
        let is_within_line = self.lines.is_line_begun;
        let end = self.lines.end_of_head(arrived);
        let length = end.unwrap_or(arrived.len());
        if end.is_some() {
            self.unread.splice(..0, arrived[length..].iter().copied());
            self.is_head_complete = true;
            buffer.set_filled(start + length);
        }
        upgrade::ignore(&mut buffer.filled_mut()[start..start + length], is_within_line);
        self.head_length += length;
        if self.head_length > SMALL_HEAD && self.large_head.is_none() {
            let reservation = self.budget.reserve(LARGE_HEAD_BYTES).map_err(io::Error::other)?;
            self.large_head = Some(reservation);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads the body of a request, of which `missing` bytes have not arrived, and nothing behind it.
    fn poll_body(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        missing: usize,
    ) -> Poll<io::Result<()>> {
        let length = missing.min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(length));
        ready!(self.poll_request(context, &mut part))?;
        let arrived = part.filled().len();
        buffer.advance(arrived);
        self.connection.continue_body(missing - arrived);
        Poll::Ready(Ok(()))
    }

    /// Reads what has arrived of a request. Fails once the request takes too long.
    fn poll_request(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let length = self.unread.len().min(buffer.remaining());
            buffer.put_slice(&self.unread[..length]);
            self.unread.drain(..length);
            return Poll::Ready(Ok(()));
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() && self.connection.state() != State::Idle {
            ready!(self.poll_deadline(context));
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        read
    }

    /// Waits until the client of the request in progress leaves.
    fn poll_departure(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_closed {
            // More may have been read already than is handed over.
            self.connection.set_reader(context.waker());
            if ready!(self.stream.poll_has_byte(context))? {
                return Poll::Pending;
            }
            self.is_closed = true;
            self.deadline = Instant::now() + CLOSED_CLIENT_PATIENCE;
        }
        self.poll_deadline(context).map(Ok)
    }

    /// Waits for the deadline. The timer outlives deadlines that are met, so that most requests need none of
    /// their own.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        while Instant::now() < deadline {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.deadline() > deadline {
                timer.as_mut().reset(deadline);
            }
            ready!(timer.as_mut().poll(context));
            self.timer = None;
        }
        Poll::Ready(())
    }
}

/// The lines of a request head so far, which may arrive in any parts.
#[derive(Default)]
struct Lines {
    /// Whether one of them is not empty: empty lines before a request are ignored.
    has_content: bool,
    /// Whether the line that is arriving has content.
    is_line_begun: bool,
}

impl Lines {
    /// The position in these bytes after the empty line that ends the head.
    fn end_of_head(&mut self, bytes: &[u8]) -> Option<usize> {
        let has_content = |line: &[u8]| line.iter().any(|byte| *byte != b'\r');
        let mut start = 0;
        for line_end in memchr_iter(b'\n', bytes) {
            let is_empty = !self.is_line_begun && !has_content(&bytes[start..line_end]);
            start = line_end + 1;
            self.is_line_begun = false;
            if is_empty && self.has_content {
                return Some(start);
            }
            self.has_content |= !is_empty;
        }
        self.is_line_begun |= has_content(&bytes[start..]);
        None
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.connection.state() {
            State::Idle | State::ReadingHead if !this.is_write_blocked => {
                this.poll_head(context, buffer)
            }
            State::ReadingBody(missing) if missing > 0 && !this.is_write_blocked => {
                this.poll_body(context, buffer, missing)
            }
            State::Handling if !this.is_write_blocked => this.poll_departure(context),
            _ => {
                this.connection.set_reader(context.waker());
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.begin_write();
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        let was_blocked = mem::replace(&mut self.is_write_blocked, written.is_pending());
        if was_blocked && !self.is_write_blocked {
            self.connection.wake_reader();
        }
        written
    }

    /// The library calls this when the socket has taken everything.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

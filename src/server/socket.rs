//! The socket of a client that speaks HTTP/2.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a client that has been told of the end gets to take note of it.
pub const GOODBYE: Duration = Duration::from_secs(1);

/// How many bytes of answers a client can be expected to have taken within [`GOODBYE`].
const SOON_SENT: usize = 1 << 14;

/// How many bytes a client may send after the end of this side, where what it has to say is how much it
/// would take and that it ends, too.
const LAST_WORDS: usize = 1 << 20;

/// Whether a client takes what it is sent.
#[derive(Debug, Default)]
pub struct Flow {
    is_blocked: Cell<bool>,
    /// Bytes since the last note of an answer.
    written: Cell<usize>,
    answered: Cell<Option<Instant>>,
}

impl Flow {
    /// Whether the system has not taken all that it was given.
    pub fn is_blocked(&self) -> bool {
        self.is_blocked.get()
    }

    /// Notes that an answer has been given to the system, which may not have sent it yet; small ones are
    /// noted together, once they are more than soon sent.
    pub fn answered(&self) {
        if self.written.get() > SOON_SENT {
            self.written.set(0);
            self.answered.set(Some(Instant::now()));
        }
    }
}

/// A socket that tells whether its client takes what it is sent, and waits at its end for the client's own.
pub struct Socket {
    stream: TcpStream,
    flow: Rc<Flow>,
    stall_timeout: Duration,
    /// How long is read on, once this side has ended.
    lingering: Option<Pin<Box<Sleep>>>,
    /// Bytes read since then.
    last_words: usize,
}

impl Socket {
    pub fn new(stream: TcpStream, stall_timeout: Duration) -> Self {
        Self {
            stream,
            flow: Rc::default(),
            stall_timeout,
            lingering: None,
            last_words: 0,
        }
    }

    pub fn flow(&self) -> Rc<Flow> {
        self.flow.clone()
    }

    /// Writes, and notes what came of it. Unconstrained, for it to wait only where the system has no room,
    /// and not because the client has had its turn.
    fn write(
        &mut self,
        context: &mut Context<'_>,
        mut write: impl FnMut(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let stream = &mut self.stream;
        let writing = poll_fn(|context| write(Pin::new(stream), context));
        let written = pin!(unconstrained(writing)).poll(context);
        self.flow.is_blocked.set(written.is_pending());
        if let Poll::Ready(Ok(length)) = written {
            self.flow.written.update(|before| before + length);
        }
        written
    }

    /// When a client that does not end its side is not waited for any more: an answer that the system has
    /// gets as long as one that it has not taken.
    fn deadline(&self) -> Instant {
        let goodbye = Instant::now() + GOODBYE;
        let answered = self.flow.answered.get();
        answered.map_or(goodbye, |at| goodbye.max(at + self.stall_timeout))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut()
            .write(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().write(context, |stream, context| {
            stream.poll_write_vectored(context, parts)
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    /// Ends this side, and reads on until the client ends its own. What a client says on the way, such as
    /// how much more it would take, would else be answered by a reset, which takes what the system has
    /// not sent yet with it.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingering.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        }
        let deadline = this.deadline();
        let lingering = this
            .lingering
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if lingering.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut scrap = [0; 4_096];
        loop {
            let mut buffer = ReadBuf::new(&mut scrap);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer))?;
            this.last_words += buffer.filled().len();
            if buffer.filled().is_empty() || this.last_words > LAST_WORDS {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

//! A socket that limits how long a request head may take to arrive.
//!
//! The HTTP library limits the first head of a connection only. A client could start a later one and hold
//! the connection forever.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::web::connection::Connection;

/// A socket whose reads fail once a request head takes too long.
pub struct TimedStream {
    stream: TcpStream,
    connection: Rc<Connection>,
    head_timeout: Duration,
    /// When the request head that is arriving must be complete.
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl TimedStream {
    pub fn new(stream: TcpStream, connection: Connection, head_timeout: Duration) -> Self {
        Self {
            stream,
            connection: Rc::new(connection),
            head_timeout,
            deadline: Instant::now(),
            timer: None,
        }
    }

    /// The connection, for the middleware.
    pub fn connection(&self) -> Rc<Connection> {
        self.connection.clone()
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            if buffer.filled().len() > before && self.connection.begin_head() {
                self.deadline = Instant::now() + self.head_timeout;
            }
            return read;
        }
        // The timer outlives heads that arrive in time, so that most requests need none of their own.
        let deadline = self.deadline;
        while self.timer.is_some() || self.connection.is_reading_head() {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            ready!(timer.as_mut().poll(context));
            self.timer = None;
            if self.connection.is_reading_head() && Instant::now() >= deadline {
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
        }
        read
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

//! A socket that limits how long a request head may take to arrive.
//!
//! The HTTP library limits the first head of a connection only. A client could start a second one and hold
//! the connection forever.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::web::connection::Connection;

/// A socket that fails to read when a request head takes too long.
pub struct TimedStream {
    stream: TcpStream,
    connection: Rc<Connection>,
    head_timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl TimedStream {
    pub fn new(stream: TcpStream, connection: Connection, head_timeout: Duration) -> Self {
        Self { stream, connection: Rc::new(connection), head_timeout, timer: None }
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
                self.timer = Some(Box::pin(sleep(self.head_timeout)));
            }
        } else if !self.connection.is_reading_head() {
            self.timer = None;
        } else if let Some(timer) = &mut self.timer
            && timer.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
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

//! HTTP/2 on the public port (RFC 9113).
//!
//! The library that serves HTTP/1.1 speaks it too, with no limit to what one client may ask for at once,
//! no end for who takes nothing or says nothing, and no goodbye when the service stops.

use std::error::Error;
use std::future::poll_fn;
use std::mem;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::{Duration, SystemTime};

use actix_http::{Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::Service;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, HttpDate, TRANSFER_ENCODING, TryIntoHeaderValue, UPGRADE,
};
use actix_web::http::{Method, Version};
use actix_web::web::{Bytes, Data};
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::HeaderMap;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::socket::Socket;
use crate::metrics::Shed;
use crate::web::{Readiness, Site};

/// The most requests of one connection at once: the fewest that RFC 9113 (section 6.5.2) recommends.
const MOST_STREAMS: u32 = 100;

/// The most requests in flight; past it, each connection over HTTP/2 has one, as all over HTTP/1.1 have.
const MOST_IN_FLIGHT: i64 = 10_000;

/// The largest head, in bytes as RFC 9113 (section 6.5.2) counts them: 32 more for each field than it
/// has. Twice as large as what is answered, so that who is a little over it is told in the form asked for.
const LARGEST_HEAD: u32 = 1 << 16;

/// How much of an answer waits for its connection, in bytes: two frames.
const SEND_BUFFER: usize = 1 << 15;

/// How long a client that has been told of the end gets to take note of it.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the connections of a worker have in common.
pub struct Http2<S> {
    pub app: Rc<S>,
    pub site: Data<Site>,
    pub readiness: Data<Readiness>,
    pub stopping: GracefulShutdownSignal,
    /// How long the start of a connection may take.
    pub head_timeout: Duration,
    /// How long a connection may be without a request.
    pub keep_alive: Duration,
    /// How long an answer may wait for its client to take more of it.
    pub stall_timeout: Duration,
}

impl<S> Http2<S>
where
    S: Service<Request> + 'static,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
{
    /// Answers the requests that come by a connection, until it ends.
    ///
    /// # Errors
    ///
    /// When the connection breaks, or its client breaks the protocol or says nothing.
    pub async fn serve(
        &self,
        socket: Socket,
        peer: Option<SocketAddr>,
    ) -> Result<(), Box<dyn Error>> {
        let flow = socket.flow();
        let handshake = Builder::new()
            .max_concurrent_streams(MOST_STREAMS)
            .max_header_list_size(LARGEST_HEAD)
            .max_send_buffer_size(SEND_BUFFER)
            .handshake(socket);
        let mut connection = timeout(self.head_timeout, handshake).await??;
        let mut answers = JoinSet::new();
        let mut leaving = false;
        let mut stopping = pin!(self.stopping.notified());
        let mut silence = pin!(sleep(self.keep_alive));
        loop {
            // What has been answered may still be on its way.
            let silent = poll_fn(|context| {
                ready!(silence.as_mut().poll(context));
                if flow.is_blocked() {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            });
            tokio::select! {
                biased;
                Some(_) = answers.join_next() => {
                    let patience = if leaving { GOODBYE } else { self.keep_alive };
                    silence.as_mut().reset(Instant::now() + patience);
                    continue;
                }
                request = connection.accept() => {
                    let Some((request, mut respond)) = request.transpose()? else {
                        return Ok(());
                    };
                    if !answers.is_empty() && self.is_crowded() {
                        // By that the client knows that it was not looked at (section 8.7).
                        respond.send_reset(Reason::REFUSED_STREAM);
                        continue;
                    }
                    let app = self.app.clone();
                    answers.spawn_local(answer(app, request, respond, peer, self.stall_timeout));
                    if self.readiness.is_ready() {
                        continue;
                    }
                }
                () = &mut stopping, if !leaving => {}
                () = silent, if answers.is_empty() => {
                    if leaving {
                        return Ok(());
                    }
                }
            }
            leaving = true;
            connection.graceful_shutdown();
            silence.as_mut().reset(Instant::now() + GOODBYE);
        }
    }

    /// Whether there are too many requests in flight for a connection to have another.
    fn is_crowded(&self) -> bool {
        let metrics = self.site.metrics();
        let is_crowded = metrics.in_flight.get() >= MOST_IN_FLIGHT;
        if is_crowded {
            metrics.shed(Shed::InFlight);
        }
        is_crowded
    }
}

/// Answers one request, unless its client leaves or takes nothing.
async fn answer<S>(
    app: Rc<S>,
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    peer: Option<SocketAddr>,
    stall_timeout: Duration,
) where
    S: Service<Request>,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
{
    // A body is nothing that anyone here reads; dropped earlier, it would be cancelled before the answer.
    let (parts, _body) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    let mut request = Request::new();
    let head = request.head_mut();
    head.method = parts.method;
    head.uri = parts.uri;
    head.version = parts.version;
    head.headers = parts.headers.into();
    head.peer_addr = peer;
    let response = tokio::select! {
        biased;
        _ = poll_fn(|context| respond.poll_reset(context)) => return,
        response = app.call(request) => response.map_or_else(Into::into, Into::into),
    };
    let (head, body) = split(response);
    let is_empty = is_head || matches!(body.size(), BodySize::None | BodySize::Sized(0));
    let Ok(mut stream) = respond.send_response(head, is_empty) else {
        return;
    };
    if !is_empty && let Err(reason) = send(&mut stream, body, stall_timeout).await {
        stream.send_reset(reason);
    }
}

/// The head of an answer as HTTP/2 has it, and its body.
fn split(response: Response<BoxBody>) -> (http::Response<()>, BoxBody) {
    let (mut response, body) = response.into_parts();
    let mut headers = HeaderMap::from(mem::take(response.headers_mut()));
    // They are of HTTP/1.1 (section 8.2.2).
    for name in [CONNECTION, TRANSFER_ENCODING, UPGRADE] {
        headers.remove(name);
    }
    if let BodySize::Sized(length) = body.size() {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    if let Ok(date) = HttpDate::from(SystemTime::now()).try_into_value() {
        headers.insert(DATE, date);
    }
    let mut head = http::Response::new(());
    *head.status_mut() = response.status();
    *head.version_mut() = Version::HTTP_2;
    *head.headers_mut() = headers;
    (head, body)
}

/// Sends a body as its client takes it.
///
/// # Errors
///
/// Why the rest is not sent.
async fn send(
    stream: &mut SendStream<Bytes>,
    body: BoxBody,
    stall_timeout: Duration,
) -> Result<(), Reason> {
    let mut body = pin!(body);
    loop {
        let chunk = tokio::select! {
            biased;
            _ = poll_fn(|context| stream.poll_reset(context)) => return Err(Reason::CANCEL),
            chunk = poll_fn(|context| body.as_mut().poll_next(context)) => chunk,
        };
        let Some(chunk) = chunk else {
            return stream
                .send_data(Bytes::new(), true)
                .map_err(|_| Reason::CANCEL);
        };
        let mut chunk = chunk.map_err(|_| Reason::INTERNAL_ERROR)?;
        while !chunk.is_empty() {
            stream.reserve_capacity(chunk.len().min(SEND_BUFFER));
            while stream.capacity() == 0 {
                let more = poll_fn(|context| stream.poll_capacity(context));
                match timeout(stall_timeout, more).await {
                    Ok(Some(Ok(_))) => {}
                    Ok(_) | Err(_) => return Err(Reason::CANCEL),
                }
            }
            let room = stream.capacity().min(chunk.len());
            stream
                .send_data(chunk.split_to(room), false)
                .map_err(|_| Reason::CANCEL)?;
        }
    }
}

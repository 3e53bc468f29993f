//! HTTP/2 on the public port (RFC 9113): the connection.
//!
//! The library that serves HTTP/1.1 speaks it too, with no limit to what one client may ask for at once,
//! no end for who takes nothing or says nothing, and no goodbye when the service stops.

use std::error::Error;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, ready};

use actix_http::{Request, Response};
use actix_service::Service;
use actix_web::body::BoxBody;
use h2::Reason;
use h2::server::Builder;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, unconstrained};
use tokio::time::{Instant, sleep, timeout};

use super::exchange::{SEND_BUFFER, answer};
use super::public::Public;
use super::socket::{GOODBYE, Socket};
use crate::metrics::Shed;
use crate::web::LARGE;

/// The most requests of one connection at once: the fewest that RFC 9113 (section 6.5.2) recommends.
const MOST_STREAMS: u32 = 100;

/// The most requests at once over all connections; past it each has one, as all over HTTP/1.1 have.
const MOST_REQUESTS: usize = 10_000;

/// The largest head, in bytes as RFC 9113 (section 6.5.2) counts them: 32 more for each field than it
/// has. Twice as large as what is answered, so that who is a little over it is told in the form asked for.
const LARGEST_HEAD: u32 = 1 << 16;

/// How much of small frames a connection may bring, in bytes as h2 counts them, before it is ended. Its own
/// choice, 32 kB, is spent on bodies that nobody reads, and those of one client behind a proxy end all
/// others' answers.
const SMALL_FRAMES: usize = 1 << 20;

/// The places for requests over all connections: as many as `send_bytes` have room for small bodies, and
/// those of one connection whatever that is.
pub fn places(send_bytes: u64) -> Semaphore {
    let places = usize::try_from(send_bytes / LARGE).unwrap_or(usize::MAX);
    Semaphore::new(places.clamp(MOST_STREAMS as usize, MOST_REQUESTS))
}

/// What serves the connections over HTTP/2 of one thread.
pub struct Http2<S> {
    pub app: Rc<S>,
    pub public: Public,
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
        stream: TcpStream,
        peer: Option<SocketAddr>,
    ) -> Result<(), Box<dyn Error>> {
        let Public {
            site,
            readiness,
            places,
            stopping,
            head_timeout,
            keep_alive,
            stall_timeout,
        } = &self.public;
        let socket = Socket::new(stream, *stall_timeout);
        let flow = socket.flow();
        let mut stopping = pin!(stopping.notified());
        let handshake = Builder::new()
            .max_concurrent_streams(MOST_STREAMS)
            .max_header_list_size(LARGEST_HEAD)
            .max_send_buffer_size(SEND_BUFFER)
            .data_frame_budget(SMALL_FRAMES)
            .handshake(socket);
        let mut connection = tokio::select! {
            made = timeout(*head_timeout, handshake) => made??,
            // It has asked for nothing yet.
            () = &mut stopping => return Ok(()),
        };
        let mut answers = JoinSet::new();
        let mut leaving = false;
        let mut silence = pin!(sleep(*keep_alive));
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
            // Who sends without a pause must not use up the turn of what comes after that: unconstrained.
            tokio::select! {
                biased;
                Some(_) = answers.join_next() => {
                    flow.answered();
                    let patience = if leaving { GOODBYE } else { *keep_alive };
                    silence.as_mut().reset(Instant::now() + patience);
                    continue;
                }
                request = connection.accept() => {
                    let Some((request, mut respond)) = request.transpose()? else {
                        return Ok(());
                    };
                    let place = places.clone().try_acquire_owned().ok();
                    if place.is_none() && (!answers.is_empty() || flow.is_blocked()) {
                        // By that the client knows that it was not looked at (section 8.7).
                        respond.send_reset(Reason::REFUSED_STREAM);
                        site.metrics().shed(Shed::InFlight);
                        continue;
                    }
                    let app = self.app.clone();
                    let answer = answer(app, request, respond, peer, place.into(), *stall_timeout);
                    answers.spawn_local(answer);
                    if readiness.is_ready() {
                        continue;
                    }
                }
                () = unconstrained(&mut stopping), if !leaving => {}
                () = unconstrained(silent), if answers.is_empty() => {
                    if leaving {
                        connection.abrupt_shutdown(Reason::NO_ERROR);
                        return Ok(poll_fn(|context| connection.poll_closed(context)).await?);
                    }
                }
            }
            leaving = true;
            connection.graceful_shutdown();
            silence.as_mut().reset(Instant::now() + GOODBYE);
        }
    }
}

//! Closing the public port without losing a request.

use std::time::{Duration, Instant};

use actix_server::ServerHandle;
use log::warn;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::metrics::Metrics;

/// How often the connections are counted.
const STEP: Duration = Duration::from_millis(10);

/// How many steps without a new connection mean that no more are expected.
const QUIET_STEPS: u32 = 3;

/// How long a new connection gets to send its first request: enough for a client whose packet is lost.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

/// Stops accepting connections. New ones stay in the queue of the socket, which another process must keep open:
/// otherwise they are lost, and the sooner the listener closes, the fewer are lost.
pub async fn stop_accepting(server: &ServerHandle, metrics: &Metrics) {
    server.pause().await;
    // The library does not say when it has paused, and drops what it accepts after `stop`.
    let (mut quiet, mut before) = (0, metrics.connections.accepted.get());
    while quiet < QUIET_STEPS {
        sleep(STEP).await;
        let accepted = metrics.connections.accepted.get();
        quiet = if accepted == before { quiet + 1 } else { 0 };
        before = accepted;
    }
}

/// Closes the listeners, and waits until the connections have ended: those without a request get a second to
/// send one, and those with one are closed after the response, by `close_idle`.
///
/// The client of a connection that closes before its first response cannot know whether its request was handled.
/// After a response, a client knows that it may send the next one again (RFC 9112, section 9.3.1).
///
/// `limit` is the shutdown timeout of the server, which cuts off the rest.
pub async fn finish(
    server: &ServerHandle,
    metrics: &Metrics,
    close_idle: &watch::Sender<bool>,
    limit: Duration,
) {
    let (start, in_flight) = (Instant::now(), metrics.in_flight.get());
    let connections = &metrics.connections;
    let stopped = server.stop(true);
    let ended = async {
        let unused = async {
            while connections.unused.get() > 0 {
                sleep(STEP).await;
            }
        };
        timeout(FIRST_REQUEST_TIMEOUT, unused).await.ok();
        close_idle.send_replace(true);
        // The server looks only once a second.
        while connections.open.get() > 0 {
            sleep(STEP).await;
        }
    };
    tokio::select! {
        () = stopped => {}
        () = ended => {}
    }
    if in_flight > 0 && start.elapsed() >= limit {
        warn!("SHUTDOWN_TIMEOUT expired: the remaining requests are cut off");
    }
}

//! The end of the public port, without losing a request.

use std::time::{Duration, Instant};

use actix_server::ServerHandle;
use log::warn;
use tokio::time::sleep;

use crate::metrics::Metrics;

/// How often the connections are counted.
const STEP: Duration = Duration::from_millis(10);

/// For how many steps no connection may have come before no more are expected: the library does not say when it
/// has stopped accepting.
const QUIET_STEPS: u32 = 5;

/// How many steps a new connection gets to send its first request: a second, for a client whose packet is lost.
const MAX_STEPS: u32 = 100;

/// Stops accepting connections, then waits until those that were accepted have sent their first request.
///
/// The library would drop these: their clients cannot know whether the request was handled. A client whose
/// connection closes after a response does know that it may retry (RFC 9112, section 9.3.1).
pub async fn stop_accepting(server: &ServerHandle, metrics: &Metrics) {
    server.pause().await;
    let (mut quiet, mut accepted) = (0, metrics.connections.accepted.get());
    for _ in 0..MAX_STEPS {
        sleep(STEP).await;
        let is_quiet =
            metrics.connections.accepted.get() == accepted && metrics.connections.unused.get() == 0;
        accepted = metrics.connections.accepted.get();
        quiet = if is_quiet { quiet + 1 } else { 0 };
        if quiet == QUIET_STEPS {
            return;
        }
    }
}

/// Closes the listeners and the idle connections, and waits until the requests in flight are finished, at most
/// for the `timeout` of the server.
pub async fn finish_requests(server: &ServerHandle, metrics: &Metrics, timeout: Duration) {
    let (start, in_flight) = (Instant::now(), metrics.in_flight.get());
    let stopped = server.stop(true);
    // The library looks only once a second.
    let closed = async {
        while metrics.connections.open.get() > 0 {
            sleep(STEP).await;
        }
    };
    tokio::select! {
        () = stopped => {}
        () = closed => {}
    }
    if in_flight > 0 && start.elapsed() >= timeout {
        warn!("SHUTDOWN_TIMEOUT expired: the remaining requests are cut off");
    }
}

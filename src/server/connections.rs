//! The connections that are open, and which of them speak HTTP/2.
//!
//! The library ends a connection of HTTP/1.1 once it is idle and the service is stopping. It has no such
//! end for HTTP/2: those that are idle would hold the service until `SHUTDOWN_TIMEOUT`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::dev::Extensions;
use prometheus::IntGauge;
use tokio::time::sleep;

/// How often it is looked at whether the last request has ended.
const INTERVAL: Duration = Duration::from_millis(100);

/// What the last answers over HTTP/2 get to leave: they end for us when the library has their last
/// bytes.
const FLUSH: Duration = Duration::from_secs(1);

/// How many connections are open.
#[derive(Debug, Default)]
pub struct Connections {
    open: AtomicUsize,
    http2: AtomicUsize,
}

impl Connections {
    /// Counts one more until its data is dropped, which is when it ends.
    pub fn open(self: Arc<Self>, data: &mut Extensions) {
        self.open.fetch_add(1, Ordering::Relaxed);
        data.insert(Connection {
            connections: self,
            is_http2: AtomicBool::new(false),
        });
    }

    /// Waits until there are idle connections of HTTP/2 at most.
    pub async fn idle(&self, in_flight: &IntGauge) {
        loop {
            let open = self.open.load(Ordering::Relaxed);
            if open == self.http2.load(Ordering::Relaxed) && in_flight.get() == 0 {
                sleep(FLUSH).await;
                return;
            }
            sleep(INTERVAL).await;
        }
    }
}

/// A connection that is open.
pub struct Connection {
    connections: Arc<Connections>,
    is_http2: AtomicBool,
}

impl Connection {
    /// Tells that a request over HTTP/2 came by it.
    pub fn speaks_http2(&self) {
        if !self.is_http2.swap(true, Ordering::Relaxed) {
            self.connections.http2.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
        if self.is_http2.load(Ordering::Relaxed) {
            self.connections.http2.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

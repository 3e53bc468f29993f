//! Request heads that the HTTP library refuses: they are counted, and logged at a bounded rate.

use std::io::ErrorKind;
use std::mem;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_http::error::{DispatchError, ParseError};
use actix_web::web::Data;
use log::info;

use crate::metrics::Refusal;
use crate::web::connection::{Connection, State};
use crate::web::site::Site;

/// The log target of these lines: that of requests.
const TARGET: &str = "access";

/// The shortest time between two lines, whatever clients send.
const INTERVAL: Duration = Duration::from_secs(1);

/// Counts and logs refused request heads, for all workers.
pub struct Refusals {
    site: Data<Site>,
    rate: Mutex<Rate>,
}

impl Refusals {
    pub fn new(site: Data<Site>) -> Self {
        Self { site, rate: Mutex::default() }
    }

    /// Notes how a connection ended.
    pub fn note(
        &self,
        end: &Result<(), DispatchError>,
        connection: &Connection,
        peer: Option<SocketAddr>,
    ) {
        let Some(refusal) = refusal(end, connection) else { return };
        self.site.metrics.refuse(refusal);
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(suppressed) = rate.admit(Instant::now()) else { return };
        let reason = refusal.label();
        match peer.filter(|_| self.site.log_client).map(|peer| peer.ip().to_canonical()) {
            Some(client) => {
                info!(target: TARGET, reason, client:%, suppressed; "request head refused: {reason}");
            }
            None => info!(target: TARGET, reason, suppressed; "request head refused: {reason}"),
        }
    }
}

/// Why the last request head of a connection was refused, if it was. Clients that disconnect and bad bodies do not
/// count.
fn refusal(end: &Result<(), DispatchError>, connection: &Connection) -> Option<Refusal> {
    match end {
        // The first head. After its 408 the library reports no error.
        Ok(()) if connection.is_refused() => Some(Refusal::Timeout),
        Err(_) if connection.state() != State::ReadingHead => None,
        Err(DispatchError::Parse(ParseError::TooLarge)) => Some(Refusal::TooLarge),
        Err(DispatchError::Parse(_)) => Some(Refusal::Malformed),
        // A later head; the error is that of `TimedStream`.
        Err(DispatchError::Io(error)) if error.kind() == ErrorKind::TimedOut => {
            Some(Refusal::Timeout)
        }
        _ => None,
    }
}

/// When the last line was logged, and how many have been suppressed since.
#[derive(Default)]
struct Rate {
    last: Option<Instant>,
    suppressed: u64,
}

impl Rate {
    /// If a line may be logged now, the number of lines suppressed since the last one.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now.duration_since(last) < INTERVAL) {
            self.suppressed += 1;
            return None;
        }
        self.last = Some(now);
        Some(mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_admitted_per_second_with_the_number_of_those_that_were_not() {
        let start = Instant::now();
        let mut rate = Rate::default();
        let mut admit = |milliseconds| rate.admit(start + Duration::from_millis(milliseconds));
        assert_eq!(admit(0), Some(0));
        assert_eq!([admit(0), admit(1), admit(999)], [None; 3]);
        assert_eq!(admit(1_000), Some(3));
        assert_eq!(admit(1_999), None);
        assert_eq!(admit(60_000), Some(1));
        assert_eq!(admit(61_000), Some(0));
    }
}

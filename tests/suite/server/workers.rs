//! The workers, which must never be busy with one request for long.

use std::net::SocketAddr;

use crate::support::service::{Service, metrics, raw_request};

/// How many polls of connections have taken more than 5 ms.
fn slow_polls(management: SocketAddr) -> u64 {
    let names = ["worker_poll_seconds_count", "worker_poll_seconds_bucket{le=\"0.005\"}"];
    let [all, fast] = metrics(management, names);
    // The library reads the two one after the other.
    all.saturating_sub(fast)
}

/// The heaviest requests; another `try_` has other terms, so that none is cached or shared.
fn paths(try_: u64) -> [String; 15] {
    let n = 10_000_000 - 2_000 * try_;
    [
        format!("/nth?n={n}"),
        format!("/nth.txt?n={n}"),
        format!("/nth.json?n={n}"),
        format!("/nth?n={}", u64::MAX - try_),
        format!("/nth?n={}", 47_000 + try_),
        format!("/nth.txt?n={}", 110_000 + try_),
        format!("/first?n=5&from={n}"),
        format!("/first?n=50&from={}", 900_000 - try_),
        format!("/first?n=1000&from={}", 9_000 - try_),
        format!("/first?n={}", 800 - try_),
        format!("/first.txt?n=5&from={n}"),
        format!("/first.csv?n={}", 10_000 - try_),
        format!("/first.svg?n={}", 10_000 - try_),
        format!("/index?of={}", "9".repeat(10_000)),
        format!("/index.json?of={try_}{}", "0".repeat(9_000)),
    ]
}

#[test]
fn no_worker_is_busy_for_5_ms_with_one_poll() {
    let (service, management) =
        Service::start_with_management(&[("CACHE_BYTES", "0"), ("RUST_LOG", "info,access=off")]);
    for index in 0..paths(0).len() {
        // The system may suspend a worker for longer, but hardly at every try.
        let is_fast = (1..=50).any(|try_| {
            let before = slow_polls(management);
            let path = &paths(try_)[index];
            let response = service.exchange_bytes(&raw_request("GET", path));
            assert!(response.starts_with(b"HTTP/1.1 200 "), "{path}");
            slow_polls(management) == before
        });
        assert!(is_fast, "{} is slow", paths(0)[index]);
    }
}

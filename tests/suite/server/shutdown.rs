//! The way down: signals, what is in flight, and what still comes in.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use rustix::process::Signal;

use crate::support::{Service, connect, exchange, request};

#[test]
fn either_signal_ends_an_idle_service_with_status_0() {
    for (signal, word) in [
        (Signal::TERM, "finishing the requests in flight"),
        (Signal::INT, "SIGINT: finishing the requests in flight"),
    ] {
        let mut service = Service::start(&[]);
        let kept = service.connect("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        service.line("GET /healthz 200");
        service.signal(signal);
        service.line(word);
        let (status, log) = service.wait();
        assert_eq!(status.code(), Some(0));
        assert!(log.contains("\"stopped\""), "{log}");
        drop(kept);
    }
}

#[test]
fn what_is_in_flight_is_finished_while_readiness_is_off() {
    let (mut service, management, mut connection) = in_flight("3600");
    service.signal(Signal::TERM);
    service.line("finishing the requests in flight");
    assert!(exchange(management, &request("GET", "/readyz")).starts_with("HTTP/1.1 503 "));
    assert!(exchange(management, &request("GET", "/metrics")).contains("\nfibonacci_ready 0\n"));
    assert!(exchange(management, &request("GET", "/healthz")).starts_with("HTTP/1.1 200 "));

    let mut rest = String::new();
    connection.read_to_string(&mut rest).expect("UTF-8");
    let (head, body) = rest.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    assert_eq!(body.lines().count(), 10_000);
    let (status, _) = service.wait();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn what_is_in_flight_is_cut_off_when_its_time_is_over() {
    let (mut service, _, connection) = in_flight("1");
    service.signal(Signal::TERM);
    let line = service.line("SHUTDOWN_TIMEOUT expired");
    assert_eq!(line["level"], "WARN");
    let (status, _) = service.wait();
    assert_eq!(status.code(), Some(0));
    drop(connection);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (mut service, _, connection) = in_flight("3600");
    service.signal(Signal::TERM);
    service.line("finishing the requests in flight");
    service.signal(Signal::INT);
    service.line("second signal, SIGINT: stopping now");
    let (status, _) = service.wait();
    assert_eq!(status.code(), Some(0));
    // Unread until here: nothing but the second signal can have ended it.
    drop(connection);
}

/// A service, its management port, and a connection on which it is sending a list that is larger than
/// what the kernel buffers, so that it cannot finish before the rest is read.
fn in_flight(timeout: &str) -> (Service, SocketAddr, TcpStream) {
    let (service, management) = Service::start_with_management(&[("SHUTDOWN_TIMEOUT", timeout)]);
    let mut connection = connect(service.address, &request("GET", "/first.txt?n=10000"));
    connection.read_exact(&mut [0; 15]).expect("a status line");
    (service, management, connection)
}

#[test]
fn during_the_delay_everything_is_answered_and_ends_its_connection() {
    let (mut service, management) = Service::start_with_management(&[("DRAIN_DELAY", "3600")]);
    // Two connections that are kept: one asks again, one never does.
    let mut kept = connect(service.address, KEPT);
    let idle = connect(service.address, KEPT);
    assert!(!head_of(&mut kept).contains("connection: close"));
    service.line("GET /healthz 200");
    service.line("GET /healthz 200");

    service.signal(Signal::TERM);
    let line = service.line("SIGTERM: serving on");
    assert_eq!(line["seconds"], 3600);
    kept.write_all(KEPT.as_bytes()).expect("still open");
    assert!(head_of(&mut kept).contains("connection: close\r\n"));
    let mut rest = Vec::new();
    kept.read_to_end(&mut rest).expect("the end");
    // New ones are taken too.
    for (path, status) in [("/nth.txt?n=10", 200), ("/healthz", 200), ("/readyz", 503)] {
        for address in [service.address, management] {
            if address == management && path.starts_with("/nth") {
                continue;
            }
            let answer =
                exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            assert!(answer.contains("connection: close\r\n"), "{answer}");
        }
    }
    service.signal(Signal::TERM);
    service.line("second signal, SIGTERM: stopping now");
    drop(idle);
}

#[test]
fn after_the_delay_no_connection_is_taken_and_idle_ones_do_not_hold_the_end() {
    let mut service = Service::start(&[("DRAIN_DELAY", "1"), ("SHUTDOWN_TIMEOUT", "3600")]);
    let idle = service.connect(KEPT);
    service.line("GET /healthz 200");
    service.signal(Signal::TERM);
    service.line("SIGTERM: serving on");
    service.line("finishing the requests in flight");
    let address = service.address;
    let (status, _) = service.wait();
    assert_eq!(status.code(), Some(0));
    let refused = TcpStream::connect(address).map_err(|error| error.kind());
    assert_eq!(refused.err(), Some(ErrorKind::ConnectionRefused));
    drop(idle);
}

/// A request on a connection that is kept.
const KEPT: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// The head of an answer of `ok\n`, which is read with it.
fn head_of(connection: &mut TcpStream) -> String {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("UTF-8"), 0, "{head}");
    }
    reader.read_exact(&mut [0; 3]).expect("the body");
    head
}

#[test]
fn ctrl_c_does_not_wait_and_a_second_signal_ends_the_delay() {
    let mut service = Service::start(&[("DRAIN_DELAY", "3600")]);
    service.signal(Signal::INT);
    service.line("SIGINT: finishing the requests in flight");
    let (status, _) = service.wait();
    assert_eq!(status.code(), Some(0));

    let mut service = Service::start(&[("DRAIN_DELAY", "3600")]);
    service.signal(Signal::TERM);
    service.line("SIGTERM: serving on");
    service.signal(Signal::TERM);
    service.line("second signal, SIGTERM: stopping now");
    let (status, _) = service.wait();
    assert_eq!(status.code(), Some(0));
}

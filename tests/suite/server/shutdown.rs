//! Shutdown: signals, requests in flight, and requests that still arrive.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use rustix::process::Signal;

use crate::support::service::{Service, connect, exchange, metric, raw_request};

#[test]
fn sigterm_and_sigint_stop_an_idle_service_with_exit_status_0() {
    for (signal, message) in [
        (Signal::TERM, "finishing the requests in flight"),
        (Signal::INT, "SIGINT: finishing the requests in flight"),
    ] {
        let mut service = Service::start(&[]);
        let idle = service.connect(KEEP_ALIVE_REQUEST);
        service.wait_for_log("GET /nth.txt 200");
        service.signal(signal);
        service.wait_for_log(message);
        let (status, log) = service.wait_for_exit();
        assert_eq!(status.code(), Some(0));
        assert!(log.contains("\"stopped\""), "{log}");
        drop(idle);
    }
}

#[test]
fn requests_in_flight_are_finished_while_readiness_is_off() {
    let (mut service, management, mut connection) = service_with_request_in_flight("3600");
    service.signal(Signal::TERM);
    service.wait_for_log("finishing the requests in flight");
    assert!(exchange(management, &raw_request("GET", "/readyz")).starts_with("HTTP/1.1 503 "));
    assert!(
        exchange(management, &raw_request("GET", "/metrics")).contains("\nfibonacci_ready 0\n")
    );
    assert!(exchange(management, &raw_request("GET", "/healthz")).starts_with("HTTP/1.1 200 "));

    let mut rest = String::new();
    connection.read_to_string(&mut rest).expect("valid UTF-8");
    let (head, body) = rest.split_once("\r\n\r\n").expect("a response head");
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    assert_eq!(body.lines().count(), 10_000);
    let (status, _) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn requests_in_flight_are_aborted_when_the_shutdown_timeout_expires() {
    let (mut service, _, connection) = service_with_request_in_flight("1");
    service.signal(Signal::TERM);
    let line = service.wait_for_log("SHUTDOWN_TIMEOUT expired");
    assert_eq!(line["level"], "WARN");
    let (status, _) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
    drop(connection);
}

#[test]
fn a_second_signal_stops_the_service_at_once() {
    let (mut service, _, connection) = service_with_request_in_flight("3600");
    service.signal(Signal::TERM);
    service.wait_for_log("finishing the requests in flight");
    service.signal(Signal::INT);
    service.wait_for_log("second signal, SIGINT: stopping now");
    let (status, _) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
    // The connection is unread, so only the second signal can have stopped the service.
    drop(connection);
}

/// A service, its management address, and a connection on which it is sending a list. The list is larger
/// than the buffers of the kernel, so the service cannot finish it before the test reads the rest.
fn service_with_request_in_flight(timeout: &str) -> (Service, SocketAddr, TcpStream) {
    let (service, management) = Service::start_with_management(&[("SHUTDOWN_TIMEOUT", timeout)]);
    let mut connection = connect(service.address, &raw_request("GET", "/first.txt?n=10000"));
    connection.read_exact(&mut [0; 15]).expect("a status line");
    (service, management, connection)
}

#[test]
fn during_the_drain_delay_requests_are_served_and_their_connections_are_closed() {
    let (mut service, management) = Service::start_with_management(&[("DRAIN_DELAY", "3600")]);
    // Two keep-alive connections: one sends another request, one stays idle.
    let mut active = connect(service.address, KEEP_ALIVE_REQUEST);
    let idle = connect(service.address, KEEP_ALIVE_REQUEST);
    assert!(!read_head(&mut active).contains("connection: close"));
    service.wait_for_log("GET /nth.txt 200");
    service.wait_for_log("GET /nth.txt 200");

    service.signal(Signal::TERM);
    let line = service.wait_for_log("SIGTERM: serving on");
    assert_eq!(line["seconds"], 3600);
    active.write_all(KEEP_ALIVE_REQUEST.as_bytes()).expect("an open connection");
    assert!(read_head(&mut active).contains("connection: close\r\n"));
    let mut rest = Vec::new();
    active.read_to_end(&mut rest).expect("the end of the connection");
    // New connections are accepted, too.
    for (path, status) in [("/nth.txt?n=10", 200), ("/healthz", 200), ("/readyz", 503)] {
        for address in [service.address, management] {
            if address == management && path.starts_with("/nth") {
                continue;
            }
            let response =
                exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
            assert!(response.contains("connection: close\r\n"), "{response}");
        }
    }
    service.signal(Signal::TERM);
    service.wait_for_log("second signal, SIGTERM: stopping now");
    drop(idle);
}

#[test]
fn after_the_drain_delay_new_connections_are_refused_and_idle_ones_do_not_delay_the_exit() {
    let mut service = Service::start(&[("DRAIN_DELAY", "1"), ("SHUTDOWN_TIMEOUT", "3600")]);
    let idle = service.connect(KEEP_ALIVE_REQUEST);
    service.wait_for_log("GET /nth.txt 200");
    service.signal(Signal::TERM);
    service.wait_for_log("SIGTERM: serving on");
    service.wait_for_log("finishing the requests in flight");
    let address = service.address;
    let (status, _) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
    let refused = TcpStream::connect(address).map_err(|error| error.kind());
    assert_eq!(refused.err(), Some(ErrorKind::ConnectionRefused));
    drop(idle);
}

#[test]
fn a_connection_without_a_request_yet_may_still_send_one() {
    let (mut service, management) = Service::start_with_management(&[]);
    let mut connection = service.connect("");
    while metric(management, "http_connections_unused") == 0 {}
    // A second one that stays silent delays the exit by a second, but not by HEAD_TIMEOUT.
    let silent = service.connect("GET");
    while metric(management, "http_connections_unused") == 1 {}
    service.signal(Signal::TERM);
    service.wait_for_log("finishing the requests in flight");
    connection.write_all(KEEP_ALIVE_REQUEST.as_bytes()).expect("an open connection");
    assert!(read_head(&mut connection).contains("connection: close\r\n"));
    let (status, _) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
    drop(silent);
}

/// A request without `Connection: close`.
const KEEP_ALIVE_REQUEST: &str = "GET /nth.txt?n=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Reads a response with the body `1\n`, and returns its head.
fn read_head(connection: &mut TcpStream) -> String {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("valid UTF-8"), 0, "{head}");
    }
    reader.read_exact(&mut [0; 2]).expect("the body");
    head
}

#[test]
fn sigint_skips_the_drain_delay_and_a_second_sigterm_ends_it() {
    let mut service = Service::start(&[("DRAIN_DELAY", "3600")]);
    service.signal(Signal::INT);
    service.wait_for_log("SIGINT: finishing the requests in flight");
    let (status, _) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));

    let mut service = Service::start(&[("DRAIN_DELAY", "3600")]);
    service.signal(Signal::TERM);
    service.wait_for_log("SIGTERM: serving on");
    service.signal(Signal::TERM);
    service.wait_for_log("second signal, SIGTERM: stopping now");
    let (status, _) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
}

//! Request heads that the HTTP library refuses: the metric and the log lines.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Instant;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::service::{Service, metric, metrics, raw_request};

/// The number of refused heads by reason: malformed, timeout, too large.
fn refused(management: SocketAddr) -> [u64; 3] {
    metrics(
        management,
        [
            r#"http_request_heads_refused_total{reason="malformed"}"#,
            r#"http_request_heads_refused_total{reason="timeout"}"#,
            r#"http_request_heads_refused_total{reason="too_large"}"#,
        ],
    )
}

/// Sends these bytes and reads what comes back, until the service closes or resets the connection.
fn send(service: &Service, bytes: &str) -> String {
    let mut connection = service.connect("");
    // The service may close the connection before it receives all bytes.
    connection.write_all(bytes.as_bytes()).ok();
    let mut response = Vec::new();
    connection.read_to_end(&mut response).ok();
    String::from_utf8(response).expect("valid UTF-8")
}

/// A request without `Connection: close`.
const KEPT_ALIVE: &str = "GET /nth.txt?n=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[test]
fn refused_heads_are_counted_by_reason() {
    let (service, management) = Service::start_with_management(&[("HEAD_TIMEOUT", "1")]);
    assert_eq!(refused(management), [0, 0, 0]);
    assert!(send(&service, "GET\r\n\r\n").starts_with("HTTP/1.1 400 "));
    assert_eq!(refused(management), [1, 0, 0]);
    let later = send(&service, &format!("{KEPT_ALIVE}GET / HTTP/9.9\r\n\r\n"));
    assert!(later.starts_with("HTTP/1.1 200 ") && later.contains("HTTP/1.1 400 "), "{later}");
    assert_eq!(refused(management), [2, 0, 0]);

    let fields = "A: b\r\n".repeat(97);
    let response = send(&service, &format!("GET / HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"));
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
    assert_eq!(refused(management), [2, 0, 1]);
    send(&service, &format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(200_000)));
    // The connection may be reset before it has been counted.
    while refused(management) != [2, 0, 2] {}

    let first = service.connect("GET / HTTP/1.1\r\nHost: local");
    let silent = service.connect("");
    let later = service.connect(&format!("{KEPT_ALIVE}GET"));
    for (mut connection, start) in
        [(first, "HTTP/1.1 408 "), (silent, ""), (later, "HTTP/1.1 200 ")]
    {
        let mut response = String::new();
        connection.read_to_string(&mut response).expect("valid UTF-8");
        assert!(response.starts_with(start), "{response}");
    }
    while refused(management) != [2, 3, 2] {}
}

#[test]
fn clients_that_leave_or_are_idle_or_send_requests_are_not_refused() {
    let (service, management) = Service::start_with_management(&[("KEEP_ALIVE", "1")]);
    drop(service.connect("GET / HTTP/1.1\r\nHost: local"));
    drop(service.connect(""));
    drop(service.connect(KEPT_ALIVE));
    let half_closed = service.connect("GET / HTTP/1.1\r\nHost: local");
    half_closed.shutdown(Shutdown::Write).expect("a socket");
    let mut idle = service.connect(KEPT_ALIVE);
    idle.read_to_end(&mut Vec::new()).expect("a closed connection");
    // The service answers these itself.
    for request in [raw_request("GET", "/nth.txt?n=x"), raw_request("BREW", "/")] {
        service.exchange(&request);
    }
    let long = "x".repeat(33_000);
    let long = raw_request("GET", "/").replace("Host", &format!("X: {long}\r\nHost"));
    let response = service.exchange(&long);
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
    // Once a connection is no longer counted, its end has been.
    while metric(management, "http_connections") != 0 {}
    assert_eq!(refused(management), [0, 0, 0]);
    drop(half_closed);
}

#[test]
fn bodies_that_are_malformed_or_late_or_end_early_are_not_refused_heads() {
    let (service, management) = Service::start_with_management(&[("HEAD_TIMEOUT", "1")]);
    let post = "POST /index.txt HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n";
    for body in ["Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", "Content-Length: 3\r\n\r\n1"] {
        let response = send(&service, &format!("{post}{body}"));
        assert!(!response.starts_with("HTTP/1.1 200 "), "{response}");
    }
    drop(service.connect(&format!("{post}Content-Length: 3\r\n\r\n1")));
    while metric(management, "http_connections") != 0 {}
    assert_eq!(refused(management), [0, 0, 0]);
}

#[test]
fn connections_that_the_shutdown_ends_are_not_refused() {
    let service = Service::start(&[]);
    let partial = service.connect("GET / HTTP/1.1\r\nHost: local");
    let silent = service.connect("");
    service.exchange(&raw_request("GET", "/nth.txt?n=1"));
    service.signal(Signal::TERM);
    let (status, log) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
    assert!(log.contains("\"stopped\"") && !log.contains("refused"), "{log}");
    drop((partial, silent));
}

#[test]
fn a_refused_head_is_logged_with_its_reason_and_its_client() {
    let mut service = Service::start(&[]);
    send(&service, "SECRET\r\n\r\n");
    let line = service.wait_for_log("request head refused: malformed");
    assert_eq!((&line["level"], &line["target"]), (&"INFO".into(), &"access".into()));
    assert_eq!((&line["reason"], &line["client"]), (&"malformed".into(), &"127.0.0.1".into()));
    assert_eq!(line["suppressed"], 0);
    assert!(!line.to_string().contains("SECRET"), "{line}");

    let mut service = Service::start(&[("HEAD_TIMEOUT", "1")]);
    let slow = service.connect("GET / HTTP/1.1\r\n");
    let line = service.wait_for_log("request head refused: timeout");
    assert_eq!((&line["reason"], &line["suppressed"]), (&"timeout".into(), &0.into()));
    drop(slow);

    let mut service = Service::start(&[("LOG_CLIENT", "off")]);
    send(&service, "SECRET\r\n\r\n");
    let line = service.wait_for_log_line("request head refused: malformed");
    assert!(!line.contains("client") && !line.contains("127.0.0.1"), "{line}");
}

#[test]
fn at_most_one_line_a_second_says_that_heads_are_refused() {
    let (service, management) = Service::start_with_management(&[]);
    let start = Instant::now();
    for _ in 0..200 {
        send(&service, "nonsense\r\n\r\n");
    }
    assert_eq!(refused(management), [200, 0, 0]);
    let seconds = usize::try_from(start.elapsed().as_secs()).expect("a short time");
    service.signal(Signal::TERM);
    let (_, log) = service.wait_for_exit();
    let lines: Vec<Value> = log
        .lines()
        .filter(|line| line.contains("request head refused"))
        .map(|line| serde_json::from_str(line).expect("valid JSON"))
        .collect();
    assert!((1..=seconds + 1).contains(&lines.len()), "{seconds} s: {log}");
    let suppressed: u64 = lines.iter().filter_map(|line| line["suppressed"].as_u64()).sum();
    assert!(suppressed + lines.len() as u64 <= 200, "{log}");
}

//! The `healthcheck` subcommand.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Output;
use std::thread;

use crate::support::service::{Service, run, standard_error};

#[test]
fn healthcheck_succeeds_if_the_service_is_healthy() {
    let service = Service::start(&[("HOST", "0.0.0.0")]);
    let port = service.address.port().to_string();
    for (host, arguments) in [
        ("127.0.0.1", ["healthcheck", "--port", &port]),
        ("0.0.0.0", ["--port", &port, "healthcheck"]),
    ] {
        let output = run(&[("HOST", host)], &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", standard_error(&output));
        assert_eq!(standard_error(&output), "");
    }
}

#[test]
fn healthcheck_succeeds_over_ipv6() {
    for host in ["::1", "::"] {
        let service = Service::start(&[("HOST", host)]);
        let port = service.address.port().to_string();
        let output = run(&[("HOST", host), ("PORT", &port)], &["healthcheck"]);
        assert_eq!(output.status.code(), Some(0), "{}", standard_error(&output));
    }
}

#[test]
fn a_failed_healthcheck_prints_the_reason_on_one_line() {
    // The port of an obsolete service (RFC 1078). The system never assigns it to a test that binds port 0.
    let unreachable = run(&[("PORT", "1")], &["healthcheck"]);
    assert_unhealthy(&unreachable, "http://127.0.0.1:1/healthz");

    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    let stub = thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("a connection");
        // Read the whole head, because closing a socket with unread bytes resets the connection.
        let lines = BufReader::new(&connection).lines().map(|line| line.expect("a request"));
        lines.take_while(|line| !line.is_empty()).for_each(drop);
        connection
            .write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            .expect("an open connection");
    });
    let unhealthy = run(&[("PORT", &address.port().to_string())], &["healthcheck"]);
    stub.join().expect("a request");
    let text = assert_unhealthy(&unhealthy, &format!("http://{address}/healthz"));
    assert!(text.contains("503"), "{text}");
}

/// Asserts that the health check failed, and returns its error message.
fn assert_unhealthy(output: &Output, url: &str) -> String {
    let text = standard_error(output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with(&format!("error: {url} is not healthy: ")), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

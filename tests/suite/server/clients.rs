//! Clients that are slow, that leave early, or that send malformed or excessive input.

#[cfg(target_os = "linux")]
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use num_bigint::BigUint;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rustix::process::Signal;
use socket2::{Domain, SockRef, Socket, Type};

use crate::support::cases;
use crate::support::service::{
    Service, exchange, large_term_paths, metric, program_after, raw_request,
};

/// Asserts that the service still serves other clients.
fn assert_serves_others(service: &Service) {
    let response = service.exchange(&raw_request("GET", "/nth.txt?n=10"));
    assert!(response.ends_with("\r\n\r\n55\n"), "{response}");
}

#[test]
fn a_connection_whose_request_head_does_not_arrive_is_closed_with_408() {
    let service = Service::start(&[("HEAD_TIMEOUT", "1"), ("WORKERS", "1")]);
    let mut slow: Vec<TcpStream> =
        (0..200).map(|_| service.connect("GET / HTTP/1.1\r\nHost: local")).collect();
    assert_serves_others(&service);
    // The time counts from the start of the connection, however steadily bytes arrive.
    let mut steady = service.connect("");
    while steady.write_all(b"G").is_ok() && peek(&steady).is_none() {}
    slow.push(steady);
    for connection in &mut slow {
        let mut response = String::new();
        connection.read_to_string(&mut response).expect("valid UTF-8");
        assert!(response.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{response}");
    }
}

#[test]
fn a_connection_that_never_sends_a_byte_is_closed() {
    let service = Service::start(&[("HEAD_TIMEOUT", "1"), ("WORKERS", "1")]);
    let mut response = String::new();
    let mut silent = service.connect("");
    silent.read_to_string(&mut response).expect("a closed connection");
    assert!(response.is_empty() || response.starts_with("HTTP/1.1 408 "), "{response}");
    assert_serves_others(&service);
}

#[test]
fn a_connection_whose_second_request_head_does_not_arrive_is_closed() {
    let service = Service::start(&[("HEAD_TIMEOUT", "1"), ("WORKERS", "1")]);
    let slow: Vec<TcpStream> = ["G", "\r\n", "\n", "GET / HTTP/1.1\r\nHost: local"]
        .into_iter()
        .map(|start| {
            let mut connection =
                service.connect("GET /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\n\r\n");
            read_until(&mut connection, "\r\n\r\n55\n");
            connection.write_all(start.as_bytes()).expect("an open connection");
            connection
        })
        .collect();
    assert_serves_others(&service);
    for mut connection in slow {
        assert_eq!(connection.read(&mut [0]).expect("a closed connection"), 0);
    }
}

/// The first byte that arrives within 50 ms, if any.
fn peek(connection: &TcpStream) -> Option<u8> {
    connection.set_read_timeout(Some(Duration::from_millis(50))).expect("a valid timeout");
    let mut byte = [0];
    connection.peek(&mut byte).is_ok_and(|length| length == 1).then_some(byte[0])
}

/// Reads until the received text ends with `end`.
fn read_until(connection: &mut TcpStream, end: &str) -> String {
    let mut read = String::new();
    let mut buffer = [0; 4_096];
    while !read.ends_with(end) {
        let length = connection.read(&mut buffer).expect("a response");
        assert_ne!(length, 0, "the connection was closed: {read}");
        read += std::str::from_utf8(&buffer[..length]).expect("valid UTF-8");
    }
    read
}

#[test]
fn pipelined_requests_get_their_responses_in_order() {
    let service = Service::start(&[("RUST_LOG", "info,access=off")]);
    let requests: Vec<String> = (0..200)
        .map(|n| {
            // httparse also accepts empty lines before a request and lines without a CR.
            let before = ["", "\r\n", "\n"][n % 3];
            let end = ["\r\n", "\n"][n % 2];
            format!("{before}GET /nth.txt?n={n} HTTP/1.1{end}Host: localhost{end}{end}")
        })
        .collect();
    let requests = requests.concat() + &raw_request("GET", "/nth.txt?n=200");
    for length in [1, 7, 64, 1_000, requests.len()] {
        let mut connection = service.connect("");
        connection.set_nodelay(true).expect("a socket");
        for part in requests.as_bytes().chunks(length) {
            connection.write_all(part).expect("an open connection");
        }
        let mut read = String::new();
        connection.read_to_string(&mut read).expect("valid UTF-8");
        let responses: Vec<&str> = read.split("HTTP/1.1 200 OK\r\n").skip(1).collect();
        assert_eq!(responses.len(), 201);
        let (mut this, mut next) = (BigUint::ZERO, BigUint::from(1_u8));
        for response in responses {
            let body = response.split("\r\n\r\n").nth(1).expect("a body");
            assert_eq!(body, format!("{this}\n"));
            (this, next) = (next.clone(), this + next);
        }
    }
}

#[test]
fn a_client_that_sends_requests_without_reading_responses_is_not_read_from() {
    let service = Service::start(&[("RUST_LOG", "info,access=off")]);
    let mut connection = service.connect("");
    connection.set_write_timeout(Some(Duration::from_secs(2))).expect("a valid timeout");
    let requests = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000);
    // More than the buffers of two sockets hold.
    let sent = (0..1_000).try_for_each(|_| connection.write_all(requests.as_bytes()));
    assert!(sent.is_err());
    assert_serves_others(&service);
}

#[test]
fn a_request_with_a_body_that_is_not_read_still_gets_its_response() {
    let service = Service::start(&[]);
    for body in
        ["a=b".to_owned(), "\r\n\r\n".repeat(100_000), raw_request("GET", "/").repeat(1_000)]
    {
        let length = body.len();
        let sized = format!("Content-Length: {length}\r\n\r\n{body}");
        let chunked =
            format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
        for rest in [sized, chunked] {
            let mut connection = service.connect("");
            let start = "POST /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\n";
            // The service may respond and close the connection before it receives all of the body.
            connection.write_all((start.to_owned() + &rest).as_bytes()).ok();
            let mut response = String::new();
            connection.read_to_string(&mut response).expect("no connection reset");
            assert!(response.starts_with("HTTP/1.1 405 "), "{response}");
            assert_eq!(response.matches("HTTP/1.1").count(), 1, "{response}");
        }
    }
}

#[test]
fn an_idle_connection_is_closed() {
    let service = Service::start(&[("KEEP_ALIVE", "1")]);
    let mut idle = service.connect("GET /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut response = String::new();
    idle.read_to_string(&mut response).expect("valid UTF-8");
    assert!(response.ends_with("\r\n\r\n55\n"), "{response}");
}

#[test]
fn connections_past_the_limit_of_open_files_wait_without_work_or_log_lines() {
    let (service, management) = Service::start_with_management_by(
        || program_after("ulimit -n 128"),
        &[("HEAD_TIMEOUT", "1"), ("WORKERS", "1")],
    );
    let max = metric(management, "http_connections_max");
    assert!((50..128).contains(&max), "{max}");
    let idle: Vec<TcpStream> = (0..300).map(|_| service.connect("")).collect();
    let accepted = || metric(management, "http_connections_accepted_total");
    while accepted() < max {}
    // The service still opens what it needs.
    let page = exchange(management, &raw_request("GET", "/readyz"));
    assert!(page.ends_with("ready\n"), "{page}");
    assert!(metric(management, "http_connections") <= max);
    // It closes silent connections after a second, and accepts those that wait.
    while accepted() < 300 {}
    drop(idle);
    assert_serves_others(&service);
    #[cfg(target_os = "linux")]
    assert!(accepting_seconds(&service) < 0.5, "{} s", accepting_seconds(&service));
    service.signal(Signal::TERM);
    let (_, log) = service.wait_for_exit();
    let lines = log.lines().filter(|line| !line.contains("\"access\"")).count();
    assert!(lines < 10 && !log.contains("ERROR"), "{log}");
}

/// The CPU time of the thread that accepts connections, in seconds.
#[cfg(target_os = "linux")]
fn accepting_seconds(service: &Service) -> f64 {
    let threads = fs::read_dir(format!("/proc/{}/task", service.id())).expect("a process");
    let stats =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    // More than one thread has this name: the management port has its own.
    let times = stats.filter(|stat| stat.contains("(actix-server ac")).map(|stat| {
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        // The fields 14 and 15 of proc(5).
        let ticks = |field: usize| fields[field - 3].parse::<f64>().expect("a number");
        (ticks(14) + ticks(15)) / 100.0
    });
    let times: Vec<f64> = times.collect();
    assert_eq!(times.len(), 2);
    times.into_iter().sum()
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_stops_reading_is_disconnected() {
    let mut service = Service::start(&[("STALL_TIMEOUT", "1"), ("WORKERS", "1")]);
    let stalled = service.connect(&raw_request("GET", "/first.txt?n=10000"));
    // Logged when the service closes the connection. The client neither reads nor closes it.
    let line = service.wait_for_log("GET /first.txt 200");
    assert!(line["bytes"].as_u64().is_some_and(|bytes| bytes < 10_459_845), "{line}");
    assert_serves_others(&service);
    drop(stalled);
}

#[test]
fn a_connection_reset_during_a_list_does_not_affect_other_clients() {
    let mut service = Service::start(&[("WORKERS", "1")]);
    for _ in 0..20 {
        let mut connection = service.connect(&raw_request("GET", "/first.txt?n=10000"));
        connection.read_exact(&mut [0; 15]).expect("a status line");
        reset(connection);
        service.wait_for_log("GET /first.txt 200");
    }
    assert_serves_others(&service);
}

#[test]
fn a_request_behind_one_that_is_computed_is_answered() {
    let service = Service::start(&[("MAX_NTH", "20000000")]);
    for path in ["/first.txt?from=2000000&n=1", "/nth.txt?n=2000000"] {
        // One write, so that the second request arrives with the first.
        let requests = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nRange: bytes=5-10\r\n\r\n{}",
            raw_request("GET", "/nth.txt?n=7")
        );
        let mut connection = service.connect(&requests);
        connection.set_read_timeout(Some(Duration::from_secs(30))).expect("a valid timeout");
        let mut read = String::new();
        connection.read_to_string(&mut read).expect("both responses in time");
        assert!(read.ends_with("\r\n\r\n13\n"), "{read}");
    }
}

#[test]
fn empty_lines_before_a_request_are_ignored() {
    let service = Service::start(&[]);
    let request = raw_request("GET", "/nth.txt?n=7");
    let response = service.exchange(&("\r\n\n".repeat(10_000) + &request));
    assert!(response.ends_with("\r\n\r\n13\n"), "{response}");
}

#[test]
fn a_client_that_reads_late_gets_all_responses() {
    let (service, management) = Service::start_with_management(&[]);
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(2_048).expect("a socket");
    socket.connect(&service.address.into()).expect("a listening service");
    let mut connection = TcpStream::from(socket);
    connection.set_read_timeout(Some(Duration::from_secs(30))).expect("a valid timeout");
    let request = "GET /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let requests = request.repeat(300) + &raw_request("GET", "/nth.txt?n=11");
    connection.write_all(requests.as_bytes()).expect("room in the buffers");
    // Until the service waits for the client.
    wait_until_workers_are_idle(management, || {});
    let mut read = String::new();
    connection.read_to_string(&mut read).expect("all responses in time");
    assert_eq!(read.matches("\r\n\r\n55\n").count(), 300);
    assert!(read.ends_with("\r\n\r\n89\n"), "{read}");
}

/// Closes a connection with a reset.
fn reset(connection: TcpStream) {
    // With a linger time of 0, closing the socket resets the connection.
    SockRef::from(&connection).set_linger(Some(Duration::ZERO)).expect("a socket");
    drop(connection);
}

#[test]
fn a_client_that_closes_its_side_gets_its_response() {
    let service = Service::start(&[]);
    for path in ["/nth.txt?n=10", "/nth.txt?n=5000000", "/first.txt?n=10000"] {
        let expected = service.exchange(&raw_request("GET", path));
        let mut connection = service.connect(&raw_request("GET", path));
        connection.shutdown(Shutdown::Write).expect("an open connection");
        let mut response = String::new();
        connection.read_to_string(&mut response).expect("valid UTF-8");
        assert_eq!(response.len(), expected.len(), "{path}");
    }
}

/// Calls `meanwhile` until the workers have polled no connection for a while.
fn wait_until_workers_are_idle(management: SocketAddr, mut meanwhile: impl FnMut()) {
    let (mut before, mut idle_rounds) = (0, 0);
    let is_idle = (0..2_000).any(|_| {
        meanwhile();
        let now = metric(management, "worker_poll_seconds_count");
        idle_rounds = if now == before { idle_rounds + 1 } else { 0 };
        before = now;
        idle_rounds == 100
    });
    assert!(is_idle, "{before} polls");
}

#[test]
fn requests_behind_a_response_that_is_not_read_stay_in_the_socket() {
    let (service, management) = Service::start_with_management(&[("WORKERS", "1")]);
    // The list fills the buffers of both sockets, so its response does not end.
    let list = "GET /first.txt?n=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let light = "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut connection = service.connect(&(light.repeat(10) + list));
    connection.set_nonblocking(true).expect("a socket");
    let requests = light.repeat(20_000);
    let mut sent = 0;
    wait_until_workers_are_idle(management, || {
        // An error means that the buffers are full.
        while let Ok(length) = connection.write(&requests.as_bytes()[sent..]) {
            sent = (sent + length) % requests.len();
        }
    });
    assert_eq!(metric(management, "http_requests_in_flight"), 1);
    let light = "http_requests_total{method=\"HEAD\",route=\"/\",status=\"200\"}";
    assert_eq!(metric(management, light), 10);
    assert_serves_others(&service);
}

#[test]
fn queued_computations_are_dropped_when_their_clients_leave() {
    let (mut service, management) =
        Service::start_with_management(&[("WORKERS", "1"), ("MAX_NTH", "100000000")]);
    let waiting: Vec<TcpStream> =
        large_term_paths().iter().map(|path| service.connect(&raw_request("GET", path))).collect();
    let queue_is_empty = || metric(management, "fibonacci_queue_depth") == 0;
    let count = waiting.len() as u64;
    // A request that has not been read when its client leaves has no line in the log.
    while metric(management, "http_requests_in_flight") < count || queue_is_empty() {}
    waiting.into_iter().for_each(reset);
    for _ in 0..count {
        service.wait_for_log("GET /nth.txt");
    }
    // The engine drops the computations a moment after these lines. If it ran them instead, most would be
    // finished by the time the queue is empty.
    while !queue_is_empty() {}
    let computed = metric(management, "fibonacci_computation_seconds_count{kind=\"term\"}");
    assert!(computed < count / 2, "{computed}");
    assert_serves_others(&service);
}

#[test]
fn requests_that_are_too_large_are_refused_in_the_representation_of_the_path() {
    let service = Service::start(&[]);
    let get = |path: &str, fields: &str| {
        service.exchange(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n"
        ))
    };
    let long = format!("/nth.txt?n={}", "1".repeat(16_400));
    let response = get(&long, "");
    assert!(response.starts_with("HTTP/1.1 414 "), "{response}");
    assert!(response.ends_with(
        "\r\n\r\nThe number is too long. No number here can have more than 10,000 digits.\n"
    ));
    let response = get("/nth.txt?n=1", &format!("X-Long: {}\r\n", "x".repeat(33_000)));
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
    assert!(response.ends_with("Send fewer or shorter ones.\n"));
    for fields in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        // Without `Connection: close`: the service closes the connection because a body may follow.
        let response = service
            .exchange(&format!("GET /nth.json?n=1 HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"));
        assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
        assert!(response.contains("application/problem+json"), "{response}");
        let response = service
            .exchange(&format!("POST /nth.json?n=1 HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"));
        assert!(response.starts_with("HTTP/1.1 405 "), "{response}");
    }
}

#[test]
fn an_upgrade_request_is_served_over_http_1_and_keeps_its_connection() {
    let service = Service::start(&[]);
    let last = raw_request("GET", "/nth.txt?n=11");
    for fields in [
        // What nginx sends with the usual lines for WebSockets.
        "Connection: upgrade\r\n",
        "connection:Keep-Alive,  Upgrade \r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket\r\n",
    ] {
        let request = format!("GET /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
        let responses = service.exchange(&(request.clone() + &last));
        assert_eq!(responses.matches("HTTP/1.1 200 ").count(), 2, "{fields}{responses}");
        assert!(responses.ends_with("\r\n\r\n89\n"), "{fields}{responses}");
        assert!(!responses.to_lowercase().contains("upgrade"), "{fields}{responses}");
        // In a line that arrives in two parts, the field may be seen, and the connection closed.
        let (first, second) = request.split_at(request.len() - 8);
        let mut connection = service.connect(first);
        connection.write_all((second.to_owned() + &last).as_bytes()).expect("an open connection");
        let mut responses = String::new();
        connection.read_to_string(&mut responses).ok();
        assert!(responses.starts_with("HTTP/1.1 200 "), "{fields}{responses}");
        assert!(!responses.to_lowercase().contains("upgrade"), "{fields}{responses}");
    }
}

/// Random bytes, some of which resemble a request.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just(b"GET ".to_vec()),
        Just(b"HEAD ".to_vec()),
        Just(b"POST ".to_vec()),
        Just(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        Just(b"/nth?n=".to_vec()),
        Just(b"/first.txt?n=7".to_vec()),
        Just(b"/nth.json?n=%".to_vec()),
        Just(b" HTTP/1.1\r\n".to_vec()),
        Just(b" HTTP/1.0\r\n".to_vec()),
        Just(b"Host: x\r\n".to_vec()),
        Just(b"Range: bytes=".to_vec()),
        Just(b"If-None-Match: \"".to_vec()),
        Just(b"Accept-Encoding: br;q=".to_vec()),
        Just(b"Content-Length: 3\r\n".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        Just(b"Connection: upgrade\r\nUpgrade: h2c\r\n".to_vec()),
        Just(b"Expect: 100-continue\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

#[test]
fn random_bytes_get_a_well_formed_response_or_none() {
    let service = Service::start(&[("RUST_LOG", "warn,fibonacci_web=info,access=off")]);
    TestRunner::new(cases(3_000))
        .run(&bytes(), |bytes| {
            let mut connection = TcpStream::connect(service.address).expect("a listening service");
            // The service may close the connection before it receives all bytes.
            connection.write_all(&bytes).ok();
            connection.shutdown(Shutdown::Write).ok();
            let mut response = Vec::new();
            match connection.read_to_end(&mut response) {
                Ok(_) => {}
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            }
            if response.is_empty() {
                return Ok(());
            }
            let mut fields = [httparse::EMPTY_HEADER; 64];
            let parsed = httparse::Response::new(&mut fields).parse(&response);
            prop_assert!(
                parsed.is_ok_and(|head| head.is_complete()),
                "{}",
                String::from_utf8_lossy(&response)
            );
            Ok(())
        })
        .expect("well-formed responses");
    assert_serves_others(&service);
    service.signal(Signal::TERM);
    let (status, log) = service.wait_for_exit();
    assert_eq!(status.code(), Some(0));
    assert!(!log.contains("panic") && !log.contains("ERROR"), "{log}");
}

#[test]
fn a_malformed_request_gets_an_empty_error_response_and_does_not_affect_other_clients() {
    let service = Service::start(&[]);
    let long =
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    for (bytes, status) in [
        ("\0\r\n\r\n", "400 Bad Request"),
        ("GET\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/9.9\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", "400 Bad Request"),
        ("GET /nth?n=١٠ HTTP/1.1\r\n\r\n", "400 Bad Request"),
        (long.as_str(), "431 Request Header Fields Too Large"),
    ] {
        let mut connection = TcpStream::connect(service.address).expect("a listening service");
        // The service may close the connection before it receives all bytes.
        connection.write_all(bytes.as_bytes()).ok();
        let mut response = vec![0; 512];
        let length = connection.read(&mut response).expect("a response");
        let response = String::from_utf8_lossy(&response[..length]);
        assert!(response.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{response}");
        assert!(response.ends_with("\r\n\r\n"), "{response}");
    }
    let response = service.exchange(&raw_request("GET", "/nth.txt?n=10"));
    assert!(response.ends_with("\r\n\r\n55\n"), "{response}");
}

/// The head of a request with a number in its body, of this length.
fn post_head(length: &str) -> String {
    format!(
        "POST /index.txt HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n{length}\r\n\r\n"
    )
}

#[test]
fn a_body_is_read_in_any_parts_and_the_connection_is_closed_after_the_response() {
    let service = Service::start(&[]);
    let digits = "1".repeat(10_000);
    for (number, sentence) in
        [("144", "144 is F(12)\n"), (digits.as_str(), " is not a Fibonacci number")]
    {
        let length = format!("Content-Length: {}", number.len());
        let whole = post_head(&length) + number;
        let expecting = post_head(&format!("{length}\r\nExpect: 100-continue"));
        for (request, rest) in [
            (whole.as_str(), ""),
            (&whole[..whole.len() - 1], &whole[whole.len() - 1..]),
            (expecting.as_str(), number),
        ] {
            let mut connection = service.connect(request);
            if request == expecting {
                read_until(&mut connection, "HTTP/1.1 100 Continue\r\n\r\n");
            }
            connection.write_all(rest.as_bytes()).expect("an open connection");
            let mut response = String::new();
            connection.read_to_string(&mut response).expect("a response");
            assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
            assert!(response.contains("connection: close\r\n"), "{response}");
            assert!(response.contains(sentence), "{response}");
            assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{response}");
        }
    }
    // A request behind the body is not answered. Closing the connection may then reset it.
    let followed = post_head("Content-Length: 3") + "144" + &raw_request("GET", "/nth.txt?n=10");
    let mut responses = Vec::new();
    service.connect(&followed).read_to_end(&mut responses).ok();
    let responses = String::from_utf8(responses).expect("valid UTF-8");
    assert!(responses.matches("HTTP/1.1 ").count() <= 1, "{responses}");
}

#[test]
fn a_body_without_a_length_is_refused() {
    let service = Service::start(&[]);
    let chunks = "3\r\n144\r\n0\r\n\r\n";
    let response = service.exchange(&(post_head("Transfer-Encoding: chunked") + chunks));
    assert!(response.starts_with("HTTP/1.1 411 "), "{response}");
    let sentence =
        "The request body has no length. Send it with Content-Length rather than in chunks.\n";
    assert!(response.ends_with(sentence), "{response}");
}

#[test]
fn a_client_that_resets_its_connection_does_not_hide_its_address() {
    let mut service = Service::start(&[("TRUSTED_PROXIES", "unix")]);
    let request =
        raw_request("GET", "/nth.txt?n=7").replace("Host:", "X-Forwarded-For: 192.0.2.1\r\nHost:");
    for _ in 0..200 {
        reset(service.connect(&request));
    }
    service.exchange(&raw_request("GET", "/nth.txt?n=8"));
    loop {
        let line = service.wait_for_log("GET /nth.txt");
        assert_eq!(line["client"], "127.0.0.1", "{line}");
        if line["n"] == 8 {
            break;
        }
    }
}

#[test]
fn a_body_that_does_not_arrive_or_does_not_end_is_not_waited_for() {
    let service = Service::start(&[("HEAD_TIMEOUT", "1"), ("WORKERS", "1")]);
    let mut slow = service.connect(&(post_head("Content-Length: 100") + "1"));
    let mut response = String::new();
    slow.read_to_string(&mut response).ok();
    assert!(!response.starts_with("HTTP/1.1 200 "), "{response}");
    for fields in ["Content-Length: 100", "Content-Length: 100\r\nExpect: 100-continue"] {
        let mut silent = service.connect(&post_head(fields));
        let mut response = String::new();
        let end = silent.read_to_string(&mut response).map_err(|error| error.kind());
        assert_ne!(end, Err(ErrorKind::WouldBlock), "the connection is still open");
        assert!(!response.contains("HTTP/1.1 200 "), "{response}");
    }
    let long = service.exchange(&post_head("Content-Length: 1000000000"));
    assert!(long.starts_with("HTTP/1.1 413 "), "{long}");
    let mut endless = service.connect(&post_head("Transfer-Encoding: chunked"));
    while endless.write_all(b"1\r\n1\r\n").is_ok() && peek(&endless).is_none() {}
    let mut left = service.connect(&(post_head("Content-Length: 100") + "1"));
    left.shutdown(Shutdown::Write).expect("an open connection");
    let mut response = String::new();
    left.read_to_string(&mut response).ok();
    assert!(!response.starts_with("HTTP/1.1 200 "), "{response}");
    assert_serves_others(&service);
}

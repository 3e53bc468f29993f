//! Clients that are slow, rude, or something else altogether.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use num_bigint::BigUint;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rustix::process::Signal;
use socket2::SockRef;

use crate::support::{Service, cases, exchange, large_terms, request};

/// What other clients get meanwhile.
fn answers(service: &Service) {
    let answer = service.exchange(&request("GET", "/nth.txt?n=10"));
    assert!(answer.ends_with("\r\n\r\n55\n"), "{answer}");
}

#[test]
fn a_head_that_does_not_arrive_ends_its_connection() {
    let service = Service::start(&[("HEAD_TIMEOUT", "1"), ("WORKERS", "1")]);
    let mut slow: Vec<TcpStream> =
        (0..200).map(|_| service.connect("GET / HTTP/1.1\r\nHost: local")).collect();
    answers(&service);
    for connection in &mut slow {
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("UTF-8");
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    }
}

#[test]
fn a_connection_that_never_sends_a_byte_ends() {
    let service = Service::start(&[("HEAD_TIMEOUT", "1"), ("WORKERS", "1")]);
    let mut answer = String::new();
    let mut silent = service.connect("");
    silent.read_to_string(&mut answer).expect("an end");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    answers(&service);
}

#[test]
fn a_later_head_that_does_not_arrive_ends_its_connection() {
    let service = Service::start(&[("HEAD_TIMEOUT", "1"), ("WORKERS", "1")]);
    let slow: Vec<TcpStream> = ["G", "\r\n", "\n", "GET / HTTP/1.1\r\nHost: local"]
        .into_iter()
        .map(|start| {
            let mut connection =
                service.connect("GET /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\n\r\n");
            until(&mut connection, "\r\n\r\n55\n");
            connection.write_all(start.as_bytes()).expect("open");
            connection
        })
        .collect();
    answers(&service);
    for mut connection in slow {
        assert_eq!(connection.read(&mut [0]).expect("an end"), 0);
    }
}

/// Reads to this end.
fn until(connection: &mut TcpStream, end: &str) -> String {
    let mut read = String::new();
    let mut buffer = [0; 4_096];
    while !read.ends_with(end) {
        let length = connection.read(&mut buffer).expect("an answer");
        assert_ne!(length, 0, "it ended: {read}");
        read += std::str::from_utf8(&buffer[..length]).expect("UTF-8");
    }
    read
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let service = Service::start(&[("RUST_LOG", "info,access=off")]);
    let requests: Vec<String> = (0..200)
        .map(|n| {
            // What httparse forgives, too: empty lines before a request, and lines without a CR.
            let before = ["", "\r\n", "\n"][n % 3];
            let end = ["\r\n", "\n"][n % 2];
            format!("{before}GET /nth.txt?n={n} HTTP/1.1{end}Host: localhost{end}{end}")
        })
        .collect();
    let requests = requests.concat() + &request("GET", "/nth.txt?n=200");
    for length in [1, 7, 64, 1_000, requests.len()] {
        let mut connection = service.connect("");
        connection.set_nodelay(true).expect("a socket");
        for part in requests.as_bytes().chunks(length) {
            connection.write_all(part).expect("open");
        }
        let mut read = String::new();
        connection.read_to_string(&mut read).expect("UTF-8");
        let answers: Vec<&str> = read.split("HTTP/1.1 200 OK\r\n").skip(1).collect();
        assert_eq!(answers.len(), 201);
        let (mut this, mut next) = (BigUint::ZERO, BigUint::from(1_u8));
        for answer in answers {
            let body = answer.split("\r\n\r\n").nth(1).expect("a body");
            assert_eq!(body, format!("{this}\n"));
            (this, next) = (next.clone(), this + next);
        }
    }
}

#[test]
fn who_asks_on_and_on_and_takes_nothing_is_not_listened_to() {
    let service = Service::start(&[("RUST_LOG", "info,access=off")]);
    let mut connection = service.connect("");
    connection.set_write_timeout(Some(Duration::from_secs(2))).expect("a valid time");
    let ask = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000);
    // More than systems hold for two sockets.
    let sent = (0..1_000).try_for_each(|_| connection.write_all(ask.as_bytes()));
    assert!(sent.is_err());
    answers(&service);
}

#[test]
fn a_body_that_nobody_reads_does_not_take_the_answer_with_it() {
    let service = Service::start(&[]);
    for body in ["a=b".to_owned(), "\r\n\r\n".repeat(100_000), request("GET", "/").repeat(1_000)] {
        let length = body.len();
        let whole = format!("Content-Length: {length}\r\n\r\n{body}");
        let chunked =
            format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
        for rest in [whole, chunked] {
            let mut connection = service.connect("");
            let start = "POST /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\n";
            // It may be answered, and ended, before.
            connection.write_all((start.to_owned() + &rest).as_bytes()).ok();
            let mut answer = String::new();
            connection.read_to_string(&mut answer).expect("no reset");
            assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
            assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        }
    }
}

#[test]
fn an_idle_connection_ends() {
    let service = Service::start(&[("KEEP_ALIVE", "1")]);
    let mut kept = service.connect("GET /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut answer = String::new();
    kept.read_to_string(&mut answer).expect("UTF-8");
    assert!(answer.ends_with("\r\n\r\n55\n"), "{answer}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_stops_reading_is_cut_off() {
    let mut service = Service::start(&[("STALL_TIMEOUT", "1"), ("WORKERS", "1")]);
    let stalled = service.connect(&request("GET", "/first.txt?n=10000"));
    // Written when the connection is given up: nothing else ends it.
    let line = service.line("GET /first.txt 200");
    assert!(line["bytes"].as_u64() < Some(10_459_845), "{line}");
    answers(&service);
    drop(stalled);
}

#[test]
fn a_client_that_resets_in_the_middle_of_a_list_harms_nobody() {
    let mut service = Service::start(&[("WORKERS", "1")]);
    for _ in 0..20 {
        let mut rude = service.connect(&request("GET", "/first.txt?n=10000"));
        rude.read_exact(&mut [0; 15]).expect("a status line");
        // What is unread makes the close a reset.
        SockRef::from(&rude).set_linger(Some(Duration::ZERO)).expect("a socket");
        drop(rude);
        service.line("GET /first.txt 200");
    }
    answers(&service);
}

#[test]
fn a_client_that_leaves_is_not_computed_for() {
    let (mut service, management) =
        Service::start_with_management(&[("WORKERS", "1"), ("MAX_NTH", "100000000")]);
    let metrics = || exchange(management, &request("GET", "/metrics"));
    let waiting: Vec<TcpStream> =
        large_terms().iter().map(|path| service.connect(&request("GET", path))).collect();
    while metrics().contains("\nfibonacci_queue_depth 0") {}
    for connection in &waiting {
        connection.shutdown(Shutdown::Both).expect("open");
    }
    for _ in &waiting {
        service.line("GET /nth.txt");
    }
    let metrics = metrics();
    assert!(metrics.contains("\nfibonacci_queue_depth 0"));
    let computed = metrics
        .lines()
        .find_map(|line| line.strip_prefix("fibonacci_computation_seconds_count{kind=\"term\"} "))
        .and_then(|count| count.parse::<usize>().ok());
    assert!(computed < Some(waiting.len() / 2), "{computed:?}");
    answers(&service);
}

#[test]
fn what_is_too_large_is_refused_in_the_form_asked_for() {
    let service = Service::start(&[]);
    let ask = |path: &str, fields: &str| {
        service.exchange(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n"
        ))
    };
    let long = format!("/nth.txt?n={}", "1".repeat(16_400));
    let answer = ask(&long, "");
    assert!(answer.starts_with("HTTP/1.1 414 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nThe address is too long. Use a shorter one.\n"));
    let answer = ask("/nth.txt?n=1", &format!("X-Long: {}\r\n", "x".repeat(33_000)));
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(answer.ends_with("Send fewer or shorter ones.\n"));
    for fields in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        // Without `Connection: close`: the service ends it, as a body would follow.
        let answer = service
            .exchange(&format!("GET /nth.json?n=1 HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        let answer = service
            .exchange(&format!("POST /nth.json?n=1 HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    }
}

#[test]
fn an_upgrade_that_is_not_done_is_not_promised() {
    let service = Service::start(&[]);
    let answer = service.exchange(
        "GET /nth.txt?n=10 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n\
         Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(!answer.to_lowercase().contains("upgrade"), "{answer}");
}

/// Bytes that are nothing, or nearly a request.
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
fn random_bytes_get_a_well_formed_answer_or_none() {
    let service = Service::start(&[("RUST_LOG", "warn,fibonacci_web=info,access=off")]);
    TestRunner::new(cases(3_000))
        .run(&bytes(), |bytes| {
            let mut connection = TcpStream::connect(service.address).expect("a listener");
            // It may have heard enough before the end.
            connection.write_all(&bytes).ok();
            connection.shutdown(Shutdown::Write).ok();
            let mut answer = Vec::new();
            match connection.read_to_end(&mut answer) {
                Ok(_) => {}
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            }
            // HTTP/2 has frames, of which SETTINGS is the first; what cannot be said in it is GOAWAY.
            if answer.is_empty()
                || (bytes.starts_with(b"PRI * HTTP/2.0") && matches!(answer[3], 4 | 7))
            {
                return Ok(());
            }
            let mut fields = [httparse::EMPTY_HEADER; 64];
            let parsed = httparse::Response::new(&mut fields).parse(&answer);
            prop_assert!(
                parsed.is_ok_and(|head| head.is_complete()),
                "{}",
                String::from_utf8_lossy(&answer)
            );
            Ok(())
        })
        .expect("well-formed answers");
    answers(&service);
    service.signal(Signal::TERM);
    let (status, log) = service.wait();
    assert_eq!(status.code(), Some(0));
    assert!(!log.contains("panic") && !log.contains("ERROR"), "{log}");
}

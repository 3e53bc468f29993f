//! HTTP/2: what it says, what it bounds, and how it ends.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Http2, Service, exchange, large_terms, request};

/// Codes of `RST_STREAM` (RFC 9113, section 7).
const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];
const CANCEL: [u8; 4] = [0, 0, 0, 8];

/// An answer of status 200 begins so (RFC 7541, appendix A).
const OK: u8 = 0x88;

/// What comes on a stream, after its head.
fn answer(client: &mut Http2, stream: u32) -> String {
    let mut body = Vec::new();
    loop {
        let frame = client.frame().expect("an answer");
        if frame.stream != stream {
            continue;
        }
        match frame.kind {
            Http2::HEADERS => assert_eq!(frame.payload[0], OK),
            Http2::DATA => body.extend(frame.payload),
            kind => panic!("a frame of kind {kind}"),
        }
        if frame.flags & 1 == 1 {
            return String::from_utf8(body).expect("UTF-8");
        }
    }
}

#[test]
fn it_is_spoken_without_tls() {
    let service = Service::start(&[]);
    let mut client = Http2::open(service.address, &[]);
    client.ask(1, "/nth.txt?n=10");
    client.ask(3, "/first.txt?n=10000");
    assert_eq!(answer(&mut client, 1), "55\n");
}

#[test]
fn its_limits_are_told() {
    let service = Service::start(&[]);
    let settings = Http2::open(service.address, &[]).next(Http2::SETTINGS);
    let told: Vec<&[u8]> = settings.payload.chunks(6).collect();
    // Streams at once, and bytes of a head.
    assert!(told.contains(&&[0, 3, 0, 0, 0, 100][..]), "{told:?}");
    assert!(told.contains(&&[0, 6, 0, 1, 0, 0][..]), "{told:?}");
}

#[test]
fn a_head_without_an_end_is_not_kept() {
    let service = Service::start(&[]);
    let mut client = Http2::open(service.address, &[]);
    let mut head = Http2::head("/");
    // An empty field joins the dynamic table: a byte for each time that it is named.
    head.extend([0x40, 1, b'a', 0]);
    client.send(Http2::HEADERS, 0, 1, &head);
    for _ in 0..100 {
        client.send(Http2::CONTINUATION, 0, 1, &[0xBE; 16_000]);
    }
    while client.frame().is_some() {}
}

#[test]
fn a_body_of_nothing_without_an_end_is_not_kept() {
    let service = Service::start(&[]);
    let mut client = Http2::open(service.address, Http2::TAKES_NOTHING);
    client.send(Http2::HEADERS, 4, 1, &Http2::head("/nth.txt?n=10"));
    for _ in 0..200_000 {
        client.send(Http2::DATA, 0, 1, &[]);
    }
    while client.frame().is_some() {}
}

#[test]
fn a_body_that_nobody_reads_does_not_take_the_answer_with_it() {
    let service = Service::start(&[]);
    let mut client = Http2::open(service.address, &[]);
    client.send(Http2::HEADERS, 4, 1, &Http2::head("/nth.txt?n=10"));
    client.send(Http2::DATA, 0, 1, b"a=b");
    assert_eq!(answer(&mut client, 1), "55\n");
    client.ask(3, "/nth.txt?n=10");
    assert_eq!(answer(&mut client, 3), "55\n");
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let service = Service::start(&[]);
    let mut client = Http2::open(service.address, &[]);
    let mut head = Http2::head("/nth.txt?n=10");
    head.extend([0x40, 1, b'a', 0]);
    head.extend([0xBE; 3_000]);
    client.send(Http2::HEADERS, 5, 1, &head);
    let answer = client.next(Http2::HEADERS);
    // 431, as Huffman has it.
    assert_eq!(answer.payload, [0x48, 0x83, 0x69, 0x90, 0xFF]);
}

#[test]
fn a_stream_too_many_is_refused_and_the_others_are_answered() {
    let service = Service::start(&[]);
    let mut client = Http2::open(service.address, Http2::TAKES_NOTHING);
    for stream in 0..=100 {
        client.ask(2 * stream + 1, "/nth.txt?n=10");
    }
    let refused = client.next(Http2::RST_STREAM);
    assert_eq!(
        (refused.stream, &refused.payload[..]),
        (201, &REFUSED_STREAM[..])
    );
    for stream in 0..100 {
        client.send(Http2::WINDOW_UPDATE, 0, 2 * stream + 1, &[0, 0, 0, 9]);
    }
    for _ in 0..100 {
        while client.next(Http2::DATA).flags & 1 == 0 {}
    }
}

#[test]
fn a_crowd_leaves_each_connection_one_request() {
    let (service, management) = Service::start_with_management(&[("RUST_LOG", "info,access=off")]);
    let metrics = || exchange(management, &request("GET", "/metrics"));
    let crowd: Vec<Http2> = (0..100)
        .map(|_| {
            let mut client = Http2::open(service.address, Http2::TAKES_NOTHING);
            for stream in 0..100 {
                client.ask(2 * stream + 1, "/nth.txt?n=10");
            }
            client
        })
        .collect();
    while !metrics().contains("\nhttp_requests_in_flight 10000\n") {}
    let mut client = Http2::open(service.address, &[]);
    client.ask(1, "/first.txt?n=10000");
    client.ask(3, "/nth.txt?n=10");
    let refused = client.next(Http2::RST_STREAM);
    assert_eq!(
        (refused.stream, &refused.payload[..]),
        (3, &REFUSED_STREAM[..])
    );
    assert!(metrics().contains("\nhttp_requests_shed_total{reason=\"in_flight\"} 1\n"));
    let other = service.exchange(&request("GET", "/nth.txt?n=10"));
    assert!(other.ends_with("\r\n\r\n55\n"), "{other}");
    drop(crowd);
}

#[test]
fn answers_that_wait_for_their_connection_keep_their_places() {
    // Room for 122 small answers.
    let (service, management) = Service::start_with_management(&[("SEND_BYTES", "2000000")]);
    let metrics = || exchange(management, &request("GET", "/metrics"));
    let crowd = || {
        let mut client = Http2::open(service.address, Http2::TAKES_A_MEGABYTE);
        client.send(Http2::WINDOW_UPDATE, 0, 0, &[0, 64, 0, 0]);
        for stream in 0..100 {
            client.ask(2 * stream + 1, "/nth.txt?n=70000");
        }
        client
    };
    // It takes all by HTTP/2, and reads none of it: 1.5 MB, of which the system has less than half.
    let holding = crowd();
    let handed = r#"http_requests_total{method="GET",route="/nth.txt",status="200"} 100"#;
    while !metrics().contains(handed) {}
    let refused = crowd().next(Http2::RST_STREAM);
    assert_eq!(refused.payload, REFUSED_STREAM);
    let mut client = Http2::open(service.address, &[]);
    client.ask(1, "/nth.txt?n=10");
    assert_eq!(answer(&mut client, 1), "55\n");
    drop(holding);
}

#[test]
fn a_client_that_takes_nothing_is_cut_off() {
    let mut service = Service::start(&[("STALL_TIMEOUT", "1")]);
    let mut client = Http2::open(service.address, Http2::TAKES_NOTHING);
    client.ask(1, "/nth.txt?n=10");
    let reset = client.next(Http2::RST_STREAM);
    assert_eq!((reset.stream, &reset.payload[..]), (1, &CANCEL[..]));
    service.line("GET /nth.txt 200");
}

#[test]
fn a_client_that_takes_byte_by_byte_is_cut_off_too() {
    let service = Service::start(&[("STALL_TIMEOUT", "1")]);
    let mut client = Http2::open(service.address, Http2::TAKES_NOTHING);
    client.ask(1, "/first.txt?n=10000");
    for _ in 0..10 {
        thread::sleep(Duration::from_millis(300));
        client.send(Http2::WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]);
    }
    let mut taken = 0;
    loop {
        let frame = client.frame().expect("an open connection");
        match frame.kind {
            Http2::DATA => taken += frame.payload.len(),
            Http2::RST_STREAM => break assert_eq!(frame.payload, CANCEL),
            _ => {}
        }
    }
    assert!(taken < 10, "{taken} bytes");
}

#[test]
fn what_was_answered_arrives_before_the_end() {
    let mut service = Service::start(&[("KEEP_ALIVE", "1")]);
    // 209 kB, which the system takes, and its client does not.
    let path = "/nth.txt?n=1000000";
    let mut client = Http2::open(service.address, Http2::TAKES_A_MEGABYTE);
    client.send(Http2::WINDOW_UPDATE, 0, 0, &[0, 16, 0, 0]);
    client.ask(1, path);
    service.line("GET /nth.txt 200");
    // When this one has ended, so has the time of that one.
    let mut idle = Http2::open(service.address, &[]);
    while idle.frame().is_some() {}
    client.send(Http2::WINDOW_UPDATE, 0, 0, &[0, 0, 0, 9]);
    let body = answer(&mut client, 1);
    let whole = service.exchange(&request("GET", path));
    assert!(whole.ends_with(&body) && body.len() == 208_989);
    while client.frame().is_some() {}
}

#[test]
fn what_it_says_beside_requests_is_not_in_the_log() {
    let service = Service::start(&[]);
    let mut client = Http2::open(service.address, &[]);
    // An answer to what was not asked.
    client.send(Http2::PING, 1, 0, &[7; 8]);
    client.ask(1, "/nth.txt?n=10");
    assert_eq!(answer(&mut client, 1), "55\n");
    service.signal(Signal::TERM);
    drop(client);
    let (_, log) = service.wait();
    assert!(!log.contains("h2"), "{log}");
}

#[test]
fn a_client_that_leaves_is_not_computed_for() {
    let (mut service, management) =
        Service::start_with_management(&[("WORKERS", "1"), ("MAX_NTH", "100000000")]);
    let metrics = || exchange(management, &request("GET", "/metrics"));
    let mut client = Http2::open(service.address, &[]);
    let waiting: Vec<(u32, String)> = (1..).step_by(2).zip(large_terms()).collect();
    for (stream, path) in &waiting {
        client.ask(*stream, path);
    }
    while metrics().contains("\nfibonacci_queue_depth 0") {}
    for (stream, _) in &waiting {
        client.send(Http2::RST_STREAM, 0, *stream, &CANCEL);
    }
    for _ in &waiting {
        service.line("GET /nth.txt unanswered");
    }
    assert!(metrics().contains("\nfibonacci_queue_depth 0"));
    client.ask(201, "/nth.txt?n=10");
    assert_eq!(answer(&mut client, 201), "55\n");
}

#[test]
fn an_idle_connection_ends() {
    let service = Service::start(&[("KEEP_ALIVE", "1")]);
    let mut client = Http2::open(service.address, &[]);
    client.ask(1, "/nth.txt?n=10");
    assert_eq!(answer(&mut client, 1), "55\n");
    client.next(Http2::GOAWAY);
    while client.frame().is_some() {}
}

#[test]
fn during_the_delay_everything_is_answered_and_told_of_the_end() {
    let mut service = Service::start(&[("DRAIN_DELAY", "3600")]);
    let mut client = Http2::open(service.address, &[]);
    client.ask(1, "/nth.txt?n=10");
    assert_eq!(answer(&mut client, 1), "55\n");
    service.signal(Signal::TERM);
    service.line("SIGTERM: answering on");
    client.ask(3, "/nth.txt?n=10");
    assert_eq!(
        client.next(Http2::GOAWAY).payload[..4],
        [0x7F, 0xFF, 0xFF, 0xFF]
    );
    assert_eq!(answer(&mut client, 3), "55\n");
}

#[test]
fn what_is_in_flight_is_finished_and_what_is_idle_does_not_hold_the_end() {
    let mut service = Service::start(&[
        ("SHUTDOWN_TIMEOUT", "3600"),
        ("HEAD_TIMEOUT", "3600"),
        ("STALL_TIMEOUT", "1"),
    ]);
    // None of them ends its side.
    let fresh = Http2::open(service.address, &[]);
    let half = service.connect("PRI * HTTP/2");
    let mut idle = Http2::open(service.address, &[]);
    idle.ask(1, "/nth.txt?n=10");
    service.line("GET /nth.txt 200");
    let mut client = Http2::open(service.address, Http2::TAKES_NOTHING);
    client.ask(1, "/nth.txt?n=10");
    client.next(Http2::HEADERS);
    service.signal(Signal::TERM);
    client.next(Http2::GOAWAY);
    client.send(Http2::WINDOW_UPDATE, 0, 1, &[0, 0, 0, 9]);
    assert_eq!(client.next(Http2::DATA).payload, b"55\n");
    let (status, log) = service.wait();
    assert_eq!(status.code(), Some(0));
    assert!(!log.contains("cut off"), "{log}");
    drop((fresh, half, idle));
}

//! Any values of the headers that a response depends on: the response is one that they allow.
//!
//! The input is a line `name: value` for each header. In a value, `@` stands for the entity tag of the
//! result, without its quotes. The request comes from a trusted proxy; what it forwards shows only in `/api`.

#![no_main]

use std::io::Read;
use std::net::Ipv4Addr;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::TestRequest;
use fibonacci_web_fuzz::{BASE_PATH, Response, get, send};
use flate2::read::GzDecoder;
use libfuzzer_sys::{Corpus, fuzz_target};

/// A text, a list, and a page.
const TARGETS: [&str; 3] = ["/nth.txt?n=1000", "/first.csv?n=50", "/nth?n=100"];

/// A page that shows the forwarded scheme and host.
const API: &str = "/api";

/// The addresses of a trusted proxy and of another peer.
const PEERS: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(192, 0, 2, 1)];

const NAMES: [&str; 12] = [
    "accept-encoding",
    "forwarded",
    "if-match",
    "if-none-match",
    "if-range",
    "range",
    "traceparent",
    "user-agent",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-request-id",
];

/// With a tag for each byte, this is less than the service accepts.
const MAX_LENGTH: usize = 1_024;

thread_local! {
    /// Each target with its response to a request without headers.
    static RESULTS: Vec<(&'static str, Response)> =
        TARGETS.into_iter().map(|target| (target, get(target))).collect();
    static API_PAGE: String = text(&get(API));
}

fuzz_target!(|lines: &[u8]| -> Corpus {
    if lines.len() > MAX_LENGTH {
        return Corpus::Reject;
    }
    RESULTS.with(|results| {
        for (target, full) in results {
            let tag = full.header("etag").expect("an entity tag").trim_matches('"');
            check(target, full, &headers(lines, tag));
        }
    });
    API_PAGE.with(|page| check_origin(page, &headers(lines, "")));
    Corpus::Keep
});

/// The headers that the lines describe.
fn headers(lines: &[u8], tag: &str) -> Vec<(HeaderName, HeaderValue)> {
    let header = |line: &[u8]| {
        let (name, value) = NAMES.iter().find_map(|name| {
            let rest = line.strip_prefix(name.as_bytes())?;
            Some((HeaderName::from_static(name), rest.strip_prefix(b": ")?))
        })?;
        let value = value.split(|byte| *byte == b'@').collect::<Vec<_>>().join(tag.as_bytes());
        // The server refuses other values before they are headers.
        Some((name, HeaderValue::from_bytes(&value).ok()?))
    };
    lines.split(|byte| *byte == b'\n').filter_map(header).collect()
}

fn check(target: &str, full: &Response, headers: &[(HeaderName, HeaderValue)]) {
    let request = TestRequest::with_uri(target).peer_addr((PEERS[0], 4711).into());
    let request = headers.iter().cloned().fold(request, TestRequest::append_header);
    let response = send(request);
    match response.status {
        200 => assert!(decoded(&response) == full.body, "{target}: another body"),
        206 => check_part(&response, full),
        304 => assert!(response.body.is_empty()),
        412 => {}
        416 => {
            let expected = format!("bytes */{}", full.body.len());
            assert_eq!(response.header("content-range"), Some(&*expected));
        }
        status => panic!("{target}: {status}"),
    }
    check_id(&response, headers);
}

/// A trusted proxy changes nothing but the origin, which stays one, and another peer changes nothing.
fn check_origin(page: &str, headers: &[(HeaderName, HeaderValue)]) {
    let [trusted, other] = PEERS.map(|peer| {
        let request = TestRequest::with_uri(API).peer_addr((peer, 4711).into());
        let forwarded = headers.iter().filter(|(name, _)| name.as_str().contains("forwarded"));
        text(&send(forwarded.cloned().fold(request, TestRequest::append_header)))
    });
    assert!(other == page, "another page for a peer that is not trusted");
    let (_, rest) = trusted.split_once("curl '").expect("an example");
    let (origin, _) = rest.split_once(&format!("{BASE_PATH}/nth.txt")).expect("an address");
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let is_host = |char: char| char.is_ascii_alphanumeric() || ".-:[]".contains(char);
    assert!(host.expect("a scheme").chars().all(is_host), "{origin}");
    assert!(trusted == page.replace("http://localhost", origin), "another page for {origin}");
}

fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).expect("valid UTF-8")
}

/// The body before it was compressed.
fn decoded(response: &Response) -> Vec<u8> {
    let mut body = Vec::new();
    match response.header("content-encoding") {
        Some("gzip") => GzDecoder::new(&*response.body).read_to_end(&mut body),
        None => return response.body.clone(),
        Some(other) => panic!("the encoding {other}"),
    }
    .expect("a compressed body");
    body
}

/// The body is the part of the full one that `Content-Range` states.
fn check_part(response: &Response, full: &Response) {
    assert_eq!(response.header("content-encoding"), None);
    assert_eq!(response.header("etag"), full.header("etag"));
    let range = response.header("content-range").expect("a range");
    let (range, length) = range
        .strip_prefix("bytes ")
        .and_then(|range| range.split_once('/'))
        .expect("a range of bytes");
    assert_eq!(length, full.body.len().to_string());
    let (first, last) = range.split_once('-').expect("two positions");
    let position = |text: &str| text.parse::<usize>().expect("a position");
    assert!(response.body == full.body[position(first)..=position(last)], "{range}: another part");
}

/// A response has the id of its request, if there is one that is valid.
fn check_id(response: &Response, headers: &[(HeaderName, HeaderValue)]) {
    let id = response.header("x-request-id").expect("an id");
    let is_valid = |id: &str| {
        id.chars().all(|char| char.is_ascii_alphanumeric() || "-_.".contains(char))
            && (1..=128).contains(&id.len())
    };
    assert!(is_valid(id));
    let given: Vec<_> = headers.iter().filter(|(name, _)| name == "x-request-id").collect();
    if let [(_, given)] = given.as_slice()
        && let Ok(given) = given.to_str()
        && is_valid(given)
    {
        assert_eq!(id, given);
    }
}

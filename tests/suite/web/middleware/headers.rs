//! The headers of every response.

use actix_web::http::Method;
use actix_web::test::TestRequest;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use sha2::{Digest, Sha256};

use crate::support::in_process::{get, get_with_headers, request, send, style_sheet};
use crate::support::service::Service;

/// The security headers of documents.
const DOCUMENT: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), \
         fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), \
         payment=(), picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), \
         usb=(), xr-spatial-tracking=()",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
];

#[actix_web::test]
async fn documents_have_every_security_header_once_and_other_responses_only_what_applies_to_them() {
    let home = get("/").await.body;
    let style = style_sheet(&home);
    for (method, path, status, is_document) in [
        (Method::GET, "/", 200, true),
        (Method::HEAD, "/nth?n=10", 200, true),
        (Method::GET, "/index?of=150", 200, true),
        (Method::GET, "/api", 200, true),
        (Method::GET, "/nowhere", 404, true),
        (Method::GET, "/first?n=abc", 422, true),
        (Method::GET, "/nth.txt?n=10", 200, false),
        (Method::GET, "/first.json?n=10", 200, false),
        (Method::GET, "/robots.txt", 200, false),
        (Method::GET, style, 200, false),
        (Method::GET, "/healthz", 200, false),
        (Method::GET, "/first?n=10&show=nth", 303, false),
        (Method::GET, "/static/nothing", 404, false),
        (Method::POST, "/nth.txt", 405, false),
        (Method::GET, "/nth.json?n=abc", 422, false),
    ] {
        let response = request(method, path).await;
        assert_eq!(response.status, status, "{path}");
        assert_eq!(response.header("x-content-type-options"), "nosniff", "{path}");
        for (name, value) in DOCUMENT {
            let expected = is_document.then_some(value);
            assert_eq!(response.optional_header(name), expected, "{name} of {path}");
        }
    }
}

#[actix_web::test]
async fn scripts_of_any_origin_may_read_data_but_not_pages() {
    let home = get("/").await.body;
    for (path, exposed) in [
        ("/nth.txt?n=10", Some("etag,x-request-id")),
        ("/first.json?n=10", Some("etag,x-request-id")),
        ("/first.csv?n=10", Some("etag,x-request-id")),
        ("/first.svg?n=10", Some("etag,x-request-id")),
        ("/nth.png?n=10", Some("etag,x-request-id")),
        ("/openapi.json", Some("etag,x-request-id")),
        ("/nth.json?n=abc", Some("x-request-id")),
        ("/", None),
        ("/nth?n=10", None),
        ("/nowhere", None),
        ("/healthz", None),
        (style_sheet(&home), None),
    ] {
        let response = get(path).await;
        let name = "access-control-expose-headers";
        assert_eq!(response.optional_header(name), exposed, "{path}");
        let origin = response.optional_header("access-control-allow-origin");
        assert_eq!(origin, exposed.map(|_| "*"), "{path}");
        let policy = exposed.map_or("same-origin", |_| "cross-origin");
        let name = "cross-origin-resource-policy";
        assert_eq!(response.header(name), policy, "{path}");
    }
    let part = get_with_headers("/nth.txt?n=10", &[("range", "bytes=0-0")]).await;
    let exposed = part.header("access-control-expose-headers");
    assert_eq!(exposed, "etag,content-range,x-request-id");
}

#[test]
fn the_head_of_an_api_response_is_at_most_500_bytes() {
    let service = Service::start(&[]);
    for path in [
        "/nth.txt?n=10",
        "/nth.txt?n=10000000",
        "/nth.json?n=18446744073709551615",
        "/nth.json?n=-18446744073709551615",
        "/first.txt?n=10000",
        "/first.json?n=50&from=1000000",
        "/first.csv?n=10000",
        "/index.json?of=144",
        "/openapi.json",
        "/nth.json?n=x",
        "/nth.txt?n=99999999999",
        "/nowhere.json",
        "/healthz",
    ] {
        for fields in
            ["", "Range: bytes=0-1\r\n", "Accept-Encoding: gzip\r\n", "Range: bytes=99999999-\r\n"]
        {
            let response = service.exchange_bytes(&format!(
                "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n"
            ));
            let head = response.split_inclusive(|byte| *byte == b'\n');
            let length: usize = head.take_while(|line| *line != b"\r\n").map(<[u8]>::len).sum();
            let limit = 500 + "connection: close\r\n".len();
            let text = String::from_utf8_lossy(&response[..length]);
            assert!((1..=limit).contains(&length), "{length} bytes: {text}");
        }
    }
}

#[actix_web::test]
async fn pages_have_no_inline_script_and_no_inline_style() {
    for path in
        ["/", "/first?n=10", "/nth?n=100", "/index?of=144", "/api", "/nth?n=abc", "/nowhere"]
    {
        let body = get(path).await.body;
        assert!(!body.contains("<style"), "{path}");
        assert!(!body.contains(" style=") && !body.contains("javascript:"), "{path}");
        // A script file of this service, with nothing between the tags.
        for script in body.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/static/copy-"), "{path}");
            assert!(script.contains("\" defer></script>"), "{path}");
        }
    }
}

#[actix_web::test]
async fn the_security_policy_of_a_picture_allows_only_its_own_style() {
    let response = get("/first.svg?n=10").await;
    let style = response.body.split("<style>").nth(1).expect("a style");
    let style = style.split("</style>").next().expect("a closing tag");
    let hash = BASE64.encode(Sha256::digest(style));
    assert_eq!(
        response.header("content-security-policy"),
        format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'")
    );
}

#[actix_web::test]
async fn a_valid_request_id_is_returned() {
    let longest = "x".repeat(128);
    for id in ["a", "4bf92f3577b34da6a3ce929d0e0e4736", "Req-1_2.3", longest.as_str()] {
        let response =
            send(TestRequest::with_uri("/nth.txt?n=1").insert_header(("X-Request-Id", id))).await;
        assert_eq!(response.header("x-request-id"), id);
    }
}

#[actix_web::test]
async fn an_invalid_request_id_is_replaced() {
    let long = "x".repeat(129);
    for id in ["", " ", "a b", "a\tb", "{\"a\":1}", "é", "<script>", "a=b", "a;b", long.as_str()] {
        let request =
            TestRequest::with_uri("/nth.txt?n=1").insert_header(("X-Request-Id", id.as_bytes()));
        assert_is_generated(send(request).await.header("x-request-id"));
    }
    let twice = TestRequest::with_uri("/nth.txt?n=1")
        .append_header(("X-Request-Id", "one"))
        .append_header(("X-Request-Id", "two"));
    assert_is_generated(send(twice).await.header("x-request-id"));
}

#[actix_web::test]
async fn every_request_gets_its_own_id() {
    let first = get("/nowhere").await;
    let second = get("/nowhere").await;
    assert_is_generated(first.header("x-request-id"));
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

/// Asserts that the ID is a UUID, as the service generates them.
fn assert_is_generated(id: &str) {
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
    assert!(id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()), "{id}");
}

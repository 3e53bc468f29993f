//! What every answer carries.

use actix_web::http::Method;
use actix_web::test::TestRequest;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use sha2::{Digest, Sha256};

use crate::support::{ask, get, send, style_sheet};

/// Every security header, to the letter.
const SECURITY: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), \
         fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), \
         payment=(), picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), \
         usb=(), xr-spatial-tracking=()",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

#[actix_web::test]
async fn every_answer_carries_the_security_headers_once() {
    let home = get("/").await.body;
    let style = style_sheet(&home);
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::HEAD, "/nth?n=10", 200),
        (Method::GET, "/nth.txt?n=10", 200),
        (Method::GET, "/first.json?n=10", 200),
        (Method::GET, "/index?of=150", 200),
        (Method::GET, "/api", 200),
        (Method::GET, "/robots.txt", 200),
        (Method::GET, style, 200),
        (Method::GET, "/healthz", 200),
        (Method::GET, "/first?n=10&show=nth", 303),
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/static/nothing", 404),
        (Method::POST, "/nth.txt", 405),
        (Method::GET, "/first?n=abc", 422),
        (Method::GET, "/nth.json?n=abc", 422),
    ] {
        let answer = ask(method, path).await;
        assert_eq!(answer.status, status, "{path}");
        for (name, value) in SECURITY {
            assert_eq!(answer.header(name), value, "{name} of {path}");
        }
    }
}

#[actix_web::test]
async fn pages_have_no_inline_script_and_no_inline_style() {
    for path in [
        "/",
        "/first?n=10",
        "/nth?n=100",
        "/index?of=144",
        "/api",
        "/nth?n=abc",
        "/nowhere",
    ] {
        let body = get(path).await.body;
        assert!(!body.contains("<style"), "{path}");
        assert!(
            !body.contains(" style=") && !body.contains("javascript:"),
            "{path}"
        );
        // A file of ours, and nothing between its tags.
        for script in body.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/static/copy-"), "{path}");
            assert!(script.contains("\" defer></script>"), "{path}");
        }
    }
}

#[actix_web::test]
async fn a_picture_is_allowed_its_own_style_and_nothing_else() {
    let answer = get("/first.svg?n=10").await;
    let style = answer.body.split("<style>").nth(1).expect("a style");
    let style = style.split("</style>").next().expect("its end");
    let hash = BASE64.encode(Sha256::digest(style));
    assert_eq!(
        answer.header("content-security-policy"),
        format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'")
    );
}

#[actix_web::test]
async fn a_sane_request_id_is_sent_back() {
    let longest = "x".repeat(128);
    for id in [
        "a",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "Req-1_2.3",
        longest.as_str(),
    ] {
        let answer =
            send(TestRequest::with_uri("/nth.txt?n=1").insert_header(("X-Request-Id", id))).await;
        assert_eq!(answer.header("x-request-id"), id);
    }
}

#[actix_web::test]
async fn any_other_request_id_is_replaced() {
    let long = "x".repeat(129);
    for id in [
        "",
        " ",
        "a b",
        "a\tb",
        "{\"a\":1}",
        "é",
        "<script>",
        "a=b",
        "a;b",
        long.as_str(),
    ] {
        let request =
            TestRequest::with_uri("/nth.txt?n=1").insert_header(("X-Request-Id", id.as_bytes()));
        assert_is_made(send(request).await.header("x-request-id"));
    }
    let twice = TestRequest::with_uri("/nth.txt?n=1")
        .append_header(("X-Request-Id", "one"))
        .append_header(("X-Request-Id", "two"));
    assert_is_made(send(twice).await.header("x-request-id"));
}

#[actix_web::test]
async fn every_request_gets_an_id_of_its_own() {
    let first = get("/nowhere").await;
    let second = get("/nowhere").await;
    assert_is_made(first.header("x-request-id"));
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

/// A UUID, as the service makes them.
fn assert_is_made(id: &str) {
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
    assert!(
        id.bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit()),
        "{id}"
    );
}

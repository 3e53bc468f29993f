//! Compression: for which clients, and when a response is compressed.

use std::io::Read;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use fibonacci_web::server::app::app;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::public;
use flate2::read::GzDecoder;

use crate::support::in_process::{TestResponse, get, get_with_headers, site, style_sheet};
use crate::support::service::Service;

/// The decompressed body.
fn decompress(response: &TestResponse) -> Vec<u8> {
    let (mut plain, bytes) = (Vec::new(), response.bytes.as_slice());
    match response.header("content-encoding") {
        "gzip" => GzDecoder::new(bytes).read_to_end(&mut plain),
        other => panic!("unknown encoding {other}"),
    }
    .expect("a well-formed body");
    plain
}

#[actix_web::test]
async fn a_compressed_response_has_the_same_content_and_its_own_etag() {
    let home = get("/").await.body;
    for path in ["/", "/first?n=1000", "/nth?n=20000", "/nth.json?n=20000", style_sheet(&home)] {
        let plain = get(path).await;
        let response = get_with_headers(path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(response.header("content-encoding"), "gzip", "{path}");
        assert!(decompress(&response) == plain.bytes, "{path}");
        assert!(response.bytes.len() < plain.bytes.len());
        if let Some(tag) = plain.optional_header("etag") {
            let tag = tag.trim_end_matches('"');
            assert_eq!(response.header("etag"), format!("{tag}.gzip\""));
        }
        assert_eq!(response.header("cache-control"), plain.header("cache-control"));
    }
}

#[actix_web::test]
async fn a_response_is_compressed_if_the_client_accepts_gzip() {
    for (accepted, chosen) in [
        ("gzip, deflate, br, zstd", Some("gzip")),
        ("GZIP", Some("gzip")),
        ("br", None),
        ("br;q=0.5, gzip", Some("gzip")),
        ("gzip;q=0", None),
        ("deflate, compress", None),
        ("identity", None),
        ("", None),
        ("*", None),
        ("nonsense;;q=x", None),
        // No acceptable encoding: an uncompressed response is better than an error.
        ("identity;q=0", None),
        ("*;q=0", None),
    ] {
        let response = get_with_headers("/nth?n=100", &[("accept-encoding", accepted)]).await;
        assert_eq!(response.status, 200, "{accepted}");
        assert_eq!(response.optional_header("content-encoding"), chosen, "{accepted}");
    }
}

#[actix_web::test]
async fn a_client_with_the_compressed_page_gets_a_304_with_its_etag() {
    let accept = ("accept-encoding", "gzip");
    let tag = get_with_headers("/nth?n=100", &[accept]).await.header("etag").to_owned();
    let unchanged = get_with_headers("/nth?n=100", &[accept, ("if-none-match", &tag)]).await;
    assert_eq!(unchanged.status, 304);
    assert_eq!(unchanged.header("etag"), tag);
    assert_eq!(unchanged.header("vary"), "accept-encoding");
    assert!(unchanged.optional_header("content-encoding").is_none());
}

#[actix_web::test]
async fn at_most_16_responses_are_compressed_at_once() {
    let routes = public(site(), Data::new(Readiness::default()));
    let service = init_service(app(routes)).await;
    let get_compressed = async || {
        let page =
            TestRequest::with_uri("/first?n=1000").insert_header(("accept-encoding", "gzip"));
        call_service(&service, page.to_request()).await
    };
    let (mut compressed, mut waiting) = (0, Vec::new());
    for _ in 0..40 {
        let response = get_compressed().await;
        compressed += usize::from(response.headers().contains_key("content-encoding"));
        waiting.push(response);
    }
    assert_eq!(compressed, 16);
    // A client with a compressed copy still gets a 304 with the ETag of that copy.
    let tag = waiting[0].headers().get("etag").expect("an ETag").clone();
    let again = TestRequest::with_uri("/first?n=1000")
        .insert_header(("accept-encoding", "gzip"))
        .insert_header(("if-none-match", tag.clone()));
    let unchanged = call_service(&service, again.to_request()).await;
    assert_eq!(unchanged.status(), 304);
    assert_eq!(unchanged.headers().get("etag"), Some(&tag));
    drop(waiting);
    assert!(get_compressed().await.headers().contains_key("content-encoding"));
}

#[test]
fn an_http_1_0_client_gets_an_uncompressed_page() {
    let service = Service::start(&[]);
    let page = |version, accepted| {
        service.exchange(&format!(
            "GET /nth?n=100 HTTP/{version}\r\nHost: localhost\r\n{accepted}Connection: close\r\n\r\n"
        ))
    };
    let response = page("1.0", "Accept-Encoding: gzip\r\n");
    let (head, body) = response.split_once("\r\n\r\n").expect("a response head");
    let head = head.to_ascii_lowercase();
    assert!(!head.contains("transfer-encoding") && !head.contains("content-encoding"));
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    let plain = page("1.1", "");
    assert!(plain.ends_with(body));
}

//! Compression, as the client wishes and where it pays.

use std::io::Read;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use fibonacci_web::server::app::app;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::public;
use flate2::read::GzDecoder;

use crate::support::{Answer, Service, get, get_with, site, style_sheet};

fn decoded(answer: &Answer) -> Vec<u8> {
    let (mut plain, bytes) = (Vec::new(), answer.bytes.as_slice());
    match answer.header("content-encoding") {
        "gzip" => GzDecoder::new(bytes).read_to_end(&mut plain),
        "br" => brotli_decompressor::Decompressor::new(bytes, 4_096).read_to_end(&mut plain),
        other => panic!("unknown {other}"),
    }
    .expect("well-formed");
    plain
}

#[actix_web::test]
async fn every_encoding_holds_the_same_and_has_a_tag_of_its_own() {
    let home = get("/").await.body;
    for path in ["/", "/first?n=1000", "/nth?n=20000", "/nth.json?n=20000", style_sheet(&home)] {
        let plain = get(path).await;
        for encoding in ["br", "gzip"] {
            let answer = get_with(path, &[("accept-encoding", encoding)]).await;
            assert_eq!(answer.header("content-encoding"), encoding, "{path}");
            assert!(decoded(&answer) == plain.bytes, "{path} {encoding}");
            assert!(answer.bytes.len() < plain.bytes.len());
            if let Some(tag) = plain.optional("etag") {
                let tag = tag.trim_end_matches('"');
                assert_eq!(answer.header("etag"), format!("{tag}.{encoding}\""));
            }
            assert_eq!(answer.header("cache-control"), plain.header("cache-control"));
        }
    }
}

#[actix_web::test]
async fn the_best_of_what_the_client_takes_is_chosen() {
    for (accepted, chosen) in [
        ("gzip, deflate, br, zstd", Some("br")),
        ("gzip, zstd", Some("gzip")),
        ("br;q=0.5, gzip", Some("gzip")),
        ("gzip;q=0", None),
        ("deflate, compress", None),
        ("identity", None),
        ("", None),
        ("*", None),
        ("nonsense;;q=x", None),
        // Nothing that we have: what there is, is better than an error.
        ("identity;q=0", None),
        ("*;q=0", None),
    ] {
        let answer = get_with("/nth?n=100", &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.status, 200, "{accepted}");
        assert_eq!(answer.optional("content-encoding"), chosen, "{accepted}");
    }
}

#[actix_web::test]
async fn who_has_the_compressed_page_is_told_so_under_its_tag() {
    let accept = ("accept-encoding", "br");
    let tag = get_with("/nth?n=100", &[accept]).await.header("etag").to_owned();
    let unchanged = get_with("/nth?n=100", &[accept, ("if-none-match", &tag)]).await;
    assert_eq!(unchanged.status, 304);
    assert_eq!(unchanged.header("etag"), tag);
    assert_eq!(unchanged.header("vary"), "accept-encoding");
    assert!(unchanged.optional("content-encoding").is_none());
}

#[actix_web::test]
async fn a_crowd_that_takes_nothing_is_not_compressed_for() {
    let routes = public(site(), Data::new(Readiness::default()));
    let service = init_service(app(routes)).await;
    let ask = async || {
        let page = TestRequest::with_uri("/first?n=1000").insert_header(("accept-encoding", "br"));
        call_service(&service, page.to_request()).await
    };
    let (mut compressed, mut waiting) = (0, Vec::new());
    for _ in 0..40 {
        let answer = ask().await;
        compressed += usize::from(answer.headers().contains_key("content-encoding"));
        waiting.push(answer);
    }
    assert_eq!(compressed, 16);
    // Who has it compressed already is told so under its tag all the same.
    let tag = waiting[0].headers().get("etag").expect("a tag").clone();
    let again = TestRequest::with_uri("/first?n=1000")
        .insert_header(("accept-encoding", "br"))
        .insert_header(("if-none-match", tag.clone()));
    let unchanged = call_service(&service, again.to_request()).await;
    assert_eq!(unchanged.status(), 304);
    assert_eq!(unchanged.headers().get("etag"), Some(&tag));
    drop(waiting);
    assert!(ask().await.headers().contains_key("content-encoding"));
}

#[test]
fn a_client_of_http_1_0_gets_the_page_as_it_is() {
    let service = Service::start(&[]);
    let page = |version, accepted| {
        service.exchange(&format!(
            "GET /nth?n=100 HTTP/{version}\r\nHost: localhost\r\n{accepted}Connection: close\r\n\r\n"
        ))
    };
    let answer = page("1.0", "Accept-Encoding: gzip\r\n");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let head = head.to_ascii_lowercase();
    assert!(!head.contains("transfer-encoding") && !head.contains("content-encoding"));
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    let plain = page("1.1", "");
    assert!(plain.ends_with(body));
}

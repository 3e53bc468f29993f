//! Terms and lists as text and JSON, and where they are computed.

use std::future;
use std::pin::pin;

use actix_web::body::{BodySize, MessageBody};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use fibonacci::Fibonacci;
use fibonacci_web::server::app::app;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::public;
use serde_json::json;

use crate::support::in_process::{get, send_to, site, site_with_limits};

#[actix_web::test]
async fn a_list_as_text_has_one_term_per_line() {
    let response = get("/first.txt?n=10").await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(response.body, "0\n1\n1\n2\n3\n5\n8\n13\n21\n34\n");
}

#[actix_web::test]
async fn a_list_as_json_has_its_terms_as_strings() {
    let response = get("/first.json?n=3").await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), "application/json");
    assert_eq!(response.body, r#"{"n":3,"values":["0","1","1"]}"#);
}

#[actix_web::test]
async fn a_term_as_text_is_its_digits_and_a_line_feed() {
    let response = get("/nth.txt?n=100").await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(response.body, "354224848179261915075\n");
}

#[actix_web::test]
async fn a_term_as_json_has_its_digits_as_a_string() {
    let response = get("/nth.json?n=100").await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), "application/json");
    assert_eq!(response.body, r#"{"n":100,"digits":21,"value":"354224848179261915075"}"#);
}

#[actix_web::test]
async fn an_empty_list_is_a_valid_result() {
    let text = get("/first.txt?n=0").await;
    assert_eq!((text.status, text.body.as_str()), (200, ""));
    let json = get("/first.json?n=0").await;
    assert_eq!((json.status, json.json()), (200, json!({"n": 0, "values": []})));
    let page = get("/first?n=0").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("There are no terms to list."));
}

#[actix_web::test]
async fn the_first_three_terms_are_0_1_and_1() {
    for (n, term) in [(0, "0"), (1, "1"), (2, "1")] {
        assert_eq!(get(&format!("/nth.txt?n={n}")).await.body, format!("{term}\n"));
    }
}

#[actix_web::test]
async fn white_space_and_leading_zeros_are_ignored() {
    for n in ["+10+", "%0910%0D%0A", "%0C10", "00010", "0000000000000000000000000000010"] {
        let response = get(&format!("/nth.txt?n={n}")).await;
        assert_eq!((response.status, response.body.as_str()), (200, "55\n"), "{n}");
    }
}

#[actix_web::test]
async fn unknown_parameters_are_ignored() {
    let response = get("/nth.txt?utm_source=mail&n=10&page=x").await;
    assert_eq!((response.status, response.body.as_str()), (200, "55\n"));
}

#[actix_web::test]
async fn the_longest_list_is_returned_in_full_as_text_and_as_json() {
    let terms: Vec<String> = Fibonacci::new().take(10_000).map(|term| term.to_string()).collect();
    let text = get("/first.txt?n=10000").await;
    assert!(text.body.lines().eq(terms.iter()));
    assert!(text.body.ends_with('\n'));
    let json = get("/first.json?n=10000").await.json();
    assert_eq!(json["values"], json!(terms));
}

#[actix_web::test]
async fn the_largest_term_is_returned_in_full() {
    let response = get("/nth.json?n=10000000").await.json();
    assert_eq!(response["digits"], 2_089_877);
    assert_eq!(response["value"].as_str().map(str::len), Some(2_089_877));
}

#[actix_web::test]
async fn a_term_past_the_limit_is_summarised_by_its_length_and_its_first_and_last_digits() {
    // Computed with mpmath and Python's integers; see the tests of summaries in `fibonacci/tests/`.
    let json = get("/nth.json?n=18446744073709551615").await;
    assert_eq!(json.status, 200);
    assert_eq!(
        json.body,
        "{\"n\":\"18446744073709551615\",\"digits\":\"3855141514259838963\",\"value\":null,\
         \"leading\":\"69070289095496942236899376918430605787071238750704\",\
         \"trailing\":\"75082396738061408938727462723566019507593362999010\"}"
    );
    let page = get("/nth?n=18446744073709551615").await;
    assert_eq!(page.status, 200);
    for part in [
        ">69070289095496942236899376918430605787071238750704<",
        ">75082396738061408938727462723566019507593362999010<",
        "3,855,141,514,259,838,963 digits",
        "18,446,744,073,709,551,616th if you count from F(0), 18,446,744,073,709,551,615th from F(1)",
        "<a href=\"/nth?n=10000000\">F(10,000,000)</a>",
    ] {
        assert!(page.body.contains(part), "no {part} in {}", page.body);
    }
    assert!(!page.body.contains(".txt"));
}

#[actix_web::test]
async fn results_are_correct_on_both_sides_of_every_threshold() {
    for (path, threshold) in [("/nth", 12_000), ("/nth", 120_000), ("/first", 1_000)] {
        for n in threshold - 1..=threshold + 1 {
            let response = get(&format!("{path}.txt?n={n}")).await;
            let last = response.body.lines().next_back().expect("a line");
            let index = if path == "/nth" { n } else { n - 1 };
            let expected = Fibonacci::starting_at(index).next().expect("an endless sequence");
            assert_eq!(last, expected.to_string(), "{path} {n}");
        }
    }
}

#[actix_web::test]
async fn a_list_is_streamed_in_small_chunks() {
    let request = TestRequest::with_uri("/first.txt?n=10000").to_request();
    let routes = public(site(), Data::new(Readiness::default()));
    let service = init_service(app(routes)).await;
    let response = call_service(&service, request).await;
    let mut body = pin!(response.into_body());
    assert_eq!(body.size(), BodySize::Sized(10_459_845));
    let (mut chunks, mut bytes) = (0, 0);
    while let Some(chunk) = future::poll_fn(|context| body.as_mut().poll_next(context)).await {
        let chunk = chunk.expect("no error");
        assert!(chunk.len() <= 65_536);
        chunks += 1;
        bytes += chunk.len();
    }
    assert_eq!(bytes, 10_459_845);
    assert!(chunks >= 160, "{chunks}");
}

#[actix_web::test]
async fn long_computations_do_not_block_the_worker() {
    // All futures run on this thread: a computation on it would finish before the health check runs.
    for path in ["/nth.txt?n=1000000", "/nth.json?n=1000000", "/first?n=50&from=1000000"] {
        tokio::select! {
            biased;
            _ = get(path) => panic!("{path} was computed on the worker"),
            health = get("/healthz") => assert_eq!(health.status, 200),
        }
    }
}

#[actix_web::test]
async fn a_page_far_into_a_list_does_not_block_the_worker() {
    let site = site_with_limits(Limits { max_first: 100_000, max_nth: 5 });
    let routes = public(site, Data::new(Readiness::default()));
    let page = TestRequest::with_uri("/first?n=100000&page=1000");
    tokio::select! {
        biased;
        _ = send_to(routes, page) => panic!("the page was computed on the worker"),
        health = get("/healthz") => assert_eq!(health.status, 200),
    }
}

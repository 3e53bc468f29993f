//! What the routes answer when all is well.

use std::future;

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use fibonacci::Fibonacci;
use fibonacci_web::server::app::app;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::{management, public};
use serde_json::json;

use crate::support::{ask, get, send, send_to, site, site_with, style_sheet};

#[actix_web::test]
async fn a_list_as_text_is_a_term_a_line() {
    let answer = get("/first.txt?n=10").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.body, "0\n1\n1\n2\n3\n5\n8\n13\n21\n34\n");
}

#[actix_web::test]
async fn a_list_as_json_has_its_terms_as_strings() {
    let answer = get("/first.json?n=3").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body, r#"{"n":3,"values":["0","1","1"]}"#);
}

#[actix_web::test]
async fn a_term_as_text_is_its_digits_and_a_line_feed() {
    let answer = get("/nth.txt?n=100").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.body, "354224848179261915075\n");
}

#[actix_web::test]
async fn a_term_as_json_has_its_digits_as_a_string() {
    let answer = get("/nth.json?n=100").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body, r#"{"n":100,"digits":21,"value":"354224848179261915075"}"#);
}

#[actix_web::test]
async fn an_empty_list_is_an_answer() {
    let text = get("/first.txt?n=0").await;
    assert_eq!((text.status, text.body.as_str()), (200, ""));
    let json = get("/first.json?n=0").await;
    assert_eq!((json.status, json.json()), (200, json!({"n": 0, "values": []})));
    let page = get("/first?n=0").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("This list has no terms."));
}

#[actix_web::test]
async fn the_terms_at_the_origin_are_answers() {
    for (n, term) in [(0, "0"), (1, "1"), (2, "1")] {
        assert_eq!(get(&format!("/nth.txt?n={n}")).await.body, format!("{term}\n"));
    }
}

#[actix_web::test]
async fn white_space_around_the_number_and_leading_zeros_do_no_harm() {
    for n in ["+10+", "%0910%0D%0A", "%0C10", "00010", "0000000000000000000000000000010"] {
        let answer = get(&format!("/nth.txt?n={n}")).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "55\n"), "{n}");
    }
}

#[actix_web::test]
async fn parameters_that_are_not_known_are_passed_over() {
    let answer = get("/nth.txt?utm_source=mail&n=10&page=x").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "55\n"));
}

#[actix_web::test]
async fn the_longest_list_is_whole_as_text_and_as_json() {
    let terms: Vec<String> = Fibonacci::new().take(10_000).map(|term| term.to_string()).collect();
    let text = get("/first.txt?n=10000").await;
    assert!(text.body.lines().eq(terms.iter()));
    assert!(text.body.ends_with('\n'));
    let json = get("/first.json?n=10000").await.json();
    assert_eq!(json["values"], json!(terms));
}

#[actix_web::test]
async fn the_largest_term_is_whole() {
    let answer = get("/nth.json?n=10000000").await.json();
    assert_eq!(answer["digits"], 2_089_877);
    assert_eq!(answer["value"].as_str().map(str::len), Some(2_089_877));
}

#[actix_web::test]
async fn results_are_the_same_on_either_side_of_every_way_to_compute_them() {
    for (path, border) in [("/nth", 12_000), ("/nth", 120_000), ("/first", 1_000)] {
        for n in border - 1..=border + 1 {
            let answer = get(&format!("{path}.txt?n={n}")).await;
            let last = answer.body.lines().next_back().expect("a line");
            let index = if path == "/nth" { n } else { n - 1 };
            let expected = Fibonacci::starting_at(index).next().expect("endless");
            assert_eq!(last, expected.to_string(), "{path} {n}");
        }
    }
}

#[actix_web::test]
async fn health_and_readiness_are_one_word() {
    let health = get("/healthz").await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    let readiness = get("/readyz").await;
    assert_eq!((readiness.status, readiness.body.as_str()), (200, "ready\n"));
}

#[actix_web::test]
async fn a_drain_ends_readiness_and_nothing_else() {
    let readiness = Data::new(Readiness::default());
    readiness.begin_shutdown();
    let ask = |path| {
        let routes = public(site(), readiness.clone());
        send_to(routes, TestRequest::with_uri(path))
    };
    let readiness = ask("/readyz").await;
    assert_eq!(readiness.status, 503);
    assert_eq!(readiness.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        readiness.body,
        "This instance is shutting down. Try again: another instance will respond.\n"
    );
    assert_eq!(ask("/healthz").await.status, 200);
    assert_eq!(ask("/nth.txt?n=10").await.body, "55\n");
}

#[actix_web::test]
async fn files_of_the_pages_are_found_by_their_content_and_kept_for_a_year() {
    let home = get("/").await.body;
    for (start, kind) in
        [("/static/style-", "text/css; charset=utf-8"), ("/static/icon-", "image/svg+xml")]
    {
        let at = home.find(start).expect("a link");
        let address = home[at..].split('"').next().expect("an end");
        let file = get(address).await;
        assert_eq!(file.status, 200, "{address}");
        assert_eq!(file.header("content-type"), kind);
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(file.headers.get("content-disposition").is_none());
        let date = file.header("last-modified").to_owned();
        let again = TestRequest::with_uri(address).insert_header(("if-modified-since", date));
        assert_eq!(send(again).await.status, 304);
    }
}

#[actix_web::test]
async fn a_file_of_another_content_is_not_there_and_not_kept() {
    for path in [
        "/static/style-00000000.css",
        "/static/style.css",
        "/static/",
        "/static/../Cargo.toml",
        "/static/%2e%2e%2fCargo.toml",
    ] {
        let answer = get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[actix_web::test]
async fn every_route_answers_head_as_get() {
    let home = get("/").await.body;
    for path in [
        "/",
        "/first?n=10",
        "/first.txt?n=10",
        "/first.json?n=10",
        "/nth?n=10",
        "/nth.txt?n=10",
        "/nth.json?n=10",
        "/first.csv?n=10&from=3",
        "/first.svg?n=10",
        "/index?of=144",
        "/index.txt?of=144",
        "/index.json?of=144",
        "/api",
        "/openapi.json",
        "/robots.txt",
        "/sitemap.xml",
        "/healthz",
        "/readyz",
        style_sheet(&home),
    ] {
        let get = get(path).await;
        let head = ask(Method::HEAD, path).await;
        assert_eq!(get.status, 200, "{path}");
        assert_eq!(head.status, 200, "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}

#[actix_web::test]
async fn every_route_refuses_other_methods_and_names_those_it_takes() {
    let methods = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
    let text = "This address supports only GET and HEAD.\n";
    for path in ["/first.txt?n=10", "/nth.txt?n=10", "/healthz", "/readyz", "/static/x"] {
        for method in methods {
            let method = Method::from_bytes(method.as_bytes()).expect("a token");
            let answer = ask(method, path).await;
            assert_eq!((answer.status, answer.body.as_str()), (405, text), "{path}");
            assert_eq!(answer.header("allow"), "GET, HEAD");
        }
    }
    for path in ["/", "/first?n=10", "/nth?n=10"] {
        let answer = ask(Method::POST, path).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.header("allow"), "GET, HEAD");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert!(answer.body.contains(text.trim_end()), "{path}");
    }
    for path in ["/first.json", "/nth.json"] {
        let answer = ask(Method::POST, path).await;
        assert_eq!(answer.header("allow"), "GET, HEAD");
        assert_eq!(
            answer.json(),
            json!({
                "type": "/api#method-not-allowed",
                "title": "Method not allowed",
                "status": 405,
                "detail": text.trim_end(),
            })
        );
    }
}

#[actix_web::test]
async fn another_path_is_not_found_in_the_form_that_its_ending_asks_for() {
    let text = "There is no page at this address.";
    for path in ["/second", "/first/", "/FIRST?n=1", "/metrics", "//", "/%00", "/%FF", "/first.xml"]
    {
        for method in [Method::GET, Method::POST] {
            let answer = ask(method, path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
            assert!(answer.body.contains(text), "{path}");
        }
    }
    let answer = get("/second.txt").await;
    assert_eq!((answer.status, answer.body), (404, format!("{text}\n")));
    let answer = get("/second.json?n=1").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(
        answer.json(),
        json!({
            "type": "/api#not-found",
            "title": "Not found",
            "status": 404,
            "detail": text,
            "instead": ["/", "/api"],
        })
    );
}

#[actix_web::test]
async fn a_range_of_a_file_is_sent_and_one_past_its_end_is_refused_with_its_length() {
    let home = get("/").await.body;
    let style = style_sheet(&home);
    let length = get(style).await.body.len();
    let ask = |range: &str| send(TestRequest::with_uri(style).insert_header(("range", range)));
    assert_eq!(ask("bytes=0-4").await.status, 206);
    let refused = ask("bytes=999999-").await;
    assert_eq!(refused.status, 416);
    assert_eq!(refused.header("content-range"), format!("bytes */{length}"));
    assert_eq!(refused.body, "The requested range is past the end of the file.\n");
}

#[actix_web::test]
async fn the_button_nth_leads_to_the_bookmark_of_the_term() {
    // By `formaction`, and where a browser does not know that.
    for path in ["/nth", "/first"] {
        for method in [Method::GET, Method::HEAD] {
            let answer = ask(method, &format!("{path}?n=1%2C0+%3C&show=nth")).await;
            assert_eq!(answer.status, 303, "{path}");
            assert_eq!(answer.header("location"), "/nth?n=1%2C0+%3C");
        }
        let answer = ask(Method::POST, &format!("{path}?n=1&show=nth")).await;
        assert_eq!(answer.status, 405);
    }
    let other = get("/first?n=1&show=first").await;
    assert_eq!(other.status, 200);
}

#[actix_web::test]
async fn what_takes_long_does_not_keep_the_worker_from_answering() {
    // All on this one thread: what computes on it answers before anything else gets a turn.
    for path in ["/nth.txt?n=1000000", "/nth.json?n=1000000", "/first?n=10000&page=10"] {
        tokio::select! {
            biased;
            _ = get(path) => panic!("{path} was computed on the worker"),
            health = get("/healthz") => assert_eq!(health.status, 200),
        }
    }
}

#[actix_web::test]
async fn a_page_that_starts_deep_does_not_keep_the_worker_either() {
    let site = site_with(Limits { max_first: 100_000, max_nth: 5 });
    let routes = public(site, Data::new(Readiness::default()));
    let page = TestRequest::with_uri("/first?n=100000&page=100");
    tokio::select! {
        biased;
        _ = send_to(routes, page) => panic!("it was computed on the worker"),
        health = get("/healthz") => assert_eq!(health.status, 200),
    }
}

#[actix_web::test]
async fn links_to_try_stay_within_the_limits() {
    let site = site_with(Limits { max_first: 1, max_nth: 5 });
    let routes = public(site, Data::new(Readiness::default()));
    let home = send_to(routes, TestRequest::with_uri("/")).await.body;
    assert!(home.contains(r#"<a href="/first?n=1">first 1 term</a>"#));
    assert!(home.contains(r#"<a href="/nth?n=5">F(5)</a>"#));
    assert!(
        home.contains("From 0 to 1 for a list. A single term is available in full up to n = 5;")
    );
}

#[actix_web::test]
async fn the_management_port_has_health_and_a_word_for_all_else() {
    let ask = |path| {
        let routes = management(site(), Data::new(Readiness::default()));
        send_to(routes, TestRequest::with_uri(path))
    };
    assert_eq!(ask("/healthz").await.body, "ok\n");
    assert_eq!(ask("/readyz").await.body, "ready\n");
    for path in ["/", "/nth?n=10"] {
        let answer = ask(path).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(answer.body, "There is no page at this address.\n");
    }
}

#[actix_web::test]
async fn past_the_limit_a_term_is_told_by_its_length_and_its_ends() {
    // From mpmath and Python's integers: see the borders of summaries.
    let json = get("/nth.json?n=18446744073709551615").await;
    assert_eq!(json.status, 200);
    assert_eq!(
        json.body,
        "{\"n\":18446744073709551615,\"digits\":3855141514259838963,\"value\":null,\
         \"leading\":\"69070289095496942236899376918430605787071238750704\",\
         \"trailing\":\"75082396738061408938727462723566019507593362999010\"}"
    );
    let page = get("/nth?n=18446744073709551615").await;
    assert_eq!(page.status, 200);
    for part in [
        "69070289095496942236899376918430605787071238750704… \
         75082396738061408938727462723566019507593362999010",
        "3\u{A0}855\u{A0}141\u{A0}514\u{A0}259\u{A0}838\u{A0}963 digits",
        "number 18\u{A0}446\u{A0}744\u{A0}073\u{A0}709\u{A0}551\u{A0}616,",
        "<a href=\"/nth?n=10000000\">F(10000000)</a>",
    ] {
        let body = page.body.replace("<span>", "").replace("</span>", "");
        assert!(body.contains(part), "no {part} in {body}");
    }
    assert!(!page.body.contains(".txt"));
}

#[actix_web::test]
async fn a_list_comes_in_pieces_whatever_its_length() {
    let request = TestRequest::with_uri("/first.txt?n=10000").to_request();
    let routes = public(site(), Data::new(Readiness::default()));
    let service = init_service(app(routes)).await;
    let response = call_service(&service, request).await;
    let mut body = std::pin::pin!(response.into_body());
    assert_eq!(body.size(), BodySize::Sized(10_459_845));
    let (mut pieces, mut bytes) = (0, 0);
    while let Some(piece) = future::poll_fn(|context| body.as_mut().poll_next(context)).await {
        let piece = piece.expect("no error");
        assert!(piece.len() <= 65_536);
        pieces += 1;
        bytes += piece.len();
    }
    assert_eq!(bytes, 10_459_845);
    assert!(pieces >= 160, "{pieces}");
}

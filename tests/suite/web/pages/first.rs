//! Lists that start at any term, in every representation.

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use fibonacci::{Fibonacci, length};
use fibonacci_web::server::app::app;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::public;
use num_bigint::BigUint;
use proptest::prelude::*;
use serde_json::json;

use crate::support::cases;
use crate::support::in_process::{
    engine_with_memory, get, get_from, request, site_with_engine, site_with_limits,
};

/// `count` terms from F(`from`), computed from the definition.
fn expected_terms(from: usize, count: usize) -> Vec<String> {
    let terms = Fibonacci::new().skip(from).take(count);
    terms.map(|term| term.to_string()).collect()
}

#[actix_web::test]
async fn a_list_can_start_at_any_term() {
    let expected = expected_terms(1_000, 10);
    let text = get("/first.txt?n=10&from=1000").await;
    assert_eq!(text.body, expected.join("\n") + "\n");
    let response = get("/first.json?n=10&from=1000").await;
    assert_eq!(response.json(), json!({"n": 10, "from": 1000, "values": expected}));
    let rows = (1_000..).zip(&expected);
    let rows: Vec<String> = rows.map(|(n, term)| format!("{n},{term}\r\n")).collect();
    let response = get("/first.csv?n=10&from=1000").await;
    assert_eq!(response.body, format!("n,value\r\n{}", rows.concat()));
    assert_eq!(response.header("content-type"), "text/csv; charset=utf-8");
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn any_range_of_terms_is_the_same_in_every_representation(
        from in 0_usize..2_000,
        count in 0_usize..60,
    ) {
        actix_web::rt::System::new().block_on(async {
            let query = format!("n={count}&from={from}");
            let expected = expected_terms(from, count);
            let text = get(&format!("/first.txt?{query}")).await.body;
            assert_eq!(text.lines().collect::<Vec<_>>(), expected);
            let json = get(&format!("/first.json?{query}")).await.json();
            assert_eq!(json["values"], json!(expected));
            let csv = get(&format!("/first.csv?{query}")).await.body;
            let values = csv.lines().skip(1).map(|row| row.split(',').nth(1).expect("a value"));
            assert_eq!(values.collect::<Vec<_>>(), expected);
        });
    }
}

#[actix_web::test]
async fn a_list_from_0_equals_the_list_without_from() {
    for extension in ["", ".txt", ".json", ".csv", ".svg"] {
        let first = get(&format!("/first{extension}?n=10")).await;
        let from = get(&format!("/first{extension}?n=10&from=0")).await;
        assert_eq!(first.body, from.body);
        assert_eq!(first.header("etag"), from.header("etag"));
    }
    // All empty lists are equal, wherever they start.
    for from in ["5", "18446744073709551615"] {
        let response = get(&format!("/first.json?n=0&from={from}")).await;
        assert_eq!(response.body, r#"{"n":0,"values":[]}"#);
    }
}

#[actix_web::test]
async fn a_range_of_terms_has_at_most_the_size_of_the_longest_list() {
    let limit = length::digits_of_terms(0, 10_000) + 10_000;
    for from in [1, 9_999, 1_000_000] {
        let size = |count| length::digits_of_terms(from, count) + count;
        let longest = (1..=10_000).find(|count| size(count + 1) > limit).expect("a longest list");
        let path = |count| format!("/first.csv?n={count}&from={from}");
        let fits = request(Method::HEAD, &path(longest)).await;
        assert_eq!(fits.status, 200, "{from}");
        let refused = get(&path(longest + 1)).await;
        assert_eq!(refused.status, 422, "{from}");
        assert!(refused.body.contains("; from this start, at most "));
    }
    for from in ["60000000", "5000000000", "18446744073709551615"] {
        let refused = get(&format!("/first.txt?n=1&from={from}")).await;
        assert_eq!(refused.status, 422, "{from}");
        assert!(refused.body.ends_with(" and cannot go past F(10,000,000).\n"));
    }
}

#[actix_web::test]
async fn a_list_that_is_too_long_is_refused_with_alternatives() {
    let refused = get("/first.json?n=60&from=1000000").await;
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(
        refused.json(),
        json!({
            "type": "/api#list-too-long",
            "title": "List too long",
            "status": 422,
            "detail": "60 terms from F(1,000,000) would be about 12.5\u{A0}MB of text. A list can \
                       have at most 10,000 terms (10.5\u{A0}MB); from this start, at most 50 terms.",
            "instead": ["/first.json?n=50&from=1000000", "/nth.json?n=1000059"],
        })
    );
    assert_eq!(get("/first.json?n=50&from=1000000").await.status, 200);
    // Every 64-bit index has a summary.
    let refused = get("/first.json?n=5&from=18446744073709551610").await;
    assert_eq!(refused.json()["instead"], json!(["/nth.json?n=18446744073709551614"]));
    let refused = get("/first.json?n=6&from=18446744073709551610").await;
    assert_eq!(refused.json()["instead"], json!(["/nth.json?n=18446744073709551615"]));
    // A range that ends past the largest index suggests that index.
    let refused = get("/first.json?n=7&from=18446744073709551610").await;
    assert_eq!(refused.json()["instead"], json!(["/nth.json?n=18446744073709551615"]));
    // If the start is too large, the error is shown at its field.
    let page = get("/first?n=1&from=60000000").await.body;
    let field = page.split("<input ").find(|field| field.contains("aria-invalid"));
    assert!(field.is_some_and(|field| field.contains(r#"name="from""#)));
    assert!(page.contains(
        r#"<a href="/nth?n=60000000">The length of F(60,000,000) and its first and last digits</a>"#
    ));
    // For a number of more than 64 bits, the largest valid one is suggested.
    let refused = get("/first.json?n=18446744073709551616").await;
    assert_eq!(refused.json()["instead"], json!(["/first.json?n=10000"]));
    let refused = get("/nth.json?n=-18446744073709551616").await;
    assert_eq!(refused.json()["instead"], json!(["/nth.json?n=-18446744073709551615"]));
}

#[actix_web::test]
async fn a_list_ends_at_the_limit_of_single_terms() {
    let text = get("/first.txt?n=1&from=10000000").await;
    assert_eq!((text.status, text.body.len()), (200, 2_089_878));
    for (query, message) in [
        (
            "n=2&from=10000000",
            "2 terms from F(10,000,000) would be about 4.2\u{A0}MB of text. A list can have at most \
             10,000 terms (10.5\u{A0}MB); from this start, at most 1 term.\n",
        ),
        (
            "n=1&from=10000001",
            "1 term from F(10,000,001) would be about 2.1\u{A0}MB of text. A list can have at most \
             10,000 terms (10.5\u{A0}MB) and cannot go past F(10,000,000).\n",
        ),
    ] {
        let refused = get(&format!("/first.txt?{query}")).await;
        assert_eq!((refused.status, refused.body.as_str()), (422, message));
    }
    // With a larger limit for lists than for single terms, a list may go up to its own limit.
    let site = site_with_limits(Limits { max_first: 100, max_nth: 10 });
    for (query, status) in [("n=100", 200), ("n=1&from=99", 200), ("n=1&from=100", 422)] {
        let response = get_from(&site, &format!("/first.txt?{query}"), &[]).await;
        assert_eq!(response.status, status, "{query}");
    }
}

#[actix_web::test]
async fn a_byte_range_of_a_list_reserves_the_memory_of_its_terms() {
    let (engine, metrics) = engine_with_memory(1, 0, 1_000_000);
    let limits = Limits { max_first: 10_000, max_nth: 10_000_000 };
    // Enough memory for two responses of about four terms of 100 000 digits, but not for three.
    let site = site_with_engine(limits, engine, metrics.clone());
    let get_range = async |range: &str| {
        let routes = public(site.clone(), Data::new(Readiness::default()));
        let service = init_service(app(routes)).await;
        let request = TestRequest::with_uri("/first.txt?n=9&from=500000");
        let request = request.insert_header(("range", range)).to_request();
        call_service(&service, request).await
    };
    let first = get_range("bytes=0-9").await;
    assert_eq!(first.status().as_u16(), 206);
    assert!(metrics.reserved_bytes.get() > 400_000);
    let second = get_range("bytes=0-9").await;
    assert_eq!(second.status().as_u16(), 206);
    let third = get_range("bytes=0-9").await;
    assert_eq!(third.status().as_u16(), 503);
    // A finished response releases its reservation.
    drop(first);
    assert_eq!(get_range("bytes=0-9").await.status().as_u16(), 206);
}

#[actix_web::test]
async fn the_start_of_a_list_is_parsed_like_any_other_number() {
    for (from, message) in [
        ("from=", "No number was entered. Type a whole number, such as 10."),
        ("from=x", "“x” is not a whole number. Type one in digits, such as 10."),
        ("from=-5", "“-5” is less than 0. Type 0 or a larger whole number."),
        ("from=1&from=2", "from is given twice. Keep only one, as in ?n=10&from=1000."),
    ] {
        let text = get(&format!("/first.txt?n=5&{from}")).await;
        assert_eq!((text.status, text.body), (422, format!("{message}\n")));
        // The error is shown at the field of the start. The other field keeps its number.
        let page = get(&format!("/first?n=5&{from}")).await;
        assert!(page.body.contains(r#"<p class="problem" id="range-problem">"#));
        assert_eq!(page.body.matches("aria-invalid").count(), 1);
        let field = page.body.split("<input ").find(|field| field.contains("aria-invalid"));
        assert!(field.is_some_and(|field| field.contains(r#"name="from""#)));
        assert!(page.body.contains(r#"name="n" value="5""#));
    }
}

#[actix_web::test]
async fn a_long_range_of_terms_has_pages() {
    let page = get("/first?n=250&from=1300&page=3").await.body;
    assert_eq!(page.matches("<tr><th scope=\"row\">").count(), 50);
    assert!(page.contains(">1,500</a></th>") && page.contains(">1,549</a></th>"));
    assert!(page.contains(r#"rel="prev" href="/first?n=250&#38;from=1300&amp;page=2""#));
    assert_eq!(get("/first?n=250&from=1300&page=4").await.status, 404);
}

#[actix_web::test]
async fn a_list_links_to_the_adjacent_lists() {
    let page = get("/first?n=10&from=25").await.body;
    assert!(page.contains(r#"rel="prev" href="/first?n=10&#38;from=15""#));
    assert!(page.contains(r#"rel="next" href="/first?n=10&#38;from=35""#));
    // No list starts before F(0) or goes past the size limit.
    assert!(!get("/first?n=10&from=9").await.body.contains("rel=\"prev\""));
    assert!(!get("/first?n=10000").await.body.contains("Neighbouring lists"));
    assert!(!get("/first?n=2&from=9999999").await.body.contains("rel=\"next\""));
}

#[actix_web::test]
async fn a_list_shows_the_sum_of_its_terms() {
    for (from, count) in [(0, 2), (0, 10), (0, 900), (1, 2), (7, 3), (300, 100), (900, 90)] {
        let sum: BigUint = Fibonacci::new().skip(from).take(count).sum();
        let page = get(&format!("/first?n={count}&from={from}")).await.body;
        let shown = page.split("<dt>Sum of ").nth(1).expect("a sum");
        let shown = shown.split("<span class=\"digits\">").nth(1).expect("digits");
        let digits = shown.split("</span>").next().expect("a closing tag");
        assert_eq!(digits, sum.to_string(), "{count} from {from}");
    }
    // The sum of one term is that term.
    assert!(!get("/first?n=1&from=7").await.body.contains("<dt>Sum of "));
    // A long sum is summarised, for a list of any length.
    let sum: BigUint = Fibonacci::new().take(5_000).sum();
    let (sum, page) = (sum.to_string(), get("/first?n=5000&page=3").await.body);
    let (leading, trailing) = (&sum[..20], &sum[sum.len() - 20..]);
    let shown = format!("{leading}…{trailing}</span> (1,045 digits)");
    assert!(page.contains(&shown), "no {shown}");
}

#[actix_web::test]
async fn the_form_is_empty_beside_a_list_that_starts_later() {
    // `Show F(n)` would show F(5), which is not in the list.
    let page = get("/first?n=5&from=1000").await.body;
    assert!(page.contains(r#"<input id="n" name="n" value="" "#));
    assert!(page.contains(r#"<input id="range-n" name="n" value="5" "#));
    assert!(page.contains(r#"<input id="range-from" name="from" value="1000" "#));
    let page = get("/first?n=5").await.body;
    assert!(page.contains(r#"<input id="n" name="n" value="5" "#));
}

#[actix_web::test]
async fn terms_are_right_aligned_while_the_longest_of_the_page_fits_a_line() {
    for (query, class) in [
        ("n=100", "terms narrow"),
        ("n=101&page=2", "terms narrow"),
        ("n=1&from=103", "terms medium"),
        ("n=200&page=2", "terms medium"),
        ("n=300&page=3", "terms"),
        ("n=5&from=5000", "terms"),
    ] {
        let page = get(&format!("/first?{query}")).await.body;
        assert!(page.contains(&format!(r#"<table class="{class}">"#)), "{query}");
    }
}

#[actix_web::test]
async fn a_list_that_is_too_long_offers_the_term_with_that_index() {
    let page = get("/first?n=10000000").await.body;
    assert!(page.contains(r#"<a href="/nth?n=10000000">F(10,000,000) on its own</a>"#));
    assert!(page.contains(r#"<a href="/first?n=10000">The first 10,000 terms</a>"#));
}

#[actix_web::test]
async fn a_list_up_to_a_value_has_every_term_that_does_not_exceed_it() {
    let terms: Vec<String> = Fibonacci::new().take(60).map(|term| term.to_string()).collect();
    for (index, term) in terms.iter().enumerate().skip(3) {
        let term: u64 = term.parse().expect("a small term");
        for (value, count) in [(term - 1, index), (term, index + 1), (term + 1, index + 1)] {
            // Below F(4), these are terms, too.
            let count = if index < 5 {
                terms.iter().filter(|it| it.parse::<u64>().expect("small") <= value).count()
            } else {
                count
            };
            let list = get(&format!("/first.txt?upto={value}")).await.body;
            assert_eq!(list, terms[..count].join("\n") + "\n", "{value}");
        }
    }
    assert_eq!(get("/first.txt?upto=0").await.body, "0\n");
    assert_eq!(get("/first.txt?upto=1").await.body, "0\n1\n1\n");
    assert_eq!(
        get("/first.json?upto=20&from=4").await.body,
        get("/first.json?n=4&from=4").await.body
    );
    assert_eq!(get("/first.csv?upto=2&from=9").await.body, "n,value\r\n");
    assert_eq!(get("/first.svg?upto=50").await.body, get("/first.svg?n=10").await.body);
}

#[actix_web::test]
async fn the_page_of_a_list_up_to_a_value_names_the_value_and_has_its_sum() {
    let page = get("/first?upto=1000").await.body;
    assert!(page.contains("<h1>Fibonacci numbers up to 1,000</h1>"), "{page}");
    assert!(page.contains(">987</td>") && !page.contains(">1597</td>"), "{page}");
    assert!(page.contains("F(18)</a> − 1 = <span class=\"digits\">2583</span>"), "{page}");
    assert!(page.contains("name=\"upto\" value=\"1000\""), "{page}");
    let long = get(&format!("/first?upto={}", "9".repeat(300))).await.body;
    assert!(long.contains("up to 99999999…99999999</h1>"), "{long}");
    assert!(long.contains("Page 1 of 15"), "{long}");
    // The next page has the same heading.
    let list = format!("/first?upto={}", "9".repeat(300));
    assert!(long.contains(&format!("rel=\"next\" href=\"{list}&amp;page=2\"")), "{long}");
    let next = get(&format!("{list}&page=2")).await.body;
    assert!(next.contains("up to 99999999…99999999</h1>"), "{next}");
    let empty = get("/first?upto=10&from=1000").await.body;
    assert!(empty.contains("<h1>Fibonacci numbers from F(1,000) up to 10</h1>"), "{empty}");
    let sentence =
        "There are no terms to list: from F(1,000) on, every term is greater than 10.</p>";
    assert!(empty.contains(sentence), "{empty}");
}

#[actix_web::test]
async fn a_neighbouring_list_of_one_term_is_named_as_that_term() {
    let page = get("/first?n=1&from=10").await.body;
    assert!(page.contains("href=\"/first?n=1&#38;from=9\">F(9)</a>"), "{page}");
    assert!(page.contains("href=\"/first?n=1&#38;from=11\">F(11)</a>"), "{page}");
}

#[actix_web::test]
async fn an_invalid_value_for_a_list_is_refused_with_the_reason() {
    for (query, reason) in [
        ("upto=x", "“x”"),
        ("upto=10&n=5", "The request has both upto and n. Keep one of them."),
        ("upto=10&upto=11", "upto"),
        ("upto=10&from=1.000", "“1.000” may mean 1000 or 1."),
        (&format!("upto={}", "9".repeat(3_000)), "The first 14,357 terms would be about 21.6"),
    ] {
        let response = get(&format!("/first.txt?{query}")).await;
        assert_eq!(response.status, 422, "{query}");
        assert!(response.body.contains(reason), "{query}: {}", response.body);
        let page = get(&format!("/first?{query}")).await.body;
        // The text of the other field is kept, and the problem is at the field that has it.
        if let Some((_, from)) = query.split_once("from=") {
            let field = format!(
                "name=\"from\" value=\"{from}\" inputmode=\"numeric\" autocapitalize=\"off\" spellcheck=\"false\" aria-invalid=\"true\""
            );
            assert!(page.contains(&field), "{query}: {page}");
            assert_eq!(page.matches("aria-invalid").count(), 1, "{query}");
        }
        let problem = page.split("id=\"upto-problem\">").nth(1).expect("a sentence");
        assert!(problem.starts_with(response.body.trim_end()), "{query}: {problem}");
    }
    let long = get(&format!("/first.json?upto={}", "9".repeat(10_000))).await;
    assert_eq!(long.status, 422);
    assert_eq!(long.json()["type"], "/api#list-too-long");
    let long = get(&format!("/first.json?upto={}", "9".repeat(10_001))).await;
    assert_eq!(long.json()["type"], "/api#number-too-long");
}

//! Terms of negative index: F(-n) = (-1)^(n+1) F(n).

use fibonacci::nth;
use num_bigint::BigInt;
use serde_json::json;

use crate::support::in_process::{get, get_with_headers};

#[actix_web::test]
async fn the_recurrence_holds_on_both_sides_of_zero() {
    let mut terms = Vec::new();
    for n in -60..=60 {
        let body = get(&format!("/nth.txt?n={n}")).await.body;
        let term: BigInt = body.trim_end().parse().expect("an integer");
        terms.push(term);
    }
    assert_eq!(terms[60], BigInt::ZERO);
    assert_eq!(terms[61], BigInt::from(1));
    for three in terms.windows(3) {
        assert_eq!(&three[0] + &three[1], three[2]);
    }
}

#[actix_web::test]
async fn every_representation_has_the_sign() {
    for (n, term) in [(-1, "1"), (-2, "-1"), (-8, "-21"), (-9, "34")] {
        assert_eq!(get(&format!("/nth.txt?n={n}")).await.body, format!("{term}\n"));
        let digits = term.trim_start_matches('-').len();
        assert_eq!(
            get(&format!("/nth.json?n={n}")).await.json(),
            json!({"n": n, "digits": digits, "value": term})
        );
        let page = get(&format!("/nth?n={n}")).await.body;
        let value = format!(r#"<span class="digits" id="value">{term}</span>"#);
        assert!(page.contains(&value), "{page}");
        // In a sentence, the minus sign is that of mathematics.
        let title = format!("<title>F({n}) = {term} –").replace('-', "−");
        assert!(page.contains(&title));
    }
}

#[actix_web::test]
async fn a_large_term_its_byte_ranges_and_its_summary_have_the_sign() {
    // As text, as a page, as a byte range, and as a summary past the limit.
    let digits = nth(200_000).to_string();
    assert!(get("/nth.txt?n=-200000").await.body == format!("-{digits}\n"));
    let page = get("/nth?n=-200000").await.body;
    assert!(page.contains(&format!(r#"<span class="digits">-{}</span>"#, &digits[..50])));
    let part = get_with_headers("/nth.txt?n=-200000", &[("range", "bytes=0-3")]).await;
    assert_eq!(part.body, format!("-{}", &digits[..3]));
    let positive = get("/nth.json?n=99999999998").await.json();
    let summary = get("/nth.json?n=-99999999998").await.json();
    let leading = positive["leading"].as_str().expect("digits");
    assert_eq!(summary["leading"], json!(format!("-{leading}")));
    assert_eq!(summary["trailing"], positive["trailing"]);
    assert_eq!(summary["digits"], positive["digits"]);
    assert_eq!(summary["n"], json!(-99_999_999_998_i64));
}

#[actix_web::test]
async fn the_largest_and_the_smallest_index_are_supported() {
    for n in ["18446744073709551615", "-18446744073709551615"] {
        let json = get(&format!("/nth.json?n={n}")).await;
        assert_eq!(json.status, 200);
        assert!(json.body.starts_with(&format!(r#"{{"n":"{n}","digits":"3855141514259838963","#)));
        let page = get(&format!("/nth?n={n}")).await.body;
        // Only one adjacent term has a valid index.
        assert_eq!(page.matches("rel=\"prev\"").count() + page.matches("rel=\"next\"").count(), 1);
    }
    for n in ["-18446744073709551616", "18446744073709551616"] {
        let response = get(&format!("/nth.txt?n={n}")).await;
        assert_eq!(response.status, 422);
        assert!(response.body.starts_with("A number of 20 digits is too large."));
    }
}

#[actix_web::test]
async fn zero_has_no_sign() {
    assert_eq!(get("/nth.json?n=-0").await.body, r#"{"n":0,"digits":1,"value":"0"}"#);
    assert_eq!(get("/nth.txt?n=-000").await.body, "0\n");
    assert_eq!(get("/nth.txt?n=+-8%09").await.body, "-21\n");
}

#[actix_web::test]
async fn malformed_negative_numbers_are_refused() {
    for input in ["--8", "-+8", "-", "-8-", "-8.0", "-0x8", "-1,000", "%E2%88%928"] {
        let response = get(&format!("/nth.txt?n={input}")).await;
        assert_eq!(response.status, 422, "{input}");
    }
}

#[actix_web::test]
async fn a_list_refuses_a_negative_number_and_suggests_the_single_term() {
    let refused = get("/first.json?n=-8").await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.json()["detail"],
        json!("A list can't have fewer than 0 terms. Type 0 or a larger whole number.")
    );
    assert_eq!(refused.json()["instead"], json!(["/nth.json?n=-8"]));
    let page = get("/first?n=-8").await.body;
    assert!(page.contains(r#"<a href="/nth?n=-8">F(−8) on its own</a>"#));
}

#[actix_web::test]
async fn the_list_around_a_term_is_as_long_as_the_limits_allow() {
    for (n, around) in [
        ("0", Some(r#"n=11">F(0) to F(10)"#)),
        ("3", Some(r#"n=11">F(0) to F(10)"#)),
        ("100", Some(r#"n=11&#38;from=95">F(95) to F(105)"#)),
        ("9999999", Some(r#"n=3&#38;from=9999998">F(9,999,998) to F(10,000,000)"#)),
        ("10000000", None),
        ("50000000", None),
        ("-100", None),
    ] {
        let page = get(&format!("/nth?n={n}")).await.body;
        let link = around.map(|around| format!("<a href=\"/first?{around}</a>"));
        assert!(link.is_none_or(|link| page.contains(&link)), "{n}");
        assert_eq!(page.contains("<a href=\"/first?"), around.is_some(), "{n}");
    }
}

#[actix_web::test]
async fn the_links_to_adjacent_terms_cross_zero() {
    let page = get("/nth?n=-1").await.body;
    assert!(page.contains(r#"rel="prev" href="/nth?n=-2""#));
    assert!(page.contains(r#"rel="next" href="/nth?n=0""#));
    let page = get("/nth?n=0").await.body;
    assert!(page.contains(r#"rel="prev" href="/nth?n=-1""#));
    assert!(page.contains(r#"rel="next" href="/nth?n=1""#));
}

//! Remainders of terms, and their periods.

use fibonacci::nth;
use num_bigint::BigUint;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::support::cases;
use crate::support::in_process::{get, get_from, site};

#[actix_web::test]
async fn a_remainder_has_the_same_value_in_every_representation() {
    let (query, value) = ("n=1000000000000000000&mod=1000000007", "209783453");
    assert_eq!(get(&format!("/nth.txt?{query}")).await.body, format!("{value}\n"));
    assert_eq!(
        get(&format!("/nth.json?{query}")).await.body,
        "{\"n\":\"1000000000000000000\",\"mod\":1000000007,\"value\":209783453,\"period\":2000000016}"
    );
    let page = get(&format!("/nth?{query}")).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for part in [
        "<h1>F(1,000,000,000,000,000,000) mod 1,000,000,007</h1>",
        ">209783453</span>",
        "2,000,000,016",
        "href=\"/nth.txt?n=1000000000000000000&#38;mod=1000000007\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
}

#[actix_web::test]
async fn remainders_agree_with_the_terms_and_repeat_after_the_period() {
    let site = site();
    let strategy = (0_u64..2_000, 1_u64..3_000, any::<bool>());
    let mut runner = TestRunner::new(cases(64));
    for _ in 0..64 {
        let (n, modulus, negative) = strategy.new_tree(&mut runner).expect("an input").current();
        let sign = if negative { "-" } else { "" };
        let found =
            get_from(&site, &format!("/nth.json?n={sign}{n}&mod={modulus}"), &[]).await.json();
        let term = nth(n) % modulus;
        // F(-n) = (-1)^(n+1) F(n)
        let is_negated = negative && n % 2 == 0 && term != BigUint::ZERO;
        let expected = if is_negated { BigUint::from(modulus) - term } else { term };
        assert_eq!(found["value"].to_string(), expected.to_string(), "{sign}{n} mod {modulus}");
        let period = found["period"].as_u64().expect("a number");
        let again =
            get_from(&site, &format!("/nth.txt?n={}&mod={modulus}", n + period), &[]).await.body;
        assert_eq!(again, format!("{}\n", nth(n) % modulus), "{n} + {period} mod {modulus}");
    }
}

#[actix_web::test]
async fn an_index_of_10_000_digits_and_the_largest_modulus_are_supported() {
    let n = "9".repeat(10_000);
    let modulus = u64::MAX.to_string();
    let found = get(&format!("/nth.json?n={n}&mod={modulus}")).await;
    assert_eq!(found.status, 200);
    let found = found.json();
    assert_eq!((&found["n"], &found["mod"]), (&json!(n), &json!(modulus)));
    let page = get(&format!("/nth?n=-{n}&mod={modulus}")).await;
    assert!(page.body.contains("F(−9999999999999999…9999999999999999)"), "{}", page.body);
    assert!(page.body.len() < 60_000, "{}", page.body.len());
    // What the page says of the reduced index is right.
    let value = get(&format!("/nth.txt?n=-{n}&mod={modulus}")).await.body;
    let rest =
        page.body.split("<dt>Same remainder</dt><dd><a href=\"/nth?n=").nth(1).expect("a link");
    let same = rest.split('&').next().expect("an index");
    assert_eq!(get(&format!("/nth.txt?n={same}&mod={modulus}")).await.body, value);
    // The index is half a period before F(0), and so as far from it as the other.
    let half = get("/nth?n=-30&mod=10").await.body;
    assert!(half.contains("<a href=\"/nth?n=30&amp;mod=10\">F(30)</a>"), "{half}");
}

#[actix_web::test]
async fn invalid_requests_for_a_remainder_are_refused_with_the_reason() {
    for (query, reason) in [
        ("n=5&mod=0", "Division by 0 is undefined."),
        ("n=5&mod=18446744073709551616", "too large"),
        ("n=5&mod=-3", "less than 0"),
        ("n=5&mod=3&mod=4", "mod"),
        ("n=5.5&mod=3", "not a whole number"),
        ("mod=3", "n"),
    ] {
        let response = get(&format!("/nth.txt?{query}")).await;
        assert_eq!(response.status, 422, "{query}");
        assert!(response.body.contains(reason), "{query}: {}", response.body);
        let page = get(&format!("/nth?{query}")).await;
        assert!(page.body.contains("name=\"mod\""), "{query}");
    }
    let long = get(&format!("/nth.txt?n={}&mod=3", "1".repeat(10_001))).await;
    assert_eq!(long.status, 422);
    assert!(long.body.contains("10,001 digits is too long"), "{}", long.body);
}

//! The sequence on the other side of F(0): F(-n) = (-1)^(n+1) F(n).

use fibonacci::nth;
use num_bigint::BigInt;
use serde_json::json;

use crate::support::{get, get_with};

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
    for window in terms.windows(3) {
        assert_eq!(&window[0] + &window[1], window[2]);
    }
}

#[actix_web::test]
async fn every_form_has_the_sign() {
    for (n, term) in [(-1, "1"), (-2, "-1"), (-8, "-21"), (-9, "34")] {
        assert_eq!(get(&format!("/nth.txt?n={n}")).await.body, format!("{term}\n"));
        let digits = term.trim_start_matches('-').len();
        assert_eq!(
            get(&format!("/nth.json?n={n}")).await.json(),
            json!({"n": n, "digits": digits, "value": term})
        );
        let page = get(&format!("/nth?n={n}")).await.body;
        let value = format!(r#"<div class="value large" id="value">{term}</div>"#);
        assert!(page.contains(&value), "{page}");
        assert!(page.contains(&format!("<title>F({n}) = {term} –")));
    }
}

#[actix_web::test]
async fn a_large_term_has_it_too_and_parts_of_it() {
    // In full, as a page, and past the limit.
    let digits = nth(200_000).to_string();
    assert!(get("/nth.txt?n=-200000").await.body == format!("-{digits}\n"));
    let page = get("/nth?n=-200000").await.body.replace("<span>", "");
    let page = page.replace("</span>", "");
    assert!(page.contains(&format!(">-{}… ", &digits[..50])));
    let part = get_with("/nth.txt?n=-200000", &[("range", "bytes=0-3")]).await;
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
async fn the_ends_of_what_can_be_read_are_answered() {
    for n in ["18446744073709551615", "-18446744073709551615"] {
        let json = get(&format!("/nth.json?n={n}")).await;
        assert_eq!(json.status, 200);
        assert!(json.body.starts_with(&format!("{{\"n\":{n},\"digits\":3855141514259838963,")));
        let page = get(&format!("/nth?n={n}")).await.body;
        // One neighbour is past them.
        assert_eq!(page.matches("rel=\"prev\"").count() + page.matches("rel=\"next\"").count(), 1);
    }
    for n in ["-18446744073709551616", "18446744073709551616"] {
        let answer = get(&format!("/nth.txt?n={n}")).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.starts_with("A number of 20 digits is too large."));
    }
}

#[actix_web::test]
async fn zero_has_no_sign() {
    assert_eq!(get("/nth.json?n=-0").await.body, r#"{"n":0,"digits":1,"value":"0"}"#);
    assert_eq!(get("/nth.txt?n=-000").await.body, "0\n");
    assert_eq!(get("/nth.txt?n=+-8%09").await.body, "-21\n");
}

#[actix_web::test]
async fn what_only_looks_like_it_is_refused() {
    for typed in ["--8", "-+8", "-", "-8-", "-8.0", "-0x8", "-1,000", "%E2%88%928"] {
        let answer = get(&format!("/nth.txt?n={typed}")).await;
        assert_eq!(answer.status, 422, "{typed}");
    }
}

#[actix_web::test]
async fn a_list_does_not_go_there_but_says_what_does() {
    let refused = get("/first.json?n=-8").await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.json()["detail"],
        json!("“-8” has a minus sign. Counting starts at F(0): type 0 or a larger whole number.")
    );
    assert_eq!(refused.json()["instead"], json!(["/nth.json?n=-8"]));
    let page = get("/first?n=-8").await.body;
    assert!(page.contains(r#"<a href="/nth?n=-8">The single term F(-8)</a>"#));
}

#[actix_web::test]
async fn the_list_around_a_term_is_as_long_as_it_may_be() {
    for (n, query) in [
        ("0", Some("n=11")),
        ("3", Some("n=11")),
        ("100", Some("n=11&#38;from=95")),
        ("9999999", Some("n=3&#38;from=9999998")),
        ("10000000", None),
        ("50000000", None),
        ("-100", None),
    ] {
        let page = get(&format!("/nth?n={n}")).await.body;
        let link = query.map(|query| format!("<a href=\"/first?{query}\">the terms around it</a>"));
        assert!(link.is_none_or(|link| page.contains(&link)), "{n}");
        assert_eq!(page.contains("the terms around it"), query.is_some(), "{n}");
    }
}

#[actix_web::test]
async fn neighbours_cross_zero() {
    let page = get("/nth?n=-1").await.body;
    assert!(page.contains(r#"rel="prev" href="/nth?n=-2""#));
    assert!(page.contains(r#"rel="next" href="/nth?n=0""#));
    let page = get("/nth?n=0").await.body;
    assert!(page.contains(r#"rel="prev" href="/nth?n=-1""#));
    assert!(page.contains(r#"rel="next" href="/nth?n=1""#));
}

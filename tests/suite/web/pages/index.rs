//! Reverse lookup: find the index of a number.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use fibonacci::{Fibonacci, nth};
use serde_json::json;

use crate::support::in_process::{TestResponse, get, send};

#[actix_web::test]
async fn a_number_gets_its_index_or_the_terms_around_it() {
    for (of, sentence) in [
        ("0", "0 is F(0)"),
        ("1", "1 is F(1) and F(2)"),
        ("2", "2 is F(3)"),
        ("144", "144 is F(12)"),
        ("354224848179261915075", "354224848179261915075 is F(100)"),
        (
            "4",
            "4 is not a Fibonacci number: it lies between F(4) = 3 and F(5) = 5. 4 = 3 + 1 = F(4) + F(2)",
        ),
        (
            "150",
            "150 is not a Fibonacci number: it lies between F(12) = 144 and F(13) = 233. 150 = 144 + 5 + 1 = F(12) + F(5) + F(2)",
        ),
    ] {
        let text = get(&format!("/index.txt?of={of}")).await;
        assert_eq!((text.status, text.body), (200, format!("{sentence}\n")));
        let page = get(&format!("/index?of={of}")).await.body;
        let answer = match sentence.split_once(':') {
            None => format!("Yes: {sentence}"),
            Some((answer, _)) => format!("No: {answer}"),
        };
        assert!(page.contains(&format!("<h1>{answer}</h1>")), "{of}");
        assert!(page.contains(&format!("<title>{answer}")), "{of}");
    }
}

#[actix_web::test]
async fn a_fibonacci_number_links_to_its_neighbours() {
    for (of, before, after) in [("0", None, 1), ("1", Some(0), 3), ("144", Some(11), 13)] {
        let page = get(&format!("/index?of={of}")).await.body;
        let link = |rel, n| format!(r#"<a rel="{rel}" href="/nth?n={n}">F({n})</a>"#);
        assert!(before.is_none_or(|n| page.contains(&link("prev", n))), "{of}");
        assert_eq!(page.contains(r#"rel="prev""#), before.is_some(), "{of}");
        assert!(page.contains(&link("next", after)), "{of}");
    }
}

#[actix_web::test]
async fn the_json_result_has_the_indices_and_the_terms_around_the_number() {
    let lookup = async |of: &str| get(&format!("/index.json?of={of}")).await.json();
    assert_eq!(
        lookup("1").await,
        json!({"of": "1", "fibonacci": true, "indices": [1, 2], "below": null, "above": null, "zeckendorf": [2]})
    );
    assert_eq!(
        lookup("150").await,
        json!({
            "of": "150",
            "fibonacci": false,
            "indices": [],
            "below": {"n": 12, "value": "144"},
            "above": {"n": 13, "value": "233"},
            "zeckendorf": [12, 5, 2],
        })
    );
}

#[actix_web::test]
async fn every_term_is_found_at_its_index() {
    for (n, term) in (0..400).zip(Fibonacci::new()) {
        let expected = if n == 1 || n == 2 { json!([1, 2]) } else { json!([n]) };
        let response = get(&format!("/index.json?of={term}")).await.json();
        assert_eq!(response["indices"], expected, "F({n})");
    }
}

#[actix_web::test]
async fn a_number_that_differs_from_a_term_in_one_of_10_000_digits_is_not_a_term() {
    // The last term of 10,000 digits.
    let (n, term) = (47_847, nth(47_847).to_string());
    assert_eq!(term.len(), 10_000);
    let response = get(&format!("/index.json?of={term}")).await.json();
    assert_eq!(response["indices"], json!([n]));
    for position in [2, 5_000, 9_998, 9_999] {
        let mut other = term.clone().into_bytes();
        other[position] = if other[position] == b'5' { b'4' } else { b'5' };
        let larger = other.as_slice() > term.as_bytes();
        let other = String::from_utf8(other).expect("digits");
        let response = get(&format!("/index.json?of={other}")).await.json();
        assert_eq!(response["fibonacci"], json!(false), "{position}");
        let (below, above) = if larger { (n, n + 1) } else { (n - 1, n) };
        assert_eq!(response["below"]["n"], json!(below), "{position}");
        assert_eq!(response["above"]["n"], json!(above), "{position}");
        assert_eq!(response["above"]["value"], json!(nth(above).to_string()));
        let page = get(&format!("/index?of={other}")).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("is not a Fibonacci number"));
    }
}

#[actix_web::test]
async fn a_number_of_more_than_10_000_digits_is_refused() {
    let most = "9".repeat(10_000);
    assert_eq!(get(&format!("/index.txt?of={most}")).await.status, 200);
    assert_eq!(get(&format!("/index.txt?of=000{most}")).await.status, 200);
    let refused = get(&format!("/index.json?of={most}9")).await;
    assert_eq!(
        refused.json(),
        json!({
            "type": "/api#number-too-long",
            "title": "Number too long",
            "status": 422,
            "detail": "A number of 10,001 digits is too long. It can have at most \
                       10,000 digits.",
        })
    );
}

#[actix_web::test]
async fn the_number_is_parsed_like_any_other() {
    for (query, sentence) in [
        ("", "The request has no number to look up. Add one, as in ?of=144."),
        ("?n=144", "The request has no number to look up. Add one, as in ?of=144."),
        ("?of=", "No number was entered. Type a whole number, such as 10."),
        ("?of=1&of=2", "of is given twice. Keep only one, as in ?of=144."),
        ("?of=x", "“x” is not a whole number. Type one in digits, such as 10."),
        ("?of=-5", "“-5” is less than 0. Type 0 or a larger whole number."),
        ("?of=-5%20", "“-5” is less than 0. Type 0 or a larger whole number."),
        ("?of=F(12)", "“F(12)” is not a whole number. Type one in digits, such as 10."),
    ] {
        let text = get(&format!("/index.txt{query}")).await;
        assert_eq!((text.status, text.body), (422, format!("{sentence}\n")));
        let page = get(&format!("/index{query}")).await;
        assert_eq!(page.status, 422);
        assert!(
            page.body.contains(&format!(r#"<p class="problem" id="of-problem">{sentence}</p>"#))
        );
    }
    assert_eq!(get("/index.txt?of=+0144%09").await.body, "144 is F(12)\n");
    let refused = get("/index.json?of=-021").await.json();
    assert_eq!(refused["instead"], json!(["/index.json?of=21"]));
}

#[actix_web::test]
async fn a_page_reads_a_long_number_with_separators_without_a_redirect() {
    let term = nth(40_000).to_string();
    assert_eq!(term.len(), 8_360);
    let broken = term.as_bytes().chunks(76).collect::<Vec<_>>().join(&b"\n"[..]);
    let broken = String::from_utf8(broken).expect("digits");
    let plain = get(&format!("/index?of={term}")).await;
    let typed = get(&format!("/index?of={}", form_urlencoded(&broken))).await;
    assert_eq!((typed.status, &typed.body), (200, &plain.body));
    assert!(typed.body.contains(&format!(r#"value="{term}""#)));
    for (kind, body) in [(FORM, format!("of={}", form_urlencoded(&broken))), ("text/plain", broken)]
    {
        let posted = post("/index", kind, &body).await;
        assert_eq!((posted.status, &posted.body), (200, &plain.body));
        assert_eq!(post("/index.txt", kind, &body).await.status, 422);
    }
    // The number in a body has no address.
    assert_eq!(post("/index?of=1,000", FORM, "of=144").await.status, 200);
}

#[actix_web::test]
async fn a_number_that_is_too_long_for_an_address_is_refused_at_its_field() {
    let digits = "1".repeat(20_000);
    let sentence = "The number is too long. No number here can have more than 10,000 digits.";
    for (path, id) in [
        ("/index?of", "of-problem"),
        ("/nth?n", "problem"),
        ("/first?n", "problem"),
        ("/first?upto", "upto-problem"),
        ("/nth?n=10&mod", "mod-problem"),
    ] {
        let page = get(&format!("{path}={digits}")).await;
        assert_eq!(page.status, 414);
        for part in [
            format!("<title>Problem: {sentence}"),
            "<h1>Address too long</h1>".to_owned(),
            format!(r#"<p class="problem" id="{id}">{sentence}</p>"#),
            format!(r#"value="{digits}""#),
        ] {
            assert!(page.body.contains(&part), "no {} on {path}", &part[..part.len().min(100)]);
        }
        let problem = get(&format!("{}={digits}", path.replace('?', ".json?"))).await.json();
        assert_eq!(problem["type"], json!("/api#address-too-long"));
        assert_eq!(problem["detail"], json!(sentence));
    }
    let page = get(&format!("/?x={digits}")).await;
    assert!(page.body.contains("<p>The address is too long. Use a shorter one.</p>"));
}

#[actix_web::test]
async fn the_etag_and_the_file_name_of_a_long_number_fit_a_header() {
    let of = "7".repeat(10_000);
    let response = get(&format!("/index.txt?of={of}&download")).await;
    let other = get(&format!("/index.txt?of={of}8")).await;
    assert_eq!(other.status, 422);
    assert!(response.header("etag").len() < 150);
    assert!(response.header("content-disposition").len() < 150);
    let shorter = get(&format!("/index.txt?of={}", &of[1..])).await;
    assert_ne!(response.header("etag"), shorter.header("etag"));
}

/// `POST path` with this body, of this type.
async fn post(path: &str, kind: &str, body: &str) -> TestResponse {
    let request = TestRequest::with_uri(path).method(Method::POST).set_payload(body.to_owned());
    let request = request.append_header(("content-length", body.len()));
    send(request.append_header(("content-type", kind))).await
}

const FORM: &str = "application/x-www-form-urlencoded";

#[actix_web::test]
async fn a_number_in_the_body_of_a_post_gets_the_same_result_but_is_not_cached() {
    let term = nth(47_847).to_string();
    assert_eq!(term.len(), 10_000);
    for number in ["144", "150", " 0144\n", &term] {
        for path in ["/index", "/index.txt", "/index.json"] {
            let query = number.trim().trim_start_matches('0');
            let expected = get(&format!("{path}?of={query}")).await;
            let form = form_urlencoded(number);
            for (kind, body) in [
                (FORM, format!("of={form}")),
                ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", format!("x=&of={form}&y")),
                ("text/plain", number.to_owned()),
                ("text/plain;charset=UTF-8", number.to_owned()),
            ] {
                let response = post(path, kind, &body).await;
                assert_eq!((response.status, &response.body), (200, &expected.body), "{kind}");
                assert_eq!(response.header("content-type"), expected.header("content-type"));
                assert_eq!(response.header("cache-control"), "no-store");
                assert_eq!(response.optional_header("etag"), None);
            }
        }
    }
}

/// The text as a value in a form.
fn form_urlencoded(text: &str) -> String {
    text.replace(' ', "+").replace('\n', "%0A")
}

#[actix_web::test]
async fn a_body_without_one_valid_number_is_refused_with_the_reason() {
    let too_long = "The request body is too long. It can be a number of at most 10,000 digits.\n";
    let other_type = "The request body has the wrong type. Send the number as text/plain, or as a form: of=144.\n";
    for (kind, body, status, sentence) in [
        (FORM, "of=1,000", 422, "“1,000” is not in plain digits. Write it as 1000.\n"),
        (FORM, "n=144", 422, "The request has no number to look up. Add one, as in ?of=144.\n"),
        (FORM, "of=1&of=2", 422, "of is given twice. Keep only one, as in ?of=144.\n"),
        ("text/plain", "", 422, "No number was entered. Type a whole number, such as 10.\n"),
        (
            "text/plain",
            "of=144",
            422,
            "“of=144” is not a whole number. Type one in digits, such as 10.\n",
        ),
        (
            "text/plain",
            &"1".repeat(10_001),
            422,
            "A number of 10,001 digits is too long. It can have at most 10,000 digits.\n",
        ),
        ("text/plain", &"1".repeat(16_385), 413, too_long),
        ("application/json", "{\"of\":\"144\"}", 415, other_type),
        ("text/plainer", "144", 415, other_type),
    ] {
        let response = post("/index.txt", kind, body).await;
        assert_eq!((response.status, response.body.as_str()), (status, sentence), "{kind} {body}");
    }
    let problem = post("/index.json", "text/plain", "x").await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    let page = post("/index", FORM, "of=%3Cb%3E").await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("“&#60;b&#62;” is not a whole number."), "{}", page.body);
}

#[actix_web::test]
async fn every_number_is_a_sum_of_terms_that_are_no_neighbours() {
    let long = "1234567890".repeat(1_000);
    for number in ["0", "4", "100", "1000000", "354224848179261915074", &long] {
        let found = get(&format!("/index.json?of={number}")).await.json();
        let indices: Vec<u64> = found["zeckendorf"]
            .as_array()
            .expect("indices")
            .iter()
            .map(|index| index.as_u64().expect("an index"))
            .collect();
        assert!(indices.windows(2).all(|pair| pair[0] > pair[1] + 1), "{indices:?}");
        let sum: num_bigint::BigUint = indices.iter().map(|index| nth(*index)).sum();
        assert!(sum.to_string() == number, "{indices:?}");
    }
    let text = get(&format!("/index.txt?of={long}")).await.body;
    assert!(text.contains(" = F(478"), "{}", &text[text.len() - 200..]);
    let page = get(&format!("/index?of={long}")).await.body;
    assert!(
        page.contains("<dt>As a sum of terms</dt><dd>F(47,8")
            && page.contains(" terms in all</dd>")
    );
    assert!(page.len() < 60_000, "{}", page.len());
}

#[actix_web::test]
async fn the_page_of_a_long_number_has_all_of_its_digits_and_forms_for_text_and_json() {
    let (term, other) = (nth(20_000).to_string(), "7".repeat(4_000));
    for (number, values) in [(&term, 1), (&other, 3)] {
        let page = get(&format!("/index?of={number}")).await.body;
        assert!(page.contains(&format!("<span class=\"digits\">{number}</span>")));
        assert_eq!(page.matches("<dt>Your number</dt>").count(), 1);
        assert_eq!(page.matches("class=\"value long").count(), values);
        assert!(!page.contains("/index.json?of="));
        for format in ["txt", "json"] {
            assert!(page.contains(&format!("formmethod=\"post\" formaction=\"/index.{format}\">")));
            let answer = post(&format!("/index.{format}"), FORM, &format!("of={number}")).await;
            assert_eq!(answer.status, 200);
            assert!(answer.body.contains(number));
        }
    }
}

#[actix_web::test]
async fn the_page_says_why_a_number_is_a_term_or_is_not() {
    for (of, reason) in [
        ("0", "5 × 0² + 4 = 2²"),
        ("1", "5 × 1² + 4 = 3²"),
        ("2", "5 × 2² − 4 = 4²"),
        ("144", "5 × 144² + 4 = 322²"),
        ("233", "5 × 233² − 4 = 521²"),
        ("150", "Neither 5 × 150² + 4 nor 5 × 150² − 4 is a square"),
    ] {
        let page = get(&format!("/index?of={of}")).await.body;
        assert!(page.contains(&format!("<dt>Why</dt><dd>{reason}")), "{of}: {page}");
    }
}

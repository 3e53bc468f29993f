//! Every kind of invalid number, in every representation, for GET and HEAD; and numbers that pages read as they
//! are meant.

use actix_web::http::Method;
use form_urlencoded::byte_serialize;
use proptest::prelude::*;
use serde_json::json;

use crate::support::cases;
use crate::support::in_process::{TestResponse, get, request};

/// The query, the value that the field keeps, and the error message, on every path.
#[rustfmt::skip]
const REFUSED: &[(&str, &str, &str)] = &[
    ("", "", "The address has no n. Add a whole number to it, as in ?n=10."),
    ("?", "", "The address has no n. Add a whole number to it, as in ?n=10."),
    ("?N=10", "", "The address has no n. Add a whole number to it, as in ?n=10."),
    ("?page=2", "", "The address has no n. Add a whole number to it, as in ?n=10."),
    ("?n", "", "No number was entered. Type a whole number, such as 10."),
    ("?n=", "", "No number was entered. Type a whole number, such as 10."),
    ("?n=+%20%09", "  \t", "No number was entered. Type a whole number, such as 10."),
    ("?n=%C2%A0", "\u{A0}", "No number was entered. Type a whole number, such as 10."),
    ("?n=%E2%80%8B", "\u{200B}", "No number was entered. Type a whole number, such as 10."),
    ("?n=1&n=2", "1", "n is given twice. Keep only one, as in ?n=10."),
    ("?n=5&n=5&n=", "5", "n is given 3 times. Keep only one, as in ?n=10."),
    ("?n=1,000&n=2", "1,000", "n is given twice. Keep only one, as in ?n=10."),
    ("?n=abc", "abc", "“abc” is not a whole number. Type one in digits, such as 10."),
    ("?n=10abc", "10abc", "“10abc” is not a whole number. Type one in digits, such as 10."),
    ("?n=ten", "ten", "“ten” is not a whole number. Type one in digits, such as 10."),
    ("?n=--5", "--5", "“--5” is not a whole number. Type one in digits, such as 10."),
    ("?n=-", "-", "“-” is not a whole number. Type one in digits, such as 10."),
    ("?n=.", ".", "“.” is not a whole number. Type one in digits, such as 10."),
    ("?n=e", "e", "“e” is not a whole number. Type one in digits, such as 10."),
    ("?n=1e", "1e", "“1e” is not a whole number. Type one in digits, such as 10."),
    ("?n=1e%2B%2B5", "1e++5", "“1e++5” is not a whole number. Type one in digits, such as 10."),
    ("?n=NaN", "NaN", "“NaN” is not a whole number. Type one in digits, such as 10."),
    ("?n=1..5", "1..5", "“1..5” is not a whole number. Type one in digits, such as 10."),
    ("?n=1,2,3", "1,2,3", "“1,2,3” is not a whole number. Type one in digits, such as 10."),
    ("?n=192.168.1.1", "192.168.1.1", "“192.168.1.1” is not a whole number. Type one in digits, such as 10."),
    ("?n=0x", "0x", "“0x” is not a whole number. Type one in digits, such as 10."),
    ("?n=%C2%BDx", "½x", "“½x” is not a whole number. Type one in digits, such as 10."),
    ("?n=%00", "\u{FFFD}", "“\u{FFFD}” is not a whole number. Type one in digits, such as 10."),
    ("?n=%FF", "\u{FFFD}", "“\u{FFFD}” is not a whole number. Type one in digits, such as 10."),
    ("?n=x%0A2%E2%80%AE", "x\n2\u{202E}", "“x 2\u{FFFD}” is not a whole number. Type one in digits, such as 10."),
    ("?n=1.5", "1.5", "“1.5” is not a whole number. Type one without a fraction, such as 10."),
    ("?n=-1.5", "-1.5", "“-1.5” is not a whole number. Type one without a fraction, such as 10."),
    ("?n=1,5", "1,5", "“1,5” is not a whole number. Type one without a fraction, such as 10."),
    ("?n=1/2", "1/2", "“1/2” is not a whole number. Type one without a fraction, such as 10."),
    ("?n=1e-3", "1e-3", "“1e-3” is not a whole number. Type one without a fraction, such as 10."),
    ("?n=1.000.000,5", "1.000.000,5", "“1.000.000,5” is not a whole number. Type one without a fraction, such as 10."),
    ("?n=10.", "10.", "“10.” is not in plain digits. If you mean 10, write it as 10."),
    ("?n=10.0", "10.0", "“10.0” is not in plain digits. If you mean 10, write it as 10."),
    ("?n=1,000.00", "1,000.00", "“1,000.00” is not in plain digits. If you mean 1000, write it as 1000."),
    ("?n=10k", "10k", "“10k” is not in plain digits. If you mean 10000, write it as 10000."),
    ("?n=0x10", "0x10", "“0x10” is not in plain digits. If you mean 16, write it as 16."),
    ("?n=0XfF", "0XfF", "“0XfF” is not in plain digits. If you mean 255, write it as 255."),
    ("?n=0b11", "0b11", "“0b11” is not in plain digits. If you mean 3, write it as 3."),
    ("?n=1.000", "1.000", "“1.000” may mean 1000 or 1. Write the one you mean in plain digits."),
    ("?n=1,0000", "1,0000", "“1,0000” may mean 10000 or 1. Write the one you mean in plain digits."),
    ("?n=18446744073709551616", "18446744073709551616", "A number of 20 digits is too large. The largest possible is 18446744073709551615."),
    ("?n=000100000000000000000000", "000100000000000000000000", "A number of 21 digits is too large. The largest possible is 18446744073709551615."),
    ("?n=1e30", "1e30", "A number of 31 digits is too large. The largest possible is 18446744073709551615."),
    ("?n=1e10000", "1e10000", "“1e10000” has more than 10,000 digits, which is too long. Type a smaller number."),
];

/// Texts that pages read, and what they mean. For scripts, they are not in plain digits.
const READ_BY_PAGES: &[(&str, u64)] = &[
    ("1,000", 1000),
    ("1 000", 1000),
    ("1\u{A0}000", 1000),
    ("1_000", 1000),
    ("1'000", 1000),
    ("1,00,000", 100_000),
    ("1.000.000", 1_000_000),
    ("+5", 5),
    ("-0", 0),
    ("１０", 10),
    ("١٠", 10),
    ("1e6", 1_000_000),
    ("10^6", 1_000_000),
    ("10⁶", 1_000_000),
    ("F(100)", 100),
    ("100th", 100),
    ("\u{FEFF}5", 5),
    ("5\u{200B}", 5),
];

/// A text as a value in a query.
fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// Asserts that a page redirects to this address, for GET and HEAD, and that it does not redirect again.
async fn assert_redirects(path: &str, target: &str) {
    for method in [Method::GET, Method::HEAD] {
        let response = request(method.clone(), path).await;
        assert_eq!((response.status, response.header("location")), (303, target), "{path}");
        assert_eq!(response.header("cache-control"), "no-store");
        assert_ne!(request(method, target).await.status, 303, "{target}");
    }
}

#[actix_web::test]
async fn a_page_redirects_what_can_only_mean_one_number_to_its_address() {
    for (typed, meant) in READ_BY_PAGES {
        for path in ["/first", "/nth"] {
            assert_redirects(&format!("{path}?n={}", encoded(typed)), &format!("{path}?n={meant}"))
                .await;
        }
    }
    for (path, target) in [
        ("/nth?n=007", "/nth?n=7"),
        ("/nth?n=+5", "/nth?n=5"),
        ("/nth?n=%E2%88%92+5&utm_source=mail", "/nth?n=-5"),
        ("/nth?n=-1,000", "/nth?n=-1000"),
        ("/nth?n=-1e3", "/nth?n=-1000"),
        ("/nth?n=1,000&show=nth", "/nth?n=1000"),
        ("/first?n=1,000&show=nth", "/nth?n=1000"),
        ("/first?n=1,000&from=2,000&page=%EF%BC%91", "/first?n=1000&from=2000&page=1"),
        ("/first?from=1e3&n=5", "/first?from=1000&n=5"),
        ("/first?n=1e6", "/first?n=1000000"),
        ("/index?of=1,597", "/index?of=1597"),
        ("/index?of=%22144%22", "/index?of=144"),
        ("/index?of=00144", "/index?of=144"),
        ("/nth?n=F(100)&mod=1,000", "/nth?n=100&mod=1000"),
        ("/first?upto=1e3", "/first?upto=1000"),
    ] {
        assert_redirects(path, target).await;
    }
    // A repeated number is an error, and none of its values is computed.
    assert_eq!(get("/first?n=5&page=1,000&page=1").await.status, 404);
    // The notation of an index is none of a number.
    assert_eq!(get("/nth?n=100&mod=F(10)").await.status, 422);
    // What is in plain digits is not redirected, and the other parameters stay.
    for path in
        ["/nth?n=5&utm_source=mail", "/nth?n=%35", "/first?n=5&from=0&page=1", "/index?of=5"]
    {
        assert_eq!(get(path).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn a_query_that_is_long_in_plain_digits_gets_its_page_without_a_redirect() {
    // Proxies limit the headers of responses.
    for (path, part) in [
        ("/nth?n=10^9999&mod=7", "mod 7"),
        ("/first?upto=10^9999", "List too long"),
        ("/index?of=10^9999", "10,000 digits"),
    ] {
        let response = get(path).await;
        assert_ne!(response.status, 303, "{path}");
        assert!(response.body.contains(part), "{path}: {}", response.body);
    }
    let junk = "1,".repeat(2_000);
    for path in ["/nth?n=1,000&digit=", "/first?n=1,000&page="] {
        assert_eq!(get(&format!("{path}{junk}")).await.status, 404, "{path}");
    }
    assert_redirects(&format!("/first?n=1,000&show=nth&x={junk}"), "/nth?n=1000").await;
    assert_redirects(&format!("/first?n=1000&show=nth&x={junk}"), "/nth?n=1000").await;
    assert_eq!(get(&format!("/first?n={junk}&show=nth")).await.status, 422);
}

#[actix_web::test]
async fn a_script_gets_an_error_for_what_is_not_in_plain_digits() {
    for (typed, meant) in READ_BY_PAGES {
        // An invisible character is marked.
        let shown = typed.replace(['\u{200B}', '\u{FEFF}'], "\u{FFFD}").replace('\u{A0}', " ");
        let sentence = format!("“{shown}” is not in plain digits. Write it as {meant}.");
        for path in ["/first.txt", "/first.csv", "/first.svg", "/nth.txt"] {
            let path = format!("{path}?n={}", encoded(typed));
            if path.starts_with("/nth") && *typed == "-0" {
                continue;
            }
            let response = get(&path).await;
            assert_eq!((response.status, response.body), (422, format!("{sentence}\n")), "{path}");
        }
    }
    let response = get("/nth.txt?n=%E2%88%925").await;
    assert_eq!(response.body, "“−5” is not in plain digits. Write it as -5.\n");
}

#[actix_web::test]
async fn a_list_of_fewer_than_0_terms_is_refused() {
    let sentence = "A list can't have fewer than 0 terms. Type 0 or a larger whole number.";
    for typed in ["-5", "−5", "-1,000", "－５"] {
        let query = format!("n={}", encoded(typed));
        assert_page_refuses(&get(&format!("/first?{query}")).await, typed, sentence);
        assert_eq!(get(&format!("/first.txt?{query}")).await.body, format!("{sentence}\n"));
    }
    let page = get("/first?n=%E2%88%925").await.body;
    assert!(page.contains(r#"<a href="/nth?n=-5">F(−5) on its own</a>"#), "{page}");
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_redirect_leads_to_a_page_that_does_not_redirect(
        typed in r"[-−+ \u{A0}0-9０-９,.'_e^×Fth()²k\u{200B}]{0,8}|\PC{0,8}",
        other in r"[0-9,. ]{0,5}",
    ) {
        actix_web::rt::System::new().block_on(async {
            let (typed, other) = (encoded(&typed), encoded(&other));
            for path in [
                format!("/nth?n={typed}"),
                format!("/first?n={other}&from={typed}"),
                format!("/first?n={typed}&page={other}"),
                format!("/index?of={typed}&n={other}"),
            ] {
                let response = get(&path).await;
                assert!(matches!(response.status, 200 | 303 | 404 | 422), "{path}");
                if response.status == 303 {
                    let target = response.header("location");
                    assert_ne!(get(target).await.status, 303, "{target}");
                }
            }
        });
    }
}

/// Escapes a text as Askama does.
fn escape_html(text: &str) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        match char {
            '"' => escaped.push_str("&#34;"),
            '&' => escaped.push_str("&#38;"),
            '\'' => escaped.push_str("&#39;"),
            '<' => escaped.push_str("&#60;"),
            '>' => escaped.push_str("&#62;"),
            char => escaped.push(char),
        }
    }
    escaped
}

/// Asserts that the page keeps the input and shows the error message at its field.
fn assert_page_refuses(response: &TestResponse, input: &str, message: &str) {
    assert_eq!(response.status, 422);
    assert_eq!(response.header("content-type"), "text/html; charset=utf-8");
    let (input, message) = (escape_html(input), escape_html(message));
    for part in [
        format!("<title>Problem: {message}"),
        format!(r#"<p class="problem" id="problem">{message}</p>"#),
        format!(r#"<input id="n" name="n" value="{input}" "#),
        r#" aria-invalid="true" aria-describedby="problem n-hint""#.to_owned(),
    ] {
        assert!(response.body.contains(&part), "no {part} in {}", response.body);
    }
}

#[actix_web::test]
async fn a_page_keeps_the_input_and_shows_the_error_at_its_field() {
    for (query, input, message) in REFUSED {
        for path in ["/first", "/nth"] {
            for method in [Method::GET, Method::HEAD] {
                let response = request(method, &format!("{path}{query}")).await;
                assert_page_refuses(&response, input, message);
            }
        }
    }
}

#[actix_web::test]
async fn an_error_as_text_is_one_line() {
    for (query, _, message) in REFUSED {
        for path in ["/first.txt", "/nth.txt"] {
            for method in [Method::GET, Method::HEAD] {
                let response = request(method, &format!("{path}{query}")).await;
                assert_eq!(response.status, 422, "{query}");
                assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
                assert_eq!(response.body, format!("{message}\n"));
                assert_eq!(response.body.lines().count(), 1);
            }
        }
    }
}

#[actix_web::test]
async fn an_error_as_json_is_a_problem_object() {
    for (query, _, message) in REFUSED {
        for path in ["/first.json", "/nth.json"] {
            for method in [Method::GET, Method::HEAD] {
                let response = request(method, &format!("{path}{query}")).await;
                assert_eq!(response.status, 422, "{query}");
                assert_eq!(response.header("content-type"), "application/problem+json");
                let mut problem = response.json();
                // The suggestion, if any, has its own test.
                let fields = problem.as_object_mut().expect("an object");
                fields.remove("instead");
                assert_eq!(
                    problem,
                    json!({
                        "type": "/api#invalid-number",
                        "title": "Invalid number",
                        "status": 422,
                        "detail": message,
                    })
                );
            }
        }
    }
}

#[actix_web::test]
async fn a_count_past_the_limit_is_refused_with_its_size() {
    let message = "The first 20,000 terms would be about 41.8\u{A0}MB of text. \
                    A list can have at most 10,000 terms (10.5\u{A0}MB).";
    let text = get("/first.txt?n=20000").await;
    assert_eq!((text.status, text.body), (422, format!("{message}\n")));
    let json = get("/first.json?n=20000").await;
    assert_eq!((json.status, &json.json()["detail"]), (422, &json!(message)));
    let instead = json!(["/first.json?n=10000", "/nth.json?n=20000"]);
    assert_eq!(json.json()["instead"], instead);
    assert_page_refuses(&get("/first?n=20000").await, "20000", message);
}

#[actix_web::test]
async fn a_term_past_the_limit_is_refused_as_text_with_its_number_of_digits() {
    let response = get("/nth.txt?n=20000000").await;
    assert_eq!(response.status, 422);
    assert_eq!(
        response.body,
        "F(20,000,000) has 4,179,753 digits. Plain text is available up to n = 10,000,000 (2,089,877 \
         digits). The page and .json have its first and last digits.\n"
    );
}

#[actix_web::test]
async fn the_largest_64_bit_number_is_refused_with_the_size_of_its_result() {
    assert_eq!(
        get("/first.txt?n=18446744073709551615").await.body,
        "The first 18,446,744,073,709,551,615 terms would be about \
         3.6 × 10^37\u{A0}bytes of text. A list can have at most 10,000 terms (10.5\u{A0}MB).\n"
    );
    assert_eq!(
        get("/nth.txt?n=18446744073709551615").await.body,
        "F(18,446,744,073,709,551,615) has 3,855,141,514,259,838,963 digits. \
         Plain text is available up to n = 10,000,000 (2,089,877 digits). The page and .json have \
         its first and last digits.\n"
    );
}

#[actix_web::test]
async fn limits_are_exact() {
    for (path, limit) in [("/first.txt", 10_000u64), ("/nth.txt", 10_000_000)] {
        assert_eq!(get(&format!("{path}?n={limit}")).await.status, 200);
        assert_eq!(get(&format!("{path}?n={}", limit + 1)).await.status, 422);
        assert_eq!(get(&format!("{path}?n={}", u64::MAX)).await.status, 422);
    }
}

#[actix_web::test]
async fn input_is_escaped_in_html() {
    for path in ["/first", "/nth", "/nowhere"] {
        let response =
            get(&format!("{path}?n=%22%3E%3Cscript%3Ealert(1)%3C/script%3E'%26amp;")).await;
        assert!(!response.body.contains("<script"), "{}", response.body);
        assert!(response.body.contains(
            r#"value="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#39;&#38;amp;""#
        ));
    }
}

#[actix_web::test]
async fn long_input_is_kept_in_the_field_and_truncated_in_the_message() {
    let input = "x".repeat(16_000);
    let message =
        format!("“{}…” is not a whole number. Type one in digits, such as 10.", "x".repeat(40));
    assert_page_refuses(&get(&format!("/nth?n={input}")).await, &input, &message);
    let digits = "9".repeat(16_000);
    assert_eq!(
        get(&format!("/nth.txt?n={digits}")).await.body,
        "A number of 16,000 digits is too large. The largest possible is 18446744073709551615.\n"
    );
}

#[actix_web::test]
async fn a_page_number_that_the_list_does_not_have_is_not_found() {
    for (query, message) in [
        ("n=10&page=2", "This list has only one page. Remove page from the address."),
        ("n=0&page=2", "This list has only one page. Remove page from the address."),
        ("n=10000&page=101", "This list has pages 1 to 100. Choose one of them."),
        ("n=10000&page=0", "This list has pages 1 to 100. Choose one of them."),
        ("n=10000&page=", "This list has pages 1 to 100. Choose one of them."),
        ("n=10000&page=x", "This list has pages 1 to 100. Choose one of them."),
        ("n=10000&page=1&page=1", "This list has pages 1 to 100. Choose one of them."),
    ] {
        let response = get(&format!("/first?{query}")).await;
        assert_eq!(response.status, 404, "{query}");
        assert!(response.body.contains(&format!("<p>{message}</p>")), "{query}");
        // The error is not in the number.
        assert!(!response.body.contains("aria-invalid"), "{query}");
    }
}

#[actix_web::test]
async fn an_error_suggests_the_url_that_was_probably_meant() {
    for (path, instead) in [
        ("/nth.json?n=1,000", "/nth.json?n=1000"),
        ("/nth.json?n=1e3&x=y", "/nth.json?n=1000"),
        ("/nth.json?n=0x10", "/nth.json?n=16"),
        ("/nth.json?n=0o17", "/nth.json?n=15"),
        ("/nth.json?n=0b11", "/nth.json?n=3"),
        ("/nth.json?n=%2B7", "/nth.json?n=7"),
        ("/nth.json?n=%E2%88%928", "/nth.json?n=-8"),
        ("/first.json?n=1e3", "/first.json?n=1000"),
        ("/first.json?%6e=1e3&page=7", "/first.json?n=1000"),
        ("/first.json?n=5&from=1e3", "/first.json?n=5&from=1000"),
        ("/first.json?n=1e6", "/first.json?n=10000"),
        ("/first.json?n=-8", "/nth.json?n=-8"),
        ("/first.json?n=5&from=-7", "/first.json?n=5&from=7"),
        ("/nth.json?n=F(100)", "/nth.json?n=100"),
        ("/nth.json?n=12.0", "/nth.json?n=12"),
        ("/nth.json?n=10k", "/nth.json?n=10000"),
        ("/nth.json?n=-1e30", "/nth.json?n=-18446744073709551615"),
        ("/index.json?of=1.5e3", "/index.json?of=1500"),
        ("/index.json?of=F(100)", "/nth.json?n=100"),
        ("/nth.json?n=10k&mod=7", "/nth.json?mod=7&n=10000"),
        ("/nth.json?n=7&mod=1e3", "/nth.json?n=7&mod=1000"),
        ("/first.json?upto=1e3", "/first.json?upto=1000"),
        ("/first.json?upto=1000&from=1e1", "/first.json?upto=1000&from=10"),
        ("/first.json?UPTO=1000", "/first.json?upto=1000"),
        ("/first.json?n=5&upto=1e3", "/first.json?upto=1000"),
        ("/first.json?N=5&from=7", "/first.json?from=7&n=5"),
    ] {
        let refused = get(path).await;
        assert_eq!(refused.status, 422, "{path}");
        assert_eq!(refused.json()["instead"], json!([instead]), "{path}");
        assert_eq!(get(instead).await.status, 200, "{instead}");
    }
    let both = get("/nth.json?n=1.000").await;
    assert_eq!(both.json()["instead"], json!(["/nth.json?n=1000", "/nth.json?n=1"]));
    let nines = "9".repeat(9_000);
    for path in [
        "/nth.json?n=x".to_owned(),
        "/nth.json?n=1e10000".to_owned(),
        "/first.json?n=-18446744073709551616".to_owned(),
        format!("/first.json?n=-{nines}"),
        "/nth.json?n=0,123".to_owned(),
        // Another number is wrong, too.
        "/nth.json?n=1.000&mod=0".to_owned(),
        "/nth.json?n=10k&mod=1.000".to_owned(),
        "/nth.json?n=5&mod=1e30".to_owned(),
        "/first.json?n=5.0&from=1.000".to_owned(),
        "/first.json?n=5.0&from=10000000000".to_owned(),
        format!("/first.json?upto={nines}."),
        "/first.json?UPTO=5&n=x".to_owned(),
        "/nth.json?UPTO=5".to_owned(),
    ] {
        let refused = get(&path).await;
        assert_eq!(refused.json().get("instead"), None, "{path}");
    }
}

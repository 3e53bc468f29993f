//! Every kind of invalid number, in every representation, for GET and HEAD.

use actix_web::http::Method;
use serde_json::json;

use crate::support::in_process::{TestResponse, get, request};

/// The query, the value that the field keeps, and the error message.
#[rustfmt::skip]
const CASES: [(&str, &str, &str); 68] = [
    ("", "", "The address has no n. Add a whole number to it, as in ?n=10."),
    ("?", "", "The address has no n. Add a whole number to it, as in ?n=10."),
    ("?N=10", "", "The address has no n. Add a whole number to it, as in ?n=10."),
    ("?page=2", "", "The address has no n. Add a whole number to it, as in ?n=10."),
    ("?n", "", "No number was entered. Type a whole number, such as 10."),
    ("?n=", "", "No number was entered. Type a whole number, such as 10."),
    ("?n=+%20%09", "  \t", "No number was entered. Type a whole number, such as 10."),
    ("?n=1&n=2", "1", "The address has n 2 times. Keep one of them, as in ?n=10."),
    ("?n=5&n=5&n=", "5", "The address has n 3 times. Keep one of them, as in ?n=10."),
    ("?n=abc", "abc", "“abc” is not a whole number. Type digits only, such as 10."),
    ("?n=10abc", "10abc", "“10abc” is not a whole number. Type digits only, such as 10."),
    ("?n=ten", "ten", "“ten” is not a whole number. Type digits only, such as 10."),
    ("?n=--5", "--5", "“--5” is not a whole number. Type digits only, such as 10."),
    ("?n=-", "-", "“-” is not a whole number. Type digits only, such as 10."),
    ("?n=-1.5", "-1.5", "“-1.5” is not a whole number. Type digits only, such as 10."),
    ("?n=.", ".", "“.” is not a whole number. Type digits only, such as 10."),
    ("?n=10.", "10.", "“10.” is not a whole number. Type digits only, such as 10."),
    ("?n=e", "e", "“e” is not a whole number. Type digits only, such as 10."),
    ("?n=1e", "1e", "“1e” is not a whole number. Type digits only, such as 10."),
    ("?n=1e%2B%2B5", "1e++5", "“1e++5” is not a whole number. Type digits only, such as 10."),
    ("?n=1e%2B-5", "1e+-5", "“1e+-5” is not a whole number. Type digits only, such as 10."),
    ("?n=NaN", "NaN", "“NaN” is not a whole number. Type digits only, such as 10."),
    ("?n=1..5", "1..5", "“1..5” is not a whole number. Type digits only, such as 10."),
    ("?n=1,2,3", "1,2,3", "“1,2,3” is not a whole number. Type digits only, such as 10."),
    ("?n=12+34", "12 34", "“12 34” is not a whole number. Type digits only, such as 10."),
    ("?n=192.168.1.1", "192.168.1.1", "“192.168.1.1” is not a whole number. Type digits only, such as 10."),
    ("?n=1,00,000", "1,00,000", "“1,00,000” is not a whole number. Type digits only, such as 10."),
    ("?n=0x", "0x", "“0x” is not a whole number. Type digits only, such as 10."),
    ("?n=0xyz", "0xyz", "“0xyz” is not a whole number. Type digits only, such as 10."),
    ("?n=%C2%BDx", "½x", "“½x” is not a whole number. Type digits only, such as 10."),
    ("?n=%00", "\u{FFFD}", "“\u{FFFD}” is not a whole number. Type digits only, such as 10."),
    ("?n=%FF", "\u{FFFD}", "“\u{FFFD}” is not a whole number. Type digits only, such as 10."),
    ("?n=1%0A2%E2%80%AE", "1\n2\u{202E}", "“1 2\u{FFFD}” is not a whole number. Type digits only, such as 10."),
    ("?n=%C2%A05", "\u{A0}5", "“ 5” is not a whole number. Type digits only, such as 10."),
    ("?n=-5", "-5", "“-5” has a minus sign. Counting starts at F(0): type 0 or a larger whole number."),
    ("?n=-0", "-0", "“-0” has a minus sign. Counting starts at F(0): type 0 or a larger whole number."),
    ("?n=%E2%88%925", "−5", "“−5” has a minus sign. Counting starts at F(0): type 0 or a larger whole number."),
    ("?n=%2B5", "+5", "“+5” has a plus sign. Type the digits alone, such as 10."),
    ("?n=1.5", "1.5", "“1.5” has a decimal point or comma. Type a whole number, such as 10."),
    ("?n=1,5", "1,5", "“1,5” has a decimal point or comma. Type a whole number, such as 10."),
    ("?n=10.0", "10.0", "“10.0” has a decimal point or comma. Type a whole number, such as 10."),
    ("?n=1.000", "1.000", "“1.000” has a decimal point or comma. Type a whole number, such as 10."),
    ("?n=1,0000", "1,0000", "“1,0000” has a decimal point or comma. Type a whole number, such as 10."),
    ("?n=1,000.00", "1,000.00", "“1,000.00” has a decimal point or comma. Type a whole number, such as 10."),
    ("?n=1.000.000,5", "1.000.000,5", "“1.000.000,5” has a decimal point or comma. Type a whole number, such as 10."),
    ("?n=1+000,50", "1 000,50", "“1 000,50” has a decimal point or comma. Type a whole number, such as 10."),
    ("?n=1000,000", "1000,000", "“1000,000” has a decimal point or comma. Type a whole number, such as 10."),
    ("?n=1e6", "1e6", "“1e6” is in scientific notation. Type all of its digits, such as 1000."),
    ("?n=1.5E%2B3", "1.5E+3", "“1.5E+3” is in scientific notation. Type all of its digits, such as 1000."),
    ("?n=1e-3", "1e-3", "“1e-3” is in scientific notation. Type all of its digits, such as 1000."),
    ("?n=1_000", "1_000", "“1_000” has separators between its digits. Type the digits alone: “1000”."),
    ("?n=1_0", "1_0", "“1_0” has separators between its digits. Type the digits alone: “10”."),
    ("?n=1,000", "1,000", "“1,000” has separators between its digits. Type the digits alone: “1000”."),
    ("?n=1+000", "1 000", "“1 000” has separators between its digits. Type the digits alone: “1000”."),
    ("?n=1+000+000", "1 000 000", "“1 000 000” has separators between its digits. Type the digits alone: “1000000”."),
    ("?n=1'000", "1'000", "“1'000” has separators between its digits. Type the digits alone: “1000”."),
    ("?n=1.000.000", "1.000.000", "“1.000.000” has separators between its digits. Type the digits alone: “1000000”."),
    ("?n=001,000", "001,000", "“001,000” has separators between its digits. Type the digits alone: “1000”."),
    ("?n=1%C2%A0000", "1\u{A0}000", "“1 000” has separators between its digits. Type the digits alone: “1000”."),
    ("?n=0x10", "0x10", "“0x10” is not in decimal. Type the number with the digits 0 to 9, such as 10."),
    ("?n=0XfF", "0XfF", "“0XfF” is not in decimal. Type the number with the digits 0 to 9, such as 10."),
    ("?n=0b11", "0b11", "“0b11” is not in decimal. Type the number with the digits 0 to 9, such as 10."),
    ("?n=0o7", "0o7", "“0o7” is not in decimal. Type the number with the digits 0 to 9, such as 10."),
    ("?n=%D9%A1%D9%A0", "١٠", "“١٠” is not written with the digits 0 to 9. Type it with those, such as 10."),
    ("?n=%EF%BC%91%EF%BC%90", "１０", "“１０” is not written with the digits 0 to 9. Type it with those, such as 10."),
    ("?n=1%C2%B2", "1²", "“1²” is not written with the digits 0 to 9. Type it with those, such as 10."),
    ("?n=18446744073709551616", "18446744073709551616", "A number of 20 digits is too large. The largest possible is 18446744073709551615."),
    ("?n=000100000000000000000000", "000100000000000000000000", "A number of 21 digits is too large. The largest possible is 18446744073709551615."),
];

/// Whether the path accepts the query: the index of a term may be negative.
fn is_accepted(path: &str, query: &str) -> bool {
    path.starts_with("/nth") && ["?n=-5", "?n=-0"].contains(&query)
}

/// The error message for the query at the path: a term's index may have a plain minus sign.
fn expected_message<'a>(path: &str, query: &str, message: &'a str) -> &'a str {
    if path.starts_with("/nth") && query == "?n=%E2%88%925" {
        "“−5” has an unusual minus sign. Type a plain one: “-5”."
    } else {
        message
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
    for (query, input, message) in CASES {
        for path in ["/first", "/nth"] {
            if is_accepted(path, query) {
                continue;
            }
            let message = expected_message(path, query, message);
            for method in [Method::GET, Method::HEAD] {
                let response = request(method, &format!("{path}{query}")).await;
                assert_page_refuses(&response, input, message);
            }
        }
    }
}

#[actix_web::test]
async fn an_error_as_text_is_one_line() {
    for (query, _, message) in CASES {
        for path in ["/first.txt", "/nth.txt"] {
            if is_accepted(path, query) {
                continue;
            }
            let message = expected_message(path, query, message);
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
    for (query, _, message) in CASES {
        for path in ["/first.json", "/nth.json"] {
            if is_accepted(path, query) {
                continue;
            }
            let message = expected_message(path, query, message);
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
        "F(20,000,000) has 4,179,753 digits. Plain text is limited to n = 10,000,000 (2,089,877 \
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
         Plain text is limited to n = 10,000,000 (2,089,877 digits). The page and .json have \
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
        format!("“{}…” is not a whole number. Type digits only, such as 10.", "x".repeat(40));
    assert_page_refuses(&get(&format!("/nth?n={input}")).await, &input, &message);
    let digits = "9".repeat(16_000);
    assert_eq!(
        get(&format!("/nth.txt?n={digits}")).await.body,
        "A number of 16000 digits is too large. The largest possible is 18446744073709551615.\n"
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
        ("/index.json?of=1.5e3", "/index.json?of=1500"),
    ] {
        let refused = get(path).await;
        assert_eq!(refused.status, 422, "{path}");
        assert_eq!(refused.json()["instead"], json!([instead]), "{path}");
        assert_eq!(get(instead).await.status, 200, "{instead}");
    }
    let nines = "9".repeat(9_000);
    for path in [
        "/nth.json?n=x".to_owned(),
        "/nth.json?n=1e9999".to_owned(),
        "/first.json?n=-18446744073709551616".to_owned(),
        format!("/first.json?n=-{nines}"),
        "/nth.json?n=0,123".to_owned(),
    ] {
        let refused = get(&path).await;
        assert_eq!(refused.json().get("instead"), None, "{path}");
    }
}

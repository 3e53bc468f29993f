//! Every kind of number that cannot be used, in each form, by GET and by HEAD.

use actix_web::http::Method;
use serde_json::json;

use crate::support::{Answer, ask, get};

/// What follows the path, what the field shows after it, and what is said.
#[rustfmt::skip]
const CASES: [(&str, &str, &str); 66] = [
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

/// Whether the path takes it all the same: a term's index may be negative.
fn is_taken(path: &str, query: &str) -> bool {
    path.starts_with("/nth") && ["?n=-5", "?n=-0"].contains(&query)
}

/// What is said of it there: a minus sign of another kind could be the plain one.
fn said<'a>(path: &str, query: &str, sentence: &'a str) -> &'a str {
    if path.starts_with("/nth") && query == "?n=%E2%88%925" {
        "“−5” has an unusual minus sign. Type a plain one: “-5”."
    } else {
        sentence
    }
}

/// As Askama escapes a text.
fn escaped(text: &str) -> String {
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

fn assert_refused_as_page(answer: &Answer, typed: &str, sentence: &str) {
    assert_eq!(answer.status, 422);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let (typed, sentence) = (escaped(typed), escaped(sentence));
    for part in [
        format!("<title>Problem: {sentence}"),
        format!(r#"<p class="problem" id="problem">{sentence}</p>"#),
        format!(r#"<input id="n" name="n" value="{typed}" "#),
        r#" aria-invalid="true" aria-describedby="problem limits""#.to_owned(),
    ] {
        assert!(answer.body.contains(&part), "no {part} in {}", answer.body);
    }
}

#[actix_web::test]
async fn a_page_keeps_what_was_typed_and_says_at_the_field_what_is_wrong() {
    for (query, typed, sentence) in CASES {
        for path in ["/first", "/nth"] {
            if is_taken(path, query) {
                continue;
            }
            let sentence = said(path, query, sentence);
            for method in [Method::GET, Method::HEAD] {
                let answer = ask(method, &format!("{path}{query}")).await;
                assert_refused_as_page(&answer, typed, sentence);
            }
        }
    }
}

#[actix_web::test]
async fn text_says_in_one_line_what_is_wrong() {
    for (query, _, sentence) in CASES {
        for path in ["/first.txt", "/nth.txt"] {
            if is_taken(path, query) {
                continue;
            }
            let sentence = said(path, query, sentence);
            for method in [Method::GET, Method::HEAD] {
                let answer = ask(method, &format!("{path}{query}")).await;
                assert_eq!(answer.status, 422, "{query}");
                assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
                assert_eq!(answer.body, format!("{sentence}\n"));
                assert_eq!(answer.body.lines().count(), 1);
            }
        }
    }
}

#[actix_web::test]
async fn json_says_as_a_problem_what_is_wrong() {
    for (query, _, sentence) in CASES {
        for path in ["/first.json", "/nth.json"] {
            if is_taken(path, query) {
                continue;
            }
            let sentence = said(path, query, sentence);
            for method in [Method::GET, Method::HEAD] {
                let answer = ask(method, &format!("{path}{query}")).await;
                assert_eq!(answer.status, 422, "{query}");
                assert_eq!(answer.header("content-type"), "application/problem+json");
                let mut problem = answer.json();
                // Where something else is meant, it is offered.
                let fields = problem.as_object_mut().expect("an object");
                fields.remove("instead");
                assert_eq!(
                    problem,
                    json!({
                        "type": "/api#invalid-number",
                        "title": "Invalid number",
                        "status": 422,
                        "detail": sentence,
                    })
                );
            }
        }
    }
}

#[actix_web::test]
async fn a_count_past_the_limit_is_refused_with_its_size() {
    let sentence = "The first 20\u{A0}000 terms would be about 41.8\u{A0}MB of text. \
                    A list can have at most 10\u{A0}000 terms (10.5\u{A0}MB).";
    let text = get("/first.txt?n=20000").await;
    assert_eq!((text.status, text.body), (422, format!("{sentence}\n")));
    let json = get("/first.json?n=20000").await;
    assert_eq!((json.status, &json.json()["detail"]), (422, &json!(sentence)));
    assert_refused_as_page(&get("/first?n=20000").await, "20000", sentence);
}

#[actix_web::test]
async fn the_text_of_a_term_past_the_limit_is_refused_with_its_digits() {
    let answer = get("/nth.txt?n=20000000").await;
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.body,
        "F(20000000) has 4\u{A0}179\u{A0}753 digits. Plain text is limited to n = 10000000 \
         (2\u{A0}089\u{A0}877 digits). The page and .json have its first and last digits.\n"
    );
}

#[actix_web::test]
async fn the_largest_number_that_can_be_read_is_refused_with_its_size_too() {
    assert_eq!(
        get("/first.txt?n=18446744073709551615").await.body,
        "The first 18\u{A0}446\u{A0}744\u{A0}073\u{A0}709\u{A0}551\u{A0}615 terms would be about \
         3.6 × 10^37\u{A0}bytes of text. A list can have at most 10\u{A0}000 terms (10.5\u{A0}MB).\n"
    );
    assert_eq!(
        get("/nth.txt?n=18446744073709551615").await.body,
        "F(18446744073709551615) has 3\u{A0}855\u{A0}141\u{A0}514\u{A0}259\u{A0}838\u{A0}963 digits. \
         Plain text is limited to n = 10000000 (2\u{A0}089\u{A0}877 digits). The page and .json have \
         its first and last digits.\n"
    );
}

#[actix_web::test]
async fn limits_hold_to_the_number() {
    for (path, limit) in [("/first.txt", 10_000u64), ("/nth.txt", 10_000_000)] {
        assert_eq!(get(&format!("{path}?n={limit}")).await.status, 200);
        assert_eq!(get(&format!("{path}?n={}", limit + 1)).await.status, 422);
        assert_eq!(get(&format!("{path}?n={}", u64::MAX)).await.status, 422);
    }
}

#[actix_web::test]
async fn what_was_typed_is_never_markup() {
    for path in ["/first", "/nth", "/nowhere"] {
        let answer =
            get(&format!("{path}?n=%22%3E%3Cscript%3Ealert(1)%3C/script%3E'%26amp;")).await;
        assert!(!answer.body.contains("<script"), "{}", answer.body);
        assert!(answer.body.contains(
            r#"value="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#39;&#38;amp;""#
        ));
    }
}

#[actix_web::test]
async fn a_long_text_is_kept_in_the_field_and_cut_in_the_sentence() {
    let typed = "x".repeat(16_000);
    let sentence =
        format!("“{}…” is not a whole number. Type digits only, such as 10.", "x".repeat(40));
    assert_refused_as_page(&get(&format!("/nth?n={typed}")).await, &typed, &sentence);
    let digits = "9".repeat(16_000);
    assert_eq!(
        get(&format!("/nth.txt?n={digits}")).await.body,
        "A number of 16000 digits is too large. The largest possible is 18446744073709551615.\n"
    );
}

#[actix_web::test]
async fn a_page_that_the_list_does_not_have_is_not_found() {
    for (query, sentence) in [
        ("n=10&page=2", "This list has only one page. Remove page from the address."),
        ("n=0&page=2", "This list has only one page. Remove page from the address."),
        ("n=10000&page=11", "This list has pages 1 to 10. Choose one of them."),
        ("n=10000&page=0", "This list has pages 1 to 10. Choose one of them."),
        ("n=10000&page=", "This list has pages 1 to 10. Choose one of them."),
        ("n=10000&page=x", "This list has pages 1 to 10. Choose one of them."),
        ("n=10000&page=1&page=1", "This list has pages 1 to 10. Choose one of them."),
    ] {
        let answer = get(&format!("/first?{query}")).await;
        assert_eq!(answer.status, 404, "{query}");
        assert!(answer.body.contains(&format!("<p>{sentence}</p>")), "{query}");
        // The number is not at fault.
        assert!(!answer.body.contains("aria-invalid"), "{query}");
    }
}

#[actix_web::test]
async fn what_is_meant_is_offered_where_it_can_be_had() {
    for (asked, instead) in [
        ("/nth.json?n=1,000", "/nth.json?n=1000"),
        ("/nth.json?n=1e3&x=y", "/nth.json?n=1000"),
        ("/nth.json?n=0x10", "/nth.json?n=16"),
        ("/nth.json?n=%2B7", "/nth.json?n=7"),
        ("/nth.json?n=%E2%88%928", "/nth.json?n=-8"),
        ("/first.json?n=1e3", "/first.json?n=1000"),
        ("/first.json?%6e=1e3&page=7", "/first.json?n=1000"),
        ("/first.json?n=5&from=1e3", "/first.json?n=5&from=1000"),
        ("/first.json?n=1e6", "/first.json?n=10000"),
        ("/first.json?n=-8", "/nth.json?n=-8"),
        ("/index.json?of=1.5e3", "/index.json?of=1500"),
    ] {
        let refused = get(asked).await;
        assert_eq!(refused.status, 422, "{asked}");
        assert_eq!(refused.json()["instead"], json!([instead]), "{asked}");
        assert_eq!(get(instead).await.status, 200, "{instead}");
    }
    let nines = "9".repeat(9_000);
    for asked in [
        "/nth.json?n=x".to_owned(),
        "/nth.json?n=1e9999".to_owned(),
        "/first.json?n=-18446744073709551616".to_owned(),
        format!("/first.json?n=-{nines}"),
        "/nth.json?n=0,123".to_owned(),
    ] {
        let refused = get(&asked).await;
        assert_eq!(refused.json().get("instead"), None, "{asked}");
    }
}

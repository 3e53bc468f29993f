//! The facts on the page of a term, its link preview, and downloads.

use bigdecimal::num_bigint::{BigInt as Integer, Sign};
use bigdecimal::{BigDecimal, RoundingMode};
use fibonacci::{length, nth};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::in_process::{get, get_with_headers, request};

/// The value of the fact with this name on a page.
fn fact<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let rest = page.split(&format!("<dt>{name}</dt><dd>")).nth(1)?;
    rest.split("</dd>").next()
}

/// F(`n`) as a decimal of another library.
fn decimal(n: u64) -> BigDecimal {
    let bytes = nth(n).to_bytes_be();
    BigDecimal::from(Integer::from_bytes_be(Sign::Plus, &bytes))
}

#[actix_web::test]
async fn scientific_notation_is_rounded_like_a_big_decimal() {
    // F(50) has eleven digits and ends in 5. It is a tie, so it tests the rounding rule.
    for n in (44..300).chain([1_000, 4_321, 12_345, 99_999, 131_072]) {
        let page = get(&format!("/nth?n={n}")).await.body;
        let Some(shown) = fact(&page, "Scientific notation") else {
            assert!(nth(n).to_string().len() <= 10, "F({n})");
            continue;
        };
        let rounded = decimal(n)
            .with_precision_round(10.try_into().expect("not zero"), RoundingMode::HalfEven);
        let (digits, scale) = rounded.into_bigint_and_exponent();
        let exponent = 9 - scale;
        let digits = digits.to_string();
        let expected = format!("{}.{} × 10<sup>{exponent}</sup>", &digits[..1], &digits[1..]);
        assert_eq!(shown.replace(',', ""), expected, "F({n})");
    }
}

#[actix_web::test]
async fn the_ratio_to_the_previous_term_is_rounded_and_shows_how_close_to_phi_it_is() {
    for (n, name, expected) in [
        (2, "F(2) / F(1)", "1.000000000"),
        (3, "F(3) / F(2)", "2.000000000"),
        (4, "F(4) / F(3)", "1.500000000"),
        (5, "F(5) / F(4)", "1.666666667, matches φ to 1 decimal place"),
        (10, "F(10) / F(9)", "1.617647059, matches φ to 3 decimal places"),
        (100, "F(100) / F(99)", "1.618033989, matches φ to 40 decimal places"),
        (
            10_000_001,
            "F(10,000,001) / F(10,000,000)",
            "1.618033989, matches φ to 4,179,752 decimal places",
        ),
    ] {
        let page = get(&format!("/nth?n={n}")).await.body;
        assert_eq!(fact(&page, name), Some(expected));
    }
    for n in 2..40 {
        let page = get(&format!("/nth?n={n}")).await.body;
        let shown = fact(&page, &format!("F({n}) / F({})", n - 1)).expect("a ratio");
        let ratio = (decimal(n) / decimal(n - 1)).with_scale_round(9, RoundingMode::HalfEven);
        assert!(shown.starts_with(&ratio.to_string()), "F({n}): {shown}, {ratio}");
    }
    // There is no ratio to F(0), because it is 0, nor to a term of negative index.
    assert!(!get("/nth?n=1").await.body.contains("F(1) / F(0)"));
    assert!(!get("/nth?n=0").await.body.contains("φ"));
}

#[actix_web::test]
async fn a_term_shows_its_number_of_digits_and_its_last_ten_digits() {
    for n in [7, 49, 50, 1_000, 130_000] {
        let term = nth(n).to_string();
        let page = get(&format!("/nth?n={n}")).await.body;
        let digits = fact(&page, "Digits").map(|count| count.replace(',', ""));
        assert_eq!(digits, Some(term.len().to_string()));
        // A page without all digits has the last fifty.
        let last = (term.len() > 10 && n < 130_000).then(|| &term[term.len() - 10..]);
        assert_eq!(fact(&page, "Last ten digits"), last);
    }
}

#[actix_web::test]
async fn the_digits_are_one_text_with_a_label_for_screen_readers() {
    for (n, style, label) in [
        (17, r#""value large" role="group""#, "F(17), 4 digits"),
        (144, r#""value large" role="group""#, "F(144), 30 digits"),
        (150, r#""value banded" role="group""#, "F(150), 31 digits"),
        (1_000, r#""value banded" role="group""#, "F(1,000), 209 digits"),
        (47_840, r#""value long banded" role="region" tabindex="0""#, "F(47,840), 9,998 digits"),
    ] {
        let term = nth(n).to_string();
        let page = get(&format!("/nth?n={n}")).await.body;
        let value = format!(
            r#"<div class={style} aria-label="{label}"><span class="digits" id="value">{term}</span></div>"#
        );
        assert!(page.contains(&value), "F({n})");
    }
    // A sign would shift the bands.
    assert!(!get("/nth?n=-150").await.body.contains("banded"));
}

#[actix_web::test]
async fn the_position_is_counted_from_either_term() {
    for (n, position) in [
        (0, "1st, as counting starts at F(0)"),
        (1, "2nd if you count from F(0), 1st from F(1)"),
        (2, "3rd if you count from F(0), 2nd from F(1)"),
        (10, "11th if you count from F(0), 10th from F(1)"),
        (12, "13th if you count from F(0), 12th from F(1)"),
        (100, "101st if you count from F(0), 100th from F(1)"),
        (1_111, "1,112th if you count from F(0), 1,111th from F(1)"),
    ] {
        let page = get(&format!("/nth?n={n}")).await.body;
        assert_eq!(fact(&page, "Position"), Some(position));
    }
}

#[actix_web::test]
async fn a_term_of_more_than_10_000_digits_is_summarised_and_links_to_its_text() {
    // F(47 848) has 10 000 digits.
    for (n, is_full) in [(47_848, true), (47_853, false), (-47_853, false)] {
        let page = get(&format!("/nth?n={n}")).await.body;
        assert_eq!(page.contains("id=\"value\""), is_full, "F({n})");
        assert_eq!(page.contains("data-copy"), is_full, "F({n})");
        assert!(page.contains(&format!("<a href=\"/nth.txt?n={n}\">text</a>")));
        assert!(page.contains(&format!("type=\"text/plain\" href=\"/nth.txt?n={n}\"")));
    }
    let term = nth(200_000).to_string();
    let page = get("/nth?n=200000").await.body;
    for part in [&term[..50], &term[term.len() - 50..]] {
        assert!(page.contains(&format!(r#"<span class="digits">{part}</span>"#)));
    }
    assert!(page.contains("This number has 41,798 digits."));
}

#[actix_web::test]
async fn the_title_and_the_link_preview_state_the_result() {
    for (path, title) in [
        ("/nth?n=100", "F(100) = 354224848179261915075"),
        ("/nth?n=-8", "F(−8) = −21"),
        ("/nth?n=1000", "F(1,000) ≈ 4.346655769 × 10^208"),
        ("/nth?n=1000000", "F(1,000,000) ≈ 1.953282129 × 10^208,987"),
        ("/nth?n=99999999999", "F(99,999,999,999) ≈ 2.750430875 × 10^20,898,764,024"),
        ("/first?n=10", "The first 10 Fibonacci numbers"),
        ("/first?n=3&from=1000", "F(1,000) to F(1,002)"),
        ("/index?of=144", "Yes: 144 is F(12)"),
        ("/index?of=150", "No: 150 is not a Fibonacci number"),
    ] {
        let page = get(path).await.body;
        assert!(
            page.contains(&format!(r#"<meta property="og:title" content="{title}">"#)),
            "{path}"
        );
        assert!(page.contains(&format!("<title>{title}")), "{path}");
    }
    let page = get("/first?n=10").await.body;
    let terms = r#"<meta property="og:description" content="0, 1, 1, 2, 3, 5, 8, 13, 21, 34">"#;
    assert!(page.contains(terms));
}

#[actix_web::test]
async fn a_download_has_a_file_name_and_the_same_content() {
    let nines = "9".repeat(64);
    let (mod_64, of_65) =
        (format!("/nth.txt?n={nines}&mod=18446744073709551615"), format!("/index.txt?of=1{nines}"));
    let ends = format!("{}-99999-mod-18446744073709551615", &nines[..30]);
    let (name_64, name_65) = (
        format!("fibonacci-nth-{ends}.txt"),
        format!("fibonacci-index-1{}-{}.txt", &nines[..29], &nines[..30]),
    );
    for (path, file) in [
        (mod_64.as_str(), name_64.as_str()),
        (&of_65, &name_65),
        (
            "/index.txt?of=9999999999999999999999999999999999999999999999999999999999999999",
            "fibonacci-index-9999999999999999999999999999999999999999999999999999999999999999.txt",
        ),
        ("/nth.txt?n=100", "fibonacci-nth-100.txt"),
        ("/nth.json?n=-8", "fibonacci-nth--8.json"),
        ("/first.csv?n=5", "fibonacci-first-5.csv"),
        ("/first.txt?n=5&from=1000", "fibonacci-first-5-from-1000.txt"),
        ("/first.svg?n=5", "fibonacci-first-5.svg"),
        ("/nth.png?n=100", "fibonacci-nth-100.png"),
        ("/index.json?of=144", "fibonacci-index-144.json"),
        ("/nth.json?n=99999999999", "fibonacci-nth-99999999999.json"),
    ] {
        let displayed = get(path).await;
        assert!(displayed.optional_header("content-disposition").is_none());
        for download in ["&download", "&download=", "&download=x"] {
            let path = format!("{path}{download}");
            let saved = get(&path).await;
            let head = request(actix_web::http::Method::HEAD, &path).await;
            for response in [&saved, &head] {
                assert_eq!(
                    response.header("content-disposition"),
                    format!("attachment; filename=\"{file}\"")
                );
            }
            assert_eq!(saved.body, displayed.body);
            assert_eq!(saved.header("etag"), displayed.header("etag"));
            let part = get_with_headers(&path, &[("range", "bytes=0-0")]).await;
            assert_eq!(part.status, 206);
            assert!(part.optional_header("content-disposition").is_some());
        }
    }
    // An error is not a download.
    let refused = get("/nth.txt?n=x&download").await;
    assert!(refused.optional_header("content-disposition").is_none());
}

#[actix_web::test]
async fn json_integers_past_2_to_the_53_are_strings() {
    const LAST: i128 = (1 << 53) - 1;
    for (n, is_number) in [
        (LAST - 1, true),
        (LAST, true),
        (LAST + 1, false),
        (-LAST, true),
        (-LAST - 1, false),
        (i128::from(u64::MAX), false),
        (-i128::from(u64::MAX), false),
    ] {
        let summary = get(&format!("/nth.json?n={n}")).await.json();
        let expected =
            if is_number { json!(i64::try_from(n).expect("small")) } else { json!(n.to_string()) };
        assert_eq!(summary["n"], expected);
    }
    // The lengths of the terms next to 2^53 digits.
    let (mut below, mut above) = (0, u64::MAX);
    while above - below > 1 {
        let n = below.midpoint(above);
        if i128::from(length::digits(n)) <= LAST { below = n } else { above = n }
    }
    assert_eq!(
        get(&format!("/nth.json?n={below}")).await.json()["digits"],
        json!(length::digits(below))
    );
    let digits = length::digits(above).to_string();
    assert_eq!(get(&format!("/nth.json?n={above}")).await.json()["digits"], json!(digits));
}

#[actix_web::test]
async fn the_page_says_whether_a_term_is_prime_if_that_is_known_and_what_divides_it() {
    for (n, prime) in [
        ("83", Some("Yes")),
        ("4", Some("Yes")),
        ("100", Some("No")),
        ("1000003", None),
        ("-7", None),
    ] {
        let page = get(&format!("/nth?n={n}")).await.body;
        match prime {
            Some(prime) => {
                assert!(fact(&page, "Prime").is_some_and(|it| it.starts_with(prime)), "{n}");
            }
            None => assert_eq!(fact(&page, "Prime"), None, "{n}"),
        }
    }
    let page = get("/nth?n=60").await.body;
    let divisors = fact(&page, "Divisible by").expect("divisors");
    assert_eq!(divisors.matches("href=\"/nth?n=").count(), 6);
    assert!(
        divisors.contains(">F(3)</a>") && divisors.contains("and more, 9 in all"),
        "{divisors}"
    );
    assert_eq!(fact(&get("/nth?n=83").await.body, "Divisible by"), None);
}

#[actix_web::test]
async fn the_page_of_a_short_term_shows_the_addition() {
    let page = get("/nth?n=100").await.body;
    let table = page.split("<table class=\"sum\">").nth(1).expect("a table");
    let table = table.split("</table>").next().expect("its end");
    for value in [nth(98), nth(99), nth(100)] {
        assert!(table.contains(&format!("<td>{value}</td>")), "{table}");
    }
    for n in ["0", "1", "-8", "1000"] {
        assert!(!get(&format!("/nth?n={n}")).await.body.contains("class=\"sum\""), "{n}");
    }
}

/// The digits of the window on a page.
fn window(page: &str) -> &str {
    let start = page.find("id=\"window\"").expect("a window");
    let rest = page[start..].split("banded\"><span class=\"digits\">").nth(1).expect("digits");
    rest.split('<').next().expect("their end")
}

#[actix_web::test]
async fn the_page_of_a_long_term_has_a_window_of_its_digits_that_can_be_moved() {
    let digits = get("/nth.txt?n=100000").await.body;
    let digits = digits.trim_end();
    for (digit, before, after) in [
        (1, None, Some(1_001)),
        (500, Some(1), Some(1_500)),
        (20_899, Some(19_899), None),
        (19_000, Some(18_000), Some(20_000)),
    ] {
        let page = get(&format!("/nth?n=100000&digit={digit}")).await.body;
        let end = digits.len().min(digit + 999);
        assert_eq!(window(&page), &digits[digit - 1..end], "{digit}");
        for (rel, start) in [("prev", before), ("next", after)] {
            let link = start.map(|start: usize| {
                format!("rel=\"{rel}\" href=\"/nth?n=100000&amp;digit={start}#window\"")
            });
            match link {
                Some(link) => assert!(page.contains(&link), "{digit}: {link}"),
                None => assert!(
                    !page.contains(&format!("rel=\"{rel}\" href=\"/nth?n=100000&amp;digit")),
                    "{digit}"
                ),
            }
        }
        assert!(page.len() < 60_000);
    }
    assert_eq!(window(&get("/nth?n=100000").await.body), &digits[..1_000]);
    for digit in ["0", "20900", "x", "1&digit=2"] {
        let response = get(&format!("/nth?n=100000&digit={digit}")).await;
        assert_eq!(response.status, 404, "{digit}");
        let sentence = "F(100,000) has 20,899 digits. Choose a position from 1 to 20,899.";
        assert!(response.body.contains(sentence), "{digit}");
        assert!(response.body.contains("href=\"/nth?n=100000&#38;digit=20899\""), "{digit}");
    }
    // On the page of a short term, all of its digits are in sight.
    assert_eq!(get("/nth?n=100&digit=21").await.status, 200);
    assert_eq!(get("/nth?n=100&digit=22").await.status, 404);
}

#[actix_web::test]
async fn the_page_of_a_long_term_has_the_sums_of_its_text() {
    for n in ["100000", "-100000"] {
        let text = get(&format!("/nth.txt?n={n}")).await.body;
        let page = get(&format!("/nth?n={n}")).await.body;
        let digest = Sha256::digest(&text);
        let sha256 = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert!(page.contains(&format!("<code>{sha256}</code>")), "{n}");
        let prime = (1_u64 << 61) - 1;
        let residue = nth(100_000) % prime;
        // F(-100,000) is negative.
        let residue = if n.starts_with('-') { prime - residue } else { residue };
        assert_eq!(fact(&page, "Modulo 2<sup>61</sup> − 1"), Some(residue.to_string().as_str()));
    }
}

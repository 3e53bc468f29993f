//! Snapshots of the pages, and details of their HTML.

use actix_web::test::TestRequest;
use actix_web::web::Data;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::public;
use insta::{Settings, assert_snapshot};

use crate::support::in_process::{get, send_to, site_with_limits};

/// Compares a page with `snapshots/<name>.html.snap`, except for the hashes of its static files.
async fn assert_page(name: &str, path: &str) {
    let body = get(path).await.body;
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(format!("GET {path}"));
    settings.add_filter(r"-[0-9a-f]{8}\.(css|svg|png|js)", "-[hash].$1");
    settings.bind(|| assert_snapshot!(format!("{name}.html"), body));
}

#[actix_web::test]
async fn the_home_page_shows_the_form() {
    assert_page("home", "/").await;
}

#[actix_web::test]
async fn a_list_shows_the_index_of_each_term() {
    assert_page("first", "/first?n=10").await;
}

#[actix_web::test]
async fn an_empty_list_says_that_it_has_no_terms() {
    assert_page("first_empty", "/first?n=0").await;
}

#[actix_web::test]
async fn a_term_shows_its_number_of_digits() {
    assert_page("nth", "/nth?n=100").await;
}

#[actix_web::test]
async fn a_term_past_the_limit_is_summarised() {
    assert_page("nth_ends", "/nth?n=99999999999").await;
}

#[actix_web::test]
async fn a_negative_index_links_to_its_positive_counterpart() {
    assert_page("nth_negative", "/nth?n=-8").await;
}

#[actix_web::test]
async fn a_range_of_terms_links_to_the_adjacent_ranges() {
    assert_page("first_from", "/first?n=3&from=1000").await;
}

#[actix_web::test]
async fn a_fibonacci_number_has_an_index() {
    assert_page("index", "/index?of=1").await;
}

#[actix_web::test]
async fn any_other_number_lies_between_two_terms() {
    assert_page("index_gap", "/index?of=150").await;
}

#[actix_web::test]
async fn the_api_page_shows_examples() {
    assert_page("api", "/api").await;
}

#[actix_web::test]
async fn a_list_that_is_too_long_links_to_alternatives() {
    assert_page("problem_window", "/first?n=60&from=1000000").await;
}

#[actix_web::test]
async fn an_error_in_the_number_to_find_is_shown_at_its_field() {
    assert_page("problem_index", "/index?of=1e3").await;
}

#[actix_web::test]
async fn an_error_in_the_index_is_shown_at_its_field() {
    assert_page("problem_number", "/nth?n=abc").await;
}

#[actix_web::test]
async fn any_other_error_page_shows_the_form() {
    assert_page("problem_path", "/nowhere").await;
}

#[actix_web::test]
async fn one_term_and_one_digit_are_singular() {
    assert!(get("/first?n=1").await.body.contains("<h1>The first Fibonacci number</h1>"));
    for (n, digits) in [(6, "F(6) in full: 1 digit."), (7, "F(7) in full: 2 digits.")] {
        assert!(get(&format!("/nth?n={n}")).await.body.contains(digits));
    }
}

#[actix_web::test]
async fn the_first_1_000_terms_are_on_ten_pages_in_full() {
    for page in 1..=10 {
        let body = get(&format!("/first?n=1000&page={page}")).await.body;
        assert_eq!(body.matches("<tr><th scope=\"row\">").count(), 100);
        assert!(!body.contains('…'));
    }
    assert!(!get("/first?n=100").await.body.contains("aria-label=\"Pages"));
}

#[actix_web::test]
async fn a_longer_list_has_pages_that_link_to_each_other() {
    let previous = |page| format!(r#"<a rel="prev" href="/first?n=201&amp;page={page}">"#);
    let row = |n| format!("<tr><th scope=\"row\"><a href=\"/nth?n={n}\">{n}</a></th>");
    let next = |page| format!(r#"<a rel="next" href="/first?n=201&amp;page={page}">"#);

    let first = get("/first?n=201").await.body;
    assert_eq!(first, get("/first?n=201&page=1").await.body);
    assert!(
        first.contains("Page 1 of 3")
            && first.contains(&next(2))
            && !first.contains("rel=\"prev\"")
    );

    let second = get("/first?n=201&page=2").await.body;
    assert!(second.contains(&previous(1)) && second.contains(&next(3)));
    assert!(second.contains(&row(100)) && second.contains(&row(199)));

    let last = get("/first?n=201&page=3").await.body;
    assert!(last.contains(&previous(2)) && !last.contains("rel=\"next\""));
    assert_eq!(last.matches("<tr><th scope=\"row\">").count(), 1);
    assert!(last.contains(&row(200)));
}

#[actix_web::test]
async fn a_long_term_in_a_list_is_summarised_with_its_length_and_a_link() {
    let body = get("/first?n=1003&page=11").await.body;
    // F(1001) has 209 digits, F(1002) has 210. Its first and last digits are from GMP 6.3.0.
    assert!(body.contains(
        "<tr><th scope=\"row\"><a href=\"/nth?n=1002\">1,002</a></th>\
         <td>11379692539836027225…68040040412172632376 \
         <a href=\"/nth?n=1002\">all 210 digits</a></td></tr>"
    ));
    // The second one is in the sum of all terms.
    assert_eq!(body.matches('…').count(), 2);
}

#[actix_web::test]
async fn the_example_links_stay_within_the_limits() {
    let site = site_with_limits(Limits { max_first: 1, max_nth: 5 });
    let routes = public(site, Data::new(Readiness::default()));
    let home = send_to(routes, TestRequest::with_uri("/")).await.body;
    assert!(home.contains(r#"<a href="/first?n=1">The first 1 term</a></dt><dd>0</dd>"#));
    assert!(home.contains(r#"<a href="/nth?n=5">F(5)</a> = <span class="digits">5</span>"#));
    assert!(home.contains("A list can have up to 1 term. F(n) has every digit up to n = 5; "));
}

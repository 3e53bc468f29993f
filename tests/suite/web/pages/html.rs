//! The pages, whole: a change of one shows in its snapshot.

use insta::{Settings, assert_snapshot};

use crate::support::get;

/// The page without what sets groups of digits apart.
fn joined(page: &str) -> String {
    page.replace("<span>", "").replace("</span>", "")
}

/// Compares a page with `snapshots/<name>.html.snap`, but for the hashes of the files it links to.
async fn assert_page(name: &str, path: &str) {
    let body = get(path).await.body;
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(format!("GET {path}"));
    settings.add_filter(r"-[0-9a-f]{8}\.(css|svg|js)", "-[hash].$1");
    settings.bind(|| assert_snapshot!(format!("{name}.html"), body));
}

#[actix_web::test]
async fn the_start_page_is_the_form() {
    assert_page("home", "/").await;
}

#[actix_web::test]
async fn a_list_numbers_its_terms() {
    assert_page("first", "/first?n=10").await;
}

#[actix_web::test]
async fn an_empty_list_has_words() {
    assert_page("first_empty", "/first?n=0").await;
}

#[actix_web::test]
async fn a_term_says_how_many_digits_it_has() {
    assert_page("nth", "/nth?n=100").await;
}

#[actix_web::test]
async fn a_term_past_the_limit_shows_its_ends() {
    assert_page("nth_ends", "/nth?n=99999999999").await;
}

#[actix_web::test]
async fn a_negative_index_leads_to_the_term_that_it_mirrors() {
    assert_page("nth_negative", "/nth?n=-8").await;
}

#[actix_web::test]
async fn a_stretch_of_the_sequence_links_to_those_beside_it() {
    assert_page("first_from", "/first?n=3&from=1000").await;
}

#[actix_web::test]
async fn a_number_of_the_sequence_has_an_index() {
    assert_page("index", "/index?of=1").await;
}

#[actix_web::test]
async fn any_other_number_has_neighbours() {
    assert_page("index_gap", "/index?of=150").await;
}

#[actix_web::test]
async fn scripts_have_a_page_of_examples() {
    assert_page("api", "/api").await;
}

#[actix_web::test]
async fn a_list_that_is_too_long_has_another_instead() {
    assert_page("problem_window", "/first?n=60&from=1000000").await;
}

#[actix_web::test]
async fn a_problem_with_a_number_to_look_up_is_shown_at_its_field() {
    assert_page("problem_index", "/index?of=1e3").await;
}

#[actix_web::test]
async fn a_problem_with_the_number_is_shown_at_the_field() {
    assert_page("problem_number", "/nth?n=abc").await;
}

#[actix_web::test]
async fn any_other_problem_has_the_form_beside_it() {
    assert_page("problem_path", "/nowhere").await;
}

#[actix_web::test]
async fn one_term_is_not_terms_and_one_digit_is_not_digits() {
    assert!(get("/first?n=1").await.body.contains("<h1>The first Fibonacci number</h1>"));
    for (n, digits) in [(6, "F(6), exact: 1 digit."), (7, "F(7), exact: 2 digits.")] {
        assert!(get(&format!("/nth?n={n}")).await.body.contains(digits));
    }
}

#[actix_web::test]
async fn the_first_thousand_terms_are_one_page_and_whole() {
    let body = get("/first?n=1000").await.body;
    assert_eq!(body.matches("<tr><th scope=\"row\">").count(), 1_000);
    assert!(!body.contains('…'));
    assert!(!body.contains("aria-label=\"Pages"));
}

#[actix_web::test]
async fn a_longer_list_has_pages_that_link_to_their_neighbours() {
    let previous = |page| format!(r#"<a rel="prev" href="/first?n=2001&amp;page={page}">"#);
    let row = |n| format!("<tr><th scope=\"row\"><a href=\"/nth?n={n}\">{n}</a></th>");
    let next = |page| format!(r#"<a rel="next" href="/first?n=2001&amp;page={page}">"#);

    let first = get("/first?n=2001").await.body;
    assert_eq!(first, get("/first?n=2001&page=1").await.body);
    assert!(
        first.contains("Page 1 of 3")
            && first.contains(&next(2))
            && !first.contains("rel=\"prev\"")
    );

    let second = get("/first?n=2001&page=2").await.body;
    assert!(second.contains(&previous(1)) && second.contains(&next(3)));
    assert!(second.contains(&row(1000)) && second.contains(&row(1999)));

    let last = get("/first?n=2001&page=3").await.body;
    assert!(last.contains(&previous(2)) && !last.contains("rel=\"next\""));
    assert_eq!(last.matches("<tr><th scope=\"row\">").count(), 1);
    assert!(last.contains(&row(2000)));
}

#[actix_web::test]
async fn a_long_term_shows_its_ends_its_length_and_a_link_to_the_whole() {
    let body = joined(&get("/first?n=1003&page=2").await.body);
    // F(1001) has 209 digits and F(1002) has 210; its ends are as GMP 6.3.0 gives them.
    assert!(body.contains(
        "<tr><th scope=\"row\"><a href=\"/nth?n=1002\">1002</a></th>\
         <td class=\"ends\">113796925398360272257523782552…114771394568040040412172632376 \
         <a href=\"/nth?n=1002\">all 210 digits</a></td></tr>"
    ));
    // The sum of all is as long.
    assert_eq!(body.matches('…').count(), 2);
}

//! The start page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use fibonacci::{Fibonacci, length, nth};

use super::picture::Picture;
use crate::engine::cost::Cost;
use crate::web::error::RequestError;
use crate::web::format;
use crate::web::layout::Layout;
use crate::web::limits::Limits;
use crate::web::request::term_range::TermRange;
use crate::web::response::cache_policy::CachePolicy;
use crate::web::response::conditional::ConditionalResponse;
use crate::web::site::Site;

const TITLE: &str = "Fibonacci numbers, exact at any size";

const DESCRIPTION: &str = "The first n Fibonacci numbers or the nth, exact to the last digit, and the \
     index of any of them. Every result has its own address.";

/// The terms that the example of a list shows.
const SHOWN_TERMS: u64 = 10;

/// The forms, and results to try.
#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    layout: Layout<'a>,
    /// An index within the limit, and its term.
    index: u64,
    value: String,
    /// A number of terms within the limit, and the first of them.
    count: u64,
    first_terms: String,
    limits: Limits,
    /// The length of the list in the picture.
    pictured: u64,
    picture: Option<Picture>,
}

/// The first of `count` terms: `0, 1, 1, 2, 3, 5, 8, 13, …`.
fn first_terms(count: u64) -> String {
    let terms = Fibonacci::new().map(|term| term.to_string());
    let more = (count > SHOWN_TERMS).then(|| "…".to_owned());
    let shown = usize::try_from(count.min(SHOWN_TERMS)).unwrap_or_default();
    terms.take(shown).chain(more).collect::<Vec<_>>().join(", ")
}

/// `GET /`: the forms.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let shared = site.clone();
    let render = move || {
        let limits = shared.limits;
        let index = limits.max_nth.min(100);
        let count = limits.max_first.min(20);
        let pictured = limits.max_first.min(10);
        HomePage {
            layout: Layout::new(&shared, TITLE, DESCRIPTION)
                .with_picture(&shared, format_args!("/first.png?n={pictured}"))
                .indexed(),
            index,
            value: nth(index).to_string(),
            count,
            first_terms: first_terms(count),
            limits,
            pictured,
            picture: Picture::of(TermRange::first(pictured)),
        }
        .render()
    };
    ConditionalResponse::new(&request, &site, "home", CachePolicy::Revalidate)
        .page(Cost::PAGE, render)
        .await
}

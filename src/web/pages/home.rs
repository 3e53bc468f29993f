//! The start page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::picture::Picture;
use crate::engine::cost::Cost;
use crate::web::error::RequestError;
use crate::web::format;
use crate::web::layout::Layout;
use crate::web::request::digits::MAX_DIGITS;
use crate::web::request::term_range::TermRange;
use crate::web::response::cache_policy::CachePolicy;
use crate::web::response::conditional::ConditionalResponse;
use crate::web::site::Site;

const TITLE: &str = "Fibonacci numbers, exact at any size";

const DESCRIPTION: &str = "The first n Fibonacci numbers or the nth, exact to the last digit, and the \
     index of any of them. Every result has its own address.";

/// The forms, and two results to try.
#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    layout: Layout<'a>,
    /// A number of terms within the limit.
    count: u64,
    /// An index within the limit.
    index: u64,
    /// The picture of that list.
    picture: Option<Picture>,
}

/// `GET /`: the forms.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let shared = site.clone();
    let render = move || {
        let limits = shared.limits;
        let count = limits.max_first.min(10);
        HomePage {
            layout: Layout::new(&shared, TITLE, DESCRIPTION).indexed(),
            count,
            index: limits.max_nth.min(100),
            picture: Picture::of(TermRange::first(count)),
        }
        .render()
    };
    ConditionalResponse::new(&request, &site, "home", CachePolicy::Revalidate)
        .page(Cost::PAGE, render)
        .await
}

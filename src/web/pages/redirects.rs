//! Redirects of the pages: from the form's second button, and to numbers in plain digits.
//!
//! The form leads to `/first`, and the button's `formaction` to `/nth`. Text browsers do not support
//! `formaction`, so the button also has a name. A request with that name is redirected to the address to
//! bookmark.

use actix_web::guard::GuardContext;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Redirect};
use actix_web::{HttpRequest, HttpResponse};

use crate::web::error::RequestError;
use crate::web::request::number::Index;
use crate::web::request::parameter::Parameter;
use crate::web::request::query;
use crate::web::site::Site;

/// The longest query that a page redirects to, in bytes: some proxies accept no more than 4 kB of response
/// headers.
const MAX_QUERY: usize = 2_048;

/// The button's name and value, as the form sends them.
const PRESSED: &str = "show=nth";

/// Whether the query contains the button's name.
pub fn is_nth_pressed(context: &GuardContext<'_>) -> bool {
    let query = context.head().uri.query().unwrap_or_default();
    query.split('&').any(|pair| pair == PRESSED)
}

/// `GET /first?n=100&show=nth` and `GET /nth?n=100&show=nth`: redirects to `/nth?n=100`.
pub async fn to_nth(request: HttpRequest, site: Data<Site>) -> Result<Redirect, RequestError> {
    let rest: Vec<&str> =
        request.query_string().split('&').filter(|pair| *pair != PRESSED).collect();
    let rest = rest.join("&");
    // Saves the browser a second redirect.
    let plain = query::in_plain_digits(&rest);
    let index = Parameter::N.read(&plain, Index::parse);
    let query = if index.is_ok() { &*plain } else { &rest };
    let address = match query.len() {
        ..=MAX_QUERY => format!("{}/nth?{query}", site.base_path),
        _ => format!("{}/nth?n={}", site.base_path, index?),
    };
    Ok(Redirect::to(address).see_other())
}

/// From `GET /nth?n=1,000` to `/nth?n=1000`: the page at this path has one address for each result. There is no
/// redirect if the numbers of the request are in plain digits, as in `plain`, or if `plain` is too long.
pub fn to_plain_digits(
    request: &HttpRequest,
    site: &Site,
    path: &str,
    plain: &str,
) -> Option<HttpResponse> {
    let is_needed = plain != request.query_string() && plain.len() <= MAX_QUERY;
    let location = || (LOCATION, format!("{}{path}?{plain}", site.base_path));
    is_needed.then(|| HttpResponse::SeeOther().insert_header(location()).finish())
}

//! Redirects: from the form's second button, to numbers in plain digits, and from the addresses of icons that
//! browsers assume.
//!
//! The form leads to `/first`, and the button's `formaction` to `/nth`. Text browsers do not support
//! `formaction`, so the button also has a name. A request with that name is redirected to the address to
//! bookmark.

use actix_web::guard::GuardContext;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{Data, Redirect};
use actix_web::{HttpRequest, HttpResponse};

use crate::web::error::RequestError;
use crate::web::request::number::Index;
use crate::web::request::parameter::Parameter;
use crate::web::request::query;
use crate::web::response::cache_policy::CachePolicy;
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
    let mut query = query::in_plain_digits(&rest)
        .filter(|query| Parameter::N.read(query, Index::parse).is_ok())
        .unwrap_or(rest);
    if query.len() > MAX_QUERY {
        query = format!("n={}", Parameter::N.read(&query, Index::parse)?);
    }
    Ok(Redirect::to(format!("{}/nth?{query}", site.base_path)).see_other())
}

/// From `GET /nth?n=1,000` to `/nth?n=1000`: the page at this path has one address for each result. There is no
/// redirect if the query in plain digits is too long.
pub fn to_plain_digits(site: &Site, path: &str, plain: Option<&str>) -> Option<HttpResponse> {
    let query = plain.filter(|query| query.len() <= MAX_QUERY)?;
    let location = (LOCATION, format!("{}{path}?{query}", site.base_path));
    Some(HttpResponse::SeeOther().insert_header(location).finish())
}

/// `GET /favicon.ico`, which browsers request for responses that are not pages: redirects to the icon that
/// old ones take, too.
pub async fn favicon(site: Data<Site>) -> HttpResponse {
    to_icon(&site, site.assets.small_icon())
}

/// `GET /apple-touch-icon.png`, which iOS requests by itself: redirects to that icon.
pub async fn touch_icon(site: Data<Site>) -> HttpResponse {
    to_icon(&site, site.assets.touch_icon())
}

fn to_icon(site: &Site, icon: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, format!("{}{icon}", site.base_path)))
        .insert_header((CACHE_CONTROL, CachePolicy::Revalidate.header()))
        .finish()
}

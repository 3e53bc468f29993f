//! The addresses of icons that browsers assume: redirects to the icons.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::Data;

use crate::web::response::cache_policy::CachePolicy;
use crate::web::site::Site;

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

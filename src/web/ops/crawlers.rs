//! Files for crawlers and security researchers: `/robots.txt`, `/sitemap.xml` and
//! `/.well-known/security.txt`.

use std::time::{Duration, SystemTime};

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use humantime::format_rfc3339_seconds;

use crate::web::error::RequestError;
use crate::web::response::content_type;
use crate::web::site::Site;

/// How long `security.txt` is valid. RFC 9116 (section 2.5.5) recommends less than a year; it expires soon
/// after the service stops.
const VALID_TIME: Duration = Duration::from_hours(90 * 24);

#[derive(Template)]
#[template(path = "robots.txt")]
struct Robots {
    address: String,
}

#[derive(Template)]
#[template(path = "sitemap.xml")]
struct Sitemap {
    address: String,
}

#[derive(Template)]
#[template(path = "security.txt")]
struct SecurityText<'a> {
    contact: &'a str,
    expires: String,
    address: String,
}

/// `GET /robots.txt`: allows everything, as the pages say themselves what crawlers must not index.
pub async fn robots(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let address = site.address(&request);
    Ok(text(Robots { address }.render()?))
}

/// `GET /sitemap.xml`: the pages that are not results.
pub async fn sitemap(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let address = site.address(&request);
    Ok(HttpResponse::Ok()
        .content_type(content_type("application/xml; charset=utf-8")?)
        .body(Sitemap { address }.render()?))
}

/// `GET /.well-known/security.txt`: the contact for security reports (RFC 9116), if one is set.
pub async fn security(
    request: HttpRequest,
    site: Data<Site>,
) -> Result<HttpResponse, RequestError> {
    let contact = site.security_contact.as_deref().ok_or(RequestError::NotFound)?;
    let expires = format_rfc3339_seconds(SystemTime::now() + VALID_TIME).to_string();
    let address = site.address(&request);
    let security = SecurityText { contact, expires, address };
    Ok(text(security.render()?))
}

fn text(text: String) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(text)
}

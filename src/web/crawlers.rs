//! What programs look for that read all of the web: `/robots.txt`, `/sitemap.xml` and
//! `/.well-known/security.txt`.

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::delivery::content_type;
use super::origin::origin;
use super::{Error, Site};

/// How long what `security.txt` says can be trusted, in days: whoever stops the service stops saying it,
/// and RFC 9116 (section 2.5.5) asks for less than a year.
const TRUSTED: i64 = 90;

/// What crawlers are to leave out.
#[derive(Template)]
#[template(path = "robots.txt")]
struct Robots {
    origin: String,
}

/// The pages that search engines are to know.
#[derive(Template)]
#[template(path = "sitemap.xml")]
struct Sitemap {
    origin: String,
}

/// Whom to tell of a weakness, as RFC 9116 has it.
#[derive(Template)]
#[template(path = "security.txt")]
struct Security<'a> {
    contact: &'a str,
    expires: String,
    origin: String,
}

/// `GET /robots.txt`: the results have no end, and are not to be crawled.
pub async fn robots(request: HttpRequest) -> Result<HttpResponse, Error> {
    let origin = origin(&request);
    Ok(text(Robots { origin }.render()?))
}

/// `GET /sitemap.xml`: the pages that are not results.
pub async fn sitemap(request: HttpRequest) -> Result<HttpResponse, Error> {
    let origin = origin(&request);
    Ok(HttpResponse::Ok()
        .content_type(content_type("application/xml; charset=utf-8")?)
        .body(Sitemap { origin }.render()?))
}

/// `GET /.well-known/security.txt`: whom to tell of a weakness, where that is set.
pub async fn security(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let contact = site.security_contact.as_deref().ok_or(Error::NotFound)?;
    let expires = Timestamp::now()
        .to_zoned(TimeZone::UTC)
        .saturating_add(TRUSTED.days())
        .date()
        .to_string();
    let origin = origin(&request);
    let security = Security {
        contact,
        expires,
        origin,
    };
    Ok(text(security.render()?))
}

fn text(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(text)
}

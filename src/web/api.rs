//! The service for programs: `/api` in words, `/openapi.json` for tools.

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::delivery::{Delivery, Keep, Memory};
use super::frame::Frame;
use super::number::LONGEST_NUMBER;
use super::origin::origin;
use super::problem_type::ProblemType;
use super::result_body::ResultBody;
use super::{Error, Limits, Site, assets, words};

const TITLE: &str = "API";

const DESCRIPTION: &str = "Exact Fibonacci numbers as text, JSON and CSV by plain GET requests, with \
     examples for curl.";

/// Every address, with examples whose answers are real.
#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage<'a> {
    frame: Frame<'a>,
    origin: String,
    limits: Limits,
}

/// The same for tools.
#[derive(Template)]
#[template(path = "openapi.json", escape = "none")]
struct OpenApi {
    limits: Limits,
    version: &'static str,
}

/// `GET /api`: how scripts ask.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let origin = origin(&request);
    // The tag is short, however long a name is asked for.
    let key = assets::hash(origin.as_bytes());
    let page = ApiPage {
        frame: Frame::new(&site, TITLE, DESCRIPTION).indexed(),
        origin,
        limits: site.limits,
    };
    let text = page.render()?;
    whole(
        text,
        &Delivery::new(&request, &site, key, Keep::Privately),
        ContentType::html(),
    )
    .await
}

/// `GET /openapi.json`: a description for tools that read `OpenAPI` 3.1.
pub async fn openapi(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let description = OpenApi {
        limits: site.limits,
        version: env!("CARGO_PKG_VERSION"),
    };
    let text = description.render()?;
    let version = env!("CARGO_PKG_VERSION");
    whole(
        text,
        &Delivery::new(&request, &site, version, Keep::AWhile),
        ContentType::json(),
    )
    .await
}

async fn whole(
    text: String,
    delivery: &Delivery<'_>,
    kind: ContentType,
) -> Result<HttpResponse, Error> {
    let length = text.len() as u64;
    let make = async |range| Ok(ResultBody::part(text, range));
    delivery
        .bytes(kind, length, Memory::Text(length), make)
        .await
}

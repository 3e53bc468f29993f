//! The API: `/api` for people, `/openapi.json` for tools.

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use crate::build_info::VERSION;
use crate::web::error::RequestError;
use crate::web::error::problem_type::ProblemType;
use crate::web::format;
use crate::web::layout::Layout;
use crate::web::limits::Limits;
use crate::web::request::digits::MAX_DIGITS;
use crate::web::response::cache_policy::CachePolicy;
use crate::web::response::conditional::ConditionalResponse;
use crate::web::site::Site;

const TITLE: &str = "API";

const DESCRIPTION: &str = "Exact Fibonacci numbers as text, JSON and CSV by plain GET requests, with \
     examples for curl.";

/// Every address, with examples whose responses are real.
#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage<'a> {
    layout: Layout<'a>,
    /// The address of the service.
    address: String,
    limits: Limits,
}

/// The same as an `OpenAPI` description.
#[derive(Template)]
#[template(path = "openapi.json", escape = "none")]
struct OpenApi<'a> {
    /// The base path.
    base: &'a str,
    limits: Limits,
    version: &'static str,
}

/// `GET /api`: the API, with examples.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let address = site.address(&request);
    let response = ConditionalResponse::new(&request, &site, &address, CachePolicy::Private);
    let render = async || {
        let page = ApiPage {
            layout: Layout::new(&site, TITLE, DESCRIPTION).indexed(),
            address: address.clone(),
            limits: site.limits,
        };
        Ok(page.render()?)
    };
    // Not `page`, whose cache anyone could fill with hosts of their own.
    response.text(ContentType::html(), render).await
}

/// `GET /openapi.json`: a description in `OpenAPI` 3.1.
pub async fn openapi(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let render = async || {
        let description = OpenApi { base: &site.base_path, limits: site.limits, version: VERSION };
        Ok(description.render()?)
    };
    ConditionalResponse::new(&request, &site, VERSION, CachePolicy::Revalidate)
        .text(ContentType::json(), render)
        .await
}

//! The body of an error response, in the representation that the path or the client selects.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, ALLOW, CONTENT_RANGE, ContentType, HeaderName, HeaderValue, RETRY_AFTER,
};
use actix_web::web::Data;
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use askama::Template;
use log::error;
use serde::Serialize;

use super::RequestError;
use super::suggestions::{Link, suggestions};
use crate::web::layout::Layout;
use crate::web::request::parameter::Parameter;
use crate::web::request::query;
use crate::web::request::representation::Representation;
use crate::web::request_context::RequestContext;
use crate::web::site::Site;

/// What went wrong, what to request instead, and the form with the text that was typed.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    layout: Layout<'a>,
    /// The problem in a few words.
    heading: &'static str,
    /// The sentence, unless it is at a field of the form.
    detail: Option<String>,
    suggestions: Vec<Link>,
    form: Form,
}

/// The form on the page.
enum Form {
    /// For the first n terms, or the nth.
    Number,
    /// For a range of terms.
    Range,
    /// For the index of a number.
    Index,
    /// For a remainder.
    Remainder,
    /// For the terms up to a value.
    UpTo,
}

/// An error for programs, as in RFC 9457. Without a `type`, the title is the reason phrase.
#[derive(Serialize)]
struct Problem<'a> {
    /// The address of the description.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    title: &'a str,
    status: u16,
    detail: String,
    /// Addresses of what was meant, or of what comes closest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    instead: Vec<String>,
}

/// The headers that the response keeps when it gets its body.
const KEPT: [HeaderName; 3] = [ALLOW, CONTENT_RANGE, RETRY_AFTER];

/// What an error page needs of the request.
pub struct RequestParts<'a> {
    pub site: Option<&'a Site>,
    pub path: &'a str,
    pub query: &'a str,
    /// The `Accept` header.
    pub accept: Option<&'a HeaderValue>,
}

/// Adds the body to a response with status 400 or higher, and logs the cause of a failure.
pub fn with_error_body(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    if !(response.status().is_client_error() || response.status().is_server_error()) {
        return response;
    }
    let (request, response) = response.into_parts();
    let refused = RequestError::Refused(response.status());
    let error = response.error().and_then(actix_web::Error::as_error).unwrap_or(&refused);
    let cause = match (error, response.error()) {
        (RequestError::Internal(cause), _) => Some(cause.to_string()),
        (RequestError::Refused(status), Some(cause)) if status.is_server_error() => {
            Some(cause.to_string())
        }
        _ => None,
    };
    if let Some(cause) = cause {
        let context = RequestContext::of(&request);
        let id = context.as_ref().map_or("", |context| context.id.as_str());
        log_cause(id, &cause);
    }
    let site = request.app_data::<Data<Site>>();
    let parts = RequestParts {
        site: site.map(|site| &***site),
        path: request.match_info().as_str(),
        query: request.query_string(),
        accept: request.headers().get(ACCEPT),
    };
    let mut with_body = error_response(error, &parts);
    for name in KEPT {
        if let Some(value) = response.headers().get(&name) {
            with_body.headers_mut().insert(name, value.clone());
        }
    }
    ServiceResponse::new(request, with_body)
}

/// Logs the cause of a failure under the request's id, which the client gets. Nothing else logs causes.
pub fn log_cause(request_id: &str, cause: &str) {
    error!(request_id; "{cause}");
}

/// The response for an error, without headers that depend on the error.
pub fn error_response(error: &RequestError, parts: &RequestParts<'_>) -> HttpResponse {
    let mut response = HttpResponse::build(error.status_code());
    match Representation::of_error(parts.path, parts.accept) {
        Representation::Html => html(response, error, parts),
        Representation::Text => text(response, error),
        Representation::Json => {
            let links =
                parts.site.map(|site| suggestions(error, parts.path, parts.query, site.limits));
            let links = links.unwrap_or_default().into_iter();
            let base = parts.site.map_or("", |site| &site.base_path);
            response.content_type("application/problem+json").json(Problem {
                kind: error.problem_type().map(|kind| kind.address(base)),
                title: title(error),
                status: error.status_code().as_u16(),
                detail: error.to_string(),
                instead: links.map(|link| format!("{base}{}", link.address)).collect(),
            })
        }
    }
}

fn html(
    mut response: HttpResponseBuilder,
    error: &RequestError,
    parts: &RequestParts<'_>,
) -> HttpResponse {
    match parts.site.map(|site| page(error, parts, site).render()) {
        Some(Ok(page)) => response.content_type(ContentType::html()).body(page),
        Some(Err(_)) | None => text(response, error),
    }
}

fn page<'a>(error: &'a RequestError, parts: &RequestParts<'_>, site: &'a Site) -> ProblemPage<'a> {
    let RequestParts { path, query, .. } = *parts;
    let (sentence, heading) = (error.to_string(), heading(error));
    let problem = error.field().map_or(heading, |_| sentence.as_str());
    let mut layout = Layout::new(site, format!("Problem: {problem}"), sentence.as_str());
    for field in Parameter::ALL {
        if let Some(typed) = query::values(query, field.name()).first() {
            layout = layout.with_typed(field, typed);
        }
    }
    if path == "/nth" {
        layout = layout.with_enter_for_nth();
    }
    let has_from = error.field() == Some(Parameter::From) || !layout.from.typed.is_empty();
    let has_value = error.field() == Some(Parameter::UpTo) || !layout.upto.typed.is_empty();
    let has_modulus = error.field() == Some(Parameter::Mod) || !layout.modulus.typed.is_empty();
    let form = match path {
        "/index" => Form::Index,
        "/nth" if has_modulus => Form::Remainder,
        "/first" if has_value => Form::UpTo,
        "/first" if has_from => Form::Range,
        _ => Form::Number,
    };
    let (layout, detail) = match error.field() {
        Some(field) => (layout.with_problem(field, sentence), None),
        None => (layout, Some(sentence)),
    };
    ProblemPage {
        layout,
        heading,
        detail,
        suggestions: suggestions(error, path, query, site.limits),
        form,
    }
}

fn text(mut response: HttpResponseBuilder, error: &RequestError) -> HttpResponse {
    response.content_type(ContentType::plaintext()).body(format!("{error}\n"))
}

/// The heading of the page.
fn heading(error: &RequestError) -> &'static str {
    match error {
        RequestError::Parameter(_) => "Check the number",
        RequestError::NotFound => "Page not found",
        _ => title(error),
    }
}

/// The title of the problem type, or the reason phrase of the status.
fn title(error: &RequestError) -> &'static str {
    match (error.problem_type(), error.status_code()) {
        (Some(kind), _) => kind.title,
        // The library still has the names from before RFC 9110.
        (None, StatusCode::PAYLOAD_TOO_LARGE) => "Content Too Large",
        (None, StatusCode::UNPROCESSABLE_ENTITY) => "Unprocessable Content",
        (None, status) => status.canonical_reason().unwrap_or("Error"),
    }
}

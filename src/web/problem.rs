//! The page of an error, in the form that was asked for.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_RANGE, ContentType, HeaderName, RETRY_AFTER};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpResponse, HttpResponseBuilder, ResponseError};
use askama::Template;
use log::error;
use serde::Serialize;

use super::frame::Frame;
use super::number::{LONGEST_NUMBER, Parameter};
use super::problem_type::ProblemType;
use super::remedy::{Link, instead};
use super::representation::Representation;
use super::{Error, RequestId, Site, query, words};

/// What went wrong, what there is instead, and the form to try again, with what was typed still in it.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame<'a>,
    /// What is wrong, in a few words.
    title: &'a str,
    /// The sentence, where it is not tied to a form's field.
    detail: Option<String>,
    instead: Vec<Link>,
    form: Form,
}

/// Which form a page of a problem has.
enum Form {
    /// For the first n terms, or the nth.
    Number,
    /// For some terms from another than the first on.
    Window,
    /// For a number that is looked up.
    Index,
}

/// An error for programs, as RFC 9457 has it. Without a `type` its title is the status in words.
#[derive(Serialize)]
struct Problem<'a> {
    /// Where this kind of problem is described.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    title: &'a str,
    status: u16,
    detail: String,
    /// Addresses that have what was asked for, or what comes nearest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    instead: Vec<String>,
}

/// What an error says in a header, and keeps when it gets its page: which methods there are, how long
/// the whole is of which a part was asked for, when to ask again.
const KEPT: [HeaderName; 3] = [ALLOW, CONTENT_RANGE, RETRY_AFTER];

/// A request, as far as its error page needs it.
pub struct Asked<'a> {
    pub site: Option<&'a Site>,
    pub path: &'a str,
    pub query: &'a str,
}

/// Gives a response of status 400 or more its error page, and logs the cause of a failure.
pub fn with_error_page(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    if !(response.status().is_client_error() || response.status().is_server_error()) {
        return response;
    }
    let (request, response) = response.into_parts();
    let refused = Error::Refused(response.status());
    let error = response
        .error()
        .and_then(actix_web::Error::as_error)
        .unwrap_or(&refused);
    let cause = match (error, response.error()) {
        (Error::Internal(cause), _) => Some(cause.to_string()),
        (Error::Refused(status), Some(cause)) if status.is_server_error() => {
            Some(cause.to_string())
        }
        _ => None,
    };
    if let Some(cause) = cause {
        let extensions = request.extensions();
        log_cause(extensions.get().map_or("", RequestId::as_str), &cause);
    }
    let site = request.app_data::<Data<Site>>();
    let asked = Asked {
        site: site.map(|site| &***site),
        path: request.match_info().as_str(),
        query: request.query_string(),
    };
    let mut page = error_page(error, &asked);
    for name in KEPT {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    ServiceResponse::new(request, page)
}

/// The one place where the cause of a failure is logged, under the request's id, which the visitor sees.
pub fn log_cause(request_id: &str, cause: &str) {
    error!(request_id; "{cause}");
}

/// The page of an error, in the form that was asked for.
pub fn error_page(error: &Error, asked: &Asked<'_>) -> HttpResponse {
    let mut answer = HttpResponse::build(error.status_code());
    match Representation::of(asked.path) {
        Representation::Html => html(answer, error, asked),
        Representation::Text => text(answer, error),
        Representation::Json => {
            let links = asked
                .site
                .map(|site| instead(error, asked.path, asked.query, site.limits));
            answer
                .content_type("application/problem+json")
                .json(Problem {
                    kind: error.problem_type().map(ProblemType::address),
                    title: title(error),
                    status: error.status_code().as_u16(),
                    detail: error.to_string(),
                    instead: links
                        .into_iter()
                        .flatten()
                        .map(|link| link.address)
                        .collect(),
                })
        }
    }
}

fn html(mut answer: HttpResponseBuilder, error: &Error, asked: &Asked<'_>) -> HttpResponse {
    let rendered = asked.site.map(|site| page(error, asked, site).render());
    match rendered {
        Some(Ok(page)) => answer.content_type(ContentType::html()).body(page),
        Some(Err(_)) | None => text(answer, error),
    }
}

fn page<'a>(error: &'a Error, asked: &Asked<'_>, site: &'a Site) -> ProblemPage<'a> {
    let Asked { path, query, .. } = *asked;
    let (sentence, title) = (error.to_string(), title(error));
    let named = error.field().map_or(title, |_| sentence.as_str());
    let mut frame = Frame::new(site, format!("Problem: {named}"), sentence.as_str());
    for field in [Parameter::N, Parameter::From, Parameter::Of] {
        if let Some(typed) = query::values(query, field.name()).first() {
            frame = frame.with_typed(field, typed);
        }
    }
    if path == "/nth" {
        frame = frame.with_enter_for_nth();
    }
    let has_from = error.field() == Some(Parameter::From) || !frame.from.typed.is_empty();
    let form = match path {
        "/index" => Form::Index,
        "/first" if has_from => Form::Window,
        _ => Form::Number,
    };
    let (frame, detail) = match error.field() {
        Some(field) => (frame.with_problem(field, sentence), None),
        None => (frame, Some(sentence)),
    };
    ProblemPage {
        frame,
        title,
        detail,
        instead: instead(error, path, query, site.limits),
        form,
    }
}

fn text(mut answer: HttpResponseBuilder, error: &Error) -> HttpResponse {
    answer
        .content_type(ContentType::plaintext())
        .body(format!("{error}\n"))
}

/// What is wrong in a few words: those of its kind, or else of its status, as RFC 9110 has them.
fn title(error: &Error) -> &'static str {
    match (error.problem_type(), error.status_code()) {
        (Some(kind), _) => kind.title,
        // Renamed since the names that the library knows.
        (None, StatusCode::PAYLOAD_TOO_LARGE) => "Content Too Large",
        (None, StatusCode::UNPROCESSABLE_ENTITY) => "Unprocessable Content",
        (None, status) => status.canonical_reason().unwrap_or("Error"),
    }
}

//! The page of an error, in the form that was asked for.

use std::fmt::Display;

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_RANGE, ContentType, HeaderName, RETRY_AFTER};
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use askama::Template;
use log::error;
use serde::Serialize;

use super::frame::Frame;
use super::representation::Representation;
use super::{Error, RequestId, Site, query};

/// What went wrong, and the form to try again, with what was typed still in it.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame<'a>,
    /// The status in words.
    title: &'a str,
    /// The sentence, where it is not tied to the form's field.
    detail: Option<String>,
}

/// An error for programs, as RFC 9457 has it. Without a `type` its title is the status in words.
#[derive(Serialize)]
struct Problem<'a> {
    title: &'a str,
    status: u16,
    detail: String,
}

/// What an error says in a header, and keeps when it gets its page: which methods there are, how long
/// the whole is of which a part was asked for, when to ask again.
const KEPT: [HeaderName; 3] = [ALLOW, CONTENT_RANGE, RETRY_AFTER];

/// The middleware that gives every answer of status 400 and up its page.
#[must_use]
pub fn error_pages<B: 'static>() -> ErrorHandlers<B> {
    ErrorHandlers::new().default_handler(|response: ServiceResponse<B>| {
        let (request, response) = response.into_parts();
        let refused = Error::Refused(response.status());
        let error = response
            .error()
            .and_then(actix_web::Error::as_error)
            .unwrap_or(&refused);
        if let Error::Internal(cause) = error {
            log_cause(&request, cause);
        } else if let Some(cause) = response.error()
            && matches!(error, Error::Refused(status) if status.is_server_error())
        {
            log_cause(&request, cause);
        }
        let mut answer = answer(error, &request);
        for name in KEPT {
            if let Some(value) = response.headers().get(&name) {
                answer.headers_mut().insert(name, value.clone());
            }
        }
        let response = ServiceResponse::new(request, answer).map_into_right_body();
        Ok(ErrorHandlerResponse::Response(response))
    })
}

/// The one place where a cause is told: to the log, under the id that the visitor has.
fn log_cause(request: &HttpRequest, cause: &dyn Display) {
    let extensions = request.extensions();
    let id = extensions.get().map_or("", RequestId::as_str);
    error!(request_id = id; "{cause}");
}

fn answer(error: &Error, request: &HttpRequest) -> HttpResponse {
    let status = error.status_code();
    let mut answer = HttpResponse::build(status);
    match Representation::of(request.match_info().as_str()) {
        Representation::Html => html(answer, error, request),
        Representation::Text => text(answer, error),
        Representation::Json => answer
            .content_type("application/problem+json")
            .json(Problem {
                title: title(status),
                status: status.as_u16(),
                detail: error.to_string(),
            }),
    }
}

fn html(mut answer: HttpResponseBuilder, error: &Error, request: &HttpRequest) -> HttpResponse {
    let site = request.app_data::<Data<Site>>();
    let rendered = site.map(|site| {
        let mut frame = Frame::new(site);
        if let Some(typed) = query::values(request.query_string(), "n").first() {
            frame = frame.with_typed(typed);
        }
        if request.path() == "/nth" {
            frame = frame.with_enter_for_nth();
        }
        let sentence = error.to_string();
        let (frame, detail) = if error.is_about_the_number() {
            (frame.with_problem(sentence), None)
        } else {
            (frame, Some(sentence))
        };
        ProblemPage {
            frame,
            title: title(error.status_code()),
            detail,
        }
        .render()
    });
    match rendered {
        Some(Ok(page)) => answer.content_type(ContentType::html()).body(page),
        Some(Err(_)) | None => text(answer, error),
    }
}

fn text(mut answer: HttpResponseBuilder, error: &Error) -> HttpResponse {
    answer
        .content_type(ContentType::plaintext())
        .body(format!("{error}\n"))
}

/// The status in words, as RFC 9110 has them.
fn title(status: StatusCode) -> &'static str {
    match status {
        // Renamed since the names that the library knows.
        StatusCode::PAYLOAD_TOO_LARGE => "Content Too Large",
        StatusCode::UNPROCESSABLE_ENTITY => "Unprocessable Content",
        _ => status.canonical_reason().unwrap_or("Error"),
    }
}

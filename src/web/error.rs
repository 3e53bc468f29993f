//! Why a request has no result.

use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentRange, ContentRangeSpec, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

use super::NumberError;
use super::words::{bytes, digits, terms};
use crate::engine;
use crate::fibonacci::length;

/// Why a request has no result. Its text is what the visitor reads; a cause is for the log alone.
#[derive(Debug)]
pub enum Error {
    /// `n` is not a number that can be read. 422.
    Number(NumberError),
    /// A longer list than `MAX_FIRST` terms. 422.
    ListTooLong {
        /// How many terms were asked for.
        count: u64,
        /// How many there may be.
        limit: u64,
    },
    /// The text of a single term past `MAX_NTH`. 422.
    TermTooLong {
        /// Which was asked for.
        index: u64,
        /// The last that there may be.
        limit: u64,
    },
    /// A page that the list does not have. 404.
    NoSuchPage {
        /// How many pages it has.
        pages: u64,
    },
    /// A part that starts past the end. 416.
    NoSuchRange {
        /// How many bytes the whole has.
        length: u64,
    },
    /// A path that is not there. 404.
    NotFound,
    /// A method other than GET and HEAD. 405.
    MethodNotAllowed,
    /// The service is stopping. 503.
    Draining,
    /// There is no room for it now. 503.
    Busy {
        /// After how long there should be, in seconds.
        seconds: u64,
    },
    /// Our fault. 500.
    Internal(Box<dyn std::error::Error + Send + Sync>),
    /// What a library refused before or after us, with its status.
    Refused(StatusCode),
}

impl Error {
    /// Whether the number in the form is at fault, and another would do.
    #[must_use]
    pub fn is_about_the_number(&self) -> bool {
        match self {
            Self::Number(_) | Self::ListTooLong { .. } | Self::TermTooLong { .. } => true,
            Self::NoSuchPage { .. }
            | Self::NoSuchRange { .. }
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Draining
            | Self::Busy { .. }
            | Self::Internal(_)
            | Self::Refused(_) => false,
        }
    }
}

impl From<engine::Error> for Error {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Busy(wait) => Self::Busy {
                seconds: wait.as_secs() + 1,
            },
            engine::Error::Failed => Self::Internal(error.into()),
        }
    }
}

impl From<Arc<Error>> for Error {
    /// The same once more, for each of those who waited for the same.
    fn from(error: Arc<Self>) -> Self {
        match &*error {
            Self::Busy { seconds } => Self::Busy { seconds: *seconds },
            Self::Internal(cause) => Self::Internal(cause.to_string().into()),
            // What is made for several is made after all else about a request is found to be right.
            other => Self::Internal(other.to_string().into()),
        }
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Number(_) | Self::ListTooLong { .. } | Self::TermTooLong { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::NoSuchPage { .. } | Self::NotFound => StatusCode::NOT_FOUND,
            Self::NoSuchRange { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Draining | Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Refused(status) => *status,
        }
    }

    /// The status, and the headers that go with it: `error_pages` knows the request and adds the
    /// rest.
    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        match self {
            Self::NoSuchRange { length } => {
                answer.insert_header(ContentRange(ContentRangeSpec::Bytes {
                    range: None,
                    instance_length: Some(*length),
                }));
            }
            Self::Busy { seconds } => {
                answer.insert_header((RETRY_AFTER, *seconds));
            }
            Self::MethodNotAllowed => {
                answer.insert_header((ALLOW, "GET, HEAD"));
            }
            _ => {}
        }
        answer.finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(error) => error.fmt(out),
            Self::ListTooLong { count, limit } => write!(
                out,
                "The first {} would be about {} of text. A list here has at most {} ({}).",
                terms(*count),
                bytes(list_bytes(*count)),
                terms(*limit),
                bytes(list_bytes(*limit)),
            ),
            Self::TermTooLong { index, limit } => write!(
                out,
                "F({index}) has {}. As text a term here goes up to n = {limit} ({}); the page and .json of \
                 this one have its two ends.",
                digits(length::digits(*index)),
                digits(length::digits(*limit)),
            ),
            Self::NoSuchPage { pages: 1 } => {
                write!(
                    out,
                    "This list has one page only. Remove page from the address."
                )
            }
            Self::NoSuchPage { pages } => write!(
                out,
                "This list has the pages 1 to {pages}. Put one of these into the address."
            ),
            Self::NoSuchRange { length } => write!(
                out,
                "The range asked for is not in it: there are {length} bytes, numbered from 0."
            ),
            Self::NotFound => write!(out, "There is nothing at this address."),
            Self::MethodNotAllowed => {
                write!(out, "This address can only be read: use GET or HEAD.")
            }
            Self::Draining => write!(
                out,
                "This instance is stopping. Ask again, and another one will answer."
            ),
            Self::Busy { seconds: 1 } => {
                write!(
                    out,
                    "There is no room for this right now. Ask again in a second."
                )
            }
            Self::Busy { seconds } => write!(
                out,
                "There is no room for this right now. Ask again in {seconds} seconds."
            ),
            Self::Internal(_) => write!(
                out,
                "Something went wrong here; it is not your fault. Try again in a moment."
            ),
            Self::Refused(status) => out.write_str(refusal(*status)),
        }
    }
}

/// About how many bytes the text of the first `count` terms has.
#[expect(clippy::cast_precision_loss, reason = "it is about")]
fn list_bytes(count: u64) -> f64 {
    length::about_digits_of_terms(count) + count as f64
}

/// What to say of a status that a library chose.
fn refusal(status: StatusCode) -> &'static str {
    match status {
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive. Send it again.",
        StatusCode::PAYLOAD_TOO_LARGE => "The request has a body. Send it without one.",
        StatusCode::URI_TOO_LONG => "The address is too long. Nothing here needs such a long one.",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "The headers of the request are too large. Send fewer or shorter ones."
        }
        StatusCode::RANGE_NOT_SATISFIABLE => "The range asked for is not in the file.",
        StatusCode::PRECONDITION_FAILED => "What is here is not what the request expects.",
        status if status.is_server_error() => {
            "Something went wrong here; it is not your fault. Try again in a moment."
        }
        _ => "This request could not be understood. Check the address and its headers.",
    }
}

//! Why a request has no result.

use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentRange, ContentRangeSpec, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

use super::number::{Index, LONGEST_NUMBER, Parameter};
use super::problem_type::ProblemType;
use super::window::Window;
use super::words::{bytes, digits, terms};
use super::{Limits, NumberError};
use crate::engine;
use crate::fibonacci::length;

/// Why a request has no result. Its text is what the visitor reads; a cause is for the log alone.
#[derive(Debug)]
pub enum Error {
    /// A parameter is not a number that can be read. 422.
    Number(Parameter, NumberError),
    /// A heavier list than `MAX_FIRST` terms from F(0). 422.
    ListTooLong {
        /// What was asked for.
        window: Window,
        /// What there may be.
        limits: Limits,
    },
    /// The text of a single term past `MAX_NTH`. 422.
    TermTooLong {
        /// Which was asked for.
        index: Index,
        /// The last that there may be.
        limit: u64,
    },
    /// A number that is too long to be looked up. 422.
    NumberTooLong {
        /// How many digits it has.
        digits: usize,
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
    /// The field of a form that is at fault, where another number in it would do.
    #[must_use]
    pub fn field(&self) -> Option<Parameter> {
        match self {
            Self::Number(parameter, _) => Some(*parameter),
            // That far out no number of terms would do.
            Self::ListTooLong { window, limits } if window.longest(*limits) == 0 => {
                Some(Parameter::From)
            }
            Self::ListTooLong { .. } | Self::TermTooLong { .. } => Some(Parameter::N),
            Self::NumberTooLong { .. } => Some(Parameter::Of),
            Self::NoSuchPage { .. }
            | Self::NoSuchRange { .. }
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Draining
            | Self::Busy { .. }
            | Self::Internal(_)
            | Self::Refused(_) => None,
        }
    }

    /// What kind of problem it is; none where a library knows only a status.
    #[must_use]
    pub const fn problem_type(&self) -> Option<ProblemType> {
        match self {
            Self::Number(..) => Some(ProblemType::INVALID_NUMBER),
            Self::ListTooLong { .. } => Some(ProblemType::LIST_TOO_LONG),
            Self::TermTooLong { .. } => Some(ProblemType::TERM_TOO_LONG),
            Self::NumberTooLong { .. } => Some(ProblemType::NUMBER_TOO_LONG),
            Self::NoSuchPage { .. } => Some(ProblemType::NO_SUCH_PAGE),
            Self::NoSuchRange { .. } => Some(ProblemType::NO_SUCH_RANGE),
            Self::NotFound => Some(ProblemType::NOT_FOUND),
            Self::MethodNotAllowed => Some(ProblemType::METHOD_NOT_ALLOWED),
            Self::Draining => Some(ProblemType::STOPPING),
            Self::Busy { .. } => Some(ProblemType::BUSY),
            Self::Internal(_) => Some(ProblemType::INTERNAL),
            Self::Refused(_) => None,
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
        match (self.problem_type(), self) {
            (Some(kind), _) => kind.status,
            (None, Self::Refused(status)) => *status,
            (None, _) => StatusCode::INTERNAL_SERVER_ERROR,
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
            Self::Number(_, error) => error.fmt(out),
            Self::ListTooLong { window, limits } => list_too_long(*window, *limits, out),
            Self::TermTooLong { index, limit } => write!(
                out,
                "F({index}) has {}. As text a term here goes up to n = {limit} ({}); the page and .json of \
                 this one have its two ends.",
                digits(length::digits(index.magnitude)),
                digits(length::digits(*limit)),
            ),
            Self::NumberTooLong { digits: count } => write!(
                out,
                "A number of {} is too long to look up. It may have up to {}.",
                digits(*count),
                digits(LONGEST_NUMBER),
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

fn list_too_long(window: Window, limits: Limits, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let limit = Window::first(limits.max_first);
    let weight = bytes(window.about_bytes());
    if window.from == 0 {
        let terms = terms(window.count);
        write!(out, "The first {terms} would be about {weight} of text. ")?;
    } else {
        let (terms, from) = (terms(window.count), window.from);
        write!(
            out,
            "{terms} from F({from}) on would be about {weight} of text. "
        )?;
    }
    write!(
        out,
        "A list here has at most {} ({})",
        terms(limit.count),
        bytes(limit.about_bytes())
    )?;
    match window.longest(limits) {
        _ if window.from == 0 => out.write_str("."),
        0 => write!(
            out,
            ", and goes no further than F({}).",
            limits.last_whole()
        ),
        longest => write!(out, ", and from there on at most {}.", terms(longest)),
    }
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

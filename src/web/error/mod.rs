//! Errors: why a request has no result, and the response that says so.

pub(crate) mod page;
pub(crate) mod problem_type;
pub(crate) mod suggestions;

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentRange, ContentRangeSpec, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use fibonacci::length;

use self::problem_type::ProblemType;
use crate::engine::error::EngineError;
use crate::web::format::{bytes, digits, grouped, term, terms};
use crate::web::limits::Limits;
use crate::web::request::digits::MAX_DIGITS;
use crate::web::request::number::Index;
use crate::web::request::parameter::{InvalidParameter, Parameter};
use crate::web::request::term_range::TermRange;

/// The sentence for every failure of the service itself. The cause is logged.
const APOLOGY: &str =
    "Something went wrong on the server; it is not your fault. Try again in a moment.";

/// When to retry if memory is short, in seconds: most clients have read their responses by then.
const MEMORY_RETRY_SECONDS: u64 = 5;

/// Why a request has no result. The display text is a sentence for the visitor.
#[derive(Debug)]
pub enum RequestError {
    /// A parameter is not one valid number. 422.
    Parameter(InvalidParameter),
    /// A list with more bytes than the first `MAX_FIRST` terms, or past the last allowed index. 422.
    ListTooLong {
        /// The requested terms.
        range: TermRange,
        /// The limits that it exceeds.
        limits: Limits,
    },
    /// The text of a term past `MAX_NTH`. 422.
    TermTooLong {
        /// The requested index.
        index: Index,
        /// The largest allowed index.
        limit: u64,
    },
    /// A number of more than `MAX_DIGITS` digits. 422.
    NumberTooLong {
        /// The parameter that contains it.
        parameter: Parameter,
        /// The number of its digits.
        digits: usize,
    },
    /// A path and query that are longer than any number needs. 414.
    AddressTooLong {
        /// The parameter with the long number.
        parameter: Option<Parameter>,
    },
    /// A page that the list does not have. 404.
    NoSuchPage {
        /// The number of pages that it has.
        pages: u64,
    },
    /// A digit that a term does not have. 404.
    NoSuchDigit {
        /// The index of the term.
        index: Index,
        /// The number of its digits.
        digits: u64,
    },
    /// A byte range that starts past the end. 416.
    NoSuchRange {
        /// The length of the result in bytes.
        length: u64,
    },
    /// An unknown path. 404.
    NotFound,
    /// A method that the path does not support. 405.
    MethodNotAllowed {
        /// Those that it does, as in `Allow`.
        allowed: &'static str,
    },
    /// A body that is longer than any allowed number. 413.
    BodyTooLong,
    /// A body without a length. 411.
    BodyWithoutLength,
    /// A body whose type cannot contain a number. 415.
    BodyType,
    /// The service is shutting down. 503.
    ShuttingDown,
    /// The service is overloaded. 503.
    Busy {
        /// When to retry, in seconds.
        seconds: u64,
    },
    /// The service failed. 500.
    Internal(Box<dyn std::error::Error + Send + Sync>),
    /// A bare status, from a library or the middleware. That status.
    Refused(StatusCode),
}

impl RequestError {
    /// The form field at fault, if another number in it would help.
    pub(crate) fn field(&self) -> Option<Parameter> {
        match self {
            Self::Parameter(invalid) => Some(invalid.parameter),
            // From this start, no number of terms would fit.
            Self::ListTooLong { range, limits } if range.max_count(*limits) == 0 => {
                Some(Parameter::From)
            }
            Self::ListTooLong { .. } | Self::TermTooLong { .. } => Some(Parameter::N),
            Self::NumberTooLong { parameter, .. } => Some(*parameter),
            Self::AddressTooLong { parameter } => *parameter,
            Self::NoSuchPage { .. }
            | Self::NoSuchDigit { .. }
            | Self::NoSuchRange { .. }
            | Self::NotFound
            | Self::MethodNotAllowed { .. }
            | Self::BodyTooLong
            | Self::BodyWithoutLength
            | Self::BodyType
            | Self::ShuttingDown
            | Self::Busy { .. }
            | Self::Internal(_)
            | Self::Refused(_) => None,
        }
    }

    /// Its problem type; none for a bare status.
    pub(crate) const fn problem_type(&self) -> Option<ProblemType> {
        match self {
            Self::Parameter(_) => Some(ProblemType::INVALID_NUMBER),
            Self::ListTooLong { .. } => Some(ProblemType::LIST_TOO_LONG),
            Self::TermTooLong { .. } => Some(ProblemType::TERM_TOO_LONG),
            Self::NumberTooLong { .. } => Some(ProblemType::NUMBER_TOO_LONG),
            Self::AddressTooLong { .. } => Some(ProblemType::ADDRESS_TOO_LONG),
            Self::NoSuchPage { .. } => Some(ProblemType::NO_SUCH_PAGE),
            Self::NoSuchDigit { .. } => Some(ProblemType::NO_SUCH_DIGIT),
            Self::NoSuchRange { .. } => Some(ProblemType::NO_SUCH_RANGE),
            Self::NotFound => Some(ProblemType::NOT_FOUND),
            Self::MethodNotAllowed { .. } => Some(ProblemType::METHOD_NOT_ALLOWED),
            Self::BodyTooLong => Some(ProblemType::BODY_TOO_LONG),
            Self::BodyWithoutLength => Some(ProblemType::BODY_WITHOUT_LENGTH),
            Self::BodyType => Some(ProblemType::BODY_TYPE),
            Self::ShuttingDown => Some(ProblemType::SHUTTING_DOWN),
            Self::Busy { .. } => Some(ProblemType::BUSY),
            Self::Internal(_) => Some(ProblemType::INTERNAL),
            Self::Refused(_) => None,
        }
    }
}

impl From<InvalidParameter> for RequestError {
    fn from(invalid: InvalidParameter) -> Self {
        Self::Parameter(invalid)
    }
}

impl From<EngineError> for RequestError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Busy(wait) => Self::Busy { seconds: wait.as_secs() + 1 },
            EngineError::OutOfMemory => Self::Busy { seconds: MEMORY_RETRY_SECONDS },
            EngineError::Failed(_) => Self::Internal(error.into()),
        }
    }
}

impl From<askama::Error> for RequestError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<serde_json::Error> for RequestError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl ResponseError for RequestError {
    fn status_code(&self) -> StatusCode {
        match (self.problem_type(), self) {
            (Some(kind), _) => kind.status,
            (None, Self::Refused(status)) => *status,
            (None, _) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The status and its headers. The middleware knows the request and adds the body; see `page`.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::NoSuchRange { length } => {
                response.insert_header(ContentRange(ContentRangeSpec::Bytes {
                    range: None,
                    instance_length: Some(*length),
                }));
            }
            Self::Busy { seconds } => {
                response.insert_header((RETRY_AFTER, *seconds));
            }
            Self::MethodNotAllowed { allowed } => {
                response.insert_header((ALLOW, *allowed));
            }
            _ => {}
        }
        response.finish()
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(invalid) => invalid.fmt(out),
            Self::ListTooLong { range, limits } => list_too_long(*range, *limits, out),
            Self::TermTooLong { index, limit } => write!(
                out,
                "{} has {}. Plain text is available up to n = {} ({}). The page and .json have its first \
                 and last digits.",
                term(index),
                digits(length::digits(index.magnitude)),
                grouped(limit),
                digits(length::digits(*limit)),
            ),
            Self::NumberTooLong { digits: count, .. } => write!(
                out,
                "A number of {} is too long. It can have at most {}.",
                digits(*count),
                digits(MAX_DIGITS),
            ),
            Self::AddressTooLong { parameter: Some(_) } => write!(
                out,
                "The number is too long. No number here can have more than {}.",
                digits(MAX_DIGITS),
            ),
            Self::AddressTooLong { parameter: None } => {
                out.write_str("The address is too long. Use a shorter one.")
            }
            Self::NoSuchPage { pages: 1 } => {
                out.write_str("This list has only one page. Remove page from the address.")
            }
            Self::NoSuchPage { pages } => {
                write!(out, "This list has pages 1 to {}. Choose one of them.", grouped(pages))
            }
            Self::NoSuchDigit { index, digits: count } => write!(
                out,
                "{} has {}. Choose a position from 1 to {}.",
                term(index),
                digits(count),
                grouped(count),
            ),
            Self::NoSuchRange { length } => write!(
                out,
                "The requested range is past the end: the result has {} bytes, numbered from 0.",
                grouped(length),
            ),
            Self::NotFound => out.write_str("There is no page at this address."),
            Self::MethodNotAllowed { allowed } => {
                write!(out, "This address supports only these methods: {allowed}.")
            }
            Self::BodyTooLong => write!(
                out,
                "The request body is too long. It can be a number of at most {}.",
                digits(MAX_DIGITS),
            ),
            Self::BodyWithoutLength => out.write_str(
                "The request body has no length. Send it with Content-Length rather than in chunks.",
            ),
            Self::BodyType => out.write_str(
                "The request body has the wrong type. Send the number as text/plain, or as a form: of=144.",
            ),
            Self::ShuttingDown => out.write_str(
                "This instance is shutting down. Try again: another instance will respond.",
            ),
            Self::Busy { seconds: 1 } => {
                out.write_str("The service is busy. Try again in 1 second.")
            }
            Self::Busy { seconds } => {
                write!(out, "The service is busy. Try again in {seconds} seconds.")
            }
            Self::Internal(_) => out.write_str(APOLOGY),
            Self::Refused(status) => out.write_str(refusal(*status)),
        }
    }
}

fn list_too_long(range: TermRange, limits: Limits, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let longest = TermRange::first(limits.max_first);
    let size = bytes(range.approximate_bytes());
    match (range.from, terms(range.count)) {
        (0, terms) => write!(out, "The first {terms} would be about {size} of text. ")?,
        (from, terms) => {
            write!(out, "{terms} from {} would be about {size} of text. ", term(from))?;
        }
    }
    write!(
        out,
        "A list can have at most {} ({})",
        terms(longest.count),
        bytes(longest.approximate_bytes())
    )?;
    match range.max_count(limits) {
        _ if range.from == 0 => out.write_str("."),
        0 => write!(out, " and cannot go past {}.", term(limits.last_index())),
        count => write!(out, "; from this start, at most {}.", terms(count)),
    }
}

/// The sentence for a status that a library or the middleware chose.
fn refusal(status: StatusCode) -> &'static str {
    match status {
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive. Send it again.",
        StatusCode::PAYLOAD_TOO_LARGE => "The request has a body. Send it without one.",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "The request headers are too large. Send fewer or shorter ones."
        }
        StatusCode::RANGE_NOT_SATISFIABLE => "The requested range is past the end of the file.",
        StatusCode::PRECONDITION_FAILED => "The result does not match the If-Match header.",
        status if status.is_server_error() => APOLOGY,
        _ => "The request is not valid. Check the address and the headers.",
    }
}

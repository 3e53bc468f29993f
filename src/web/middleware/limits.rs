//! Refuses requests that are too large.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::http::{Method, StatusCode};

use crate::web::error::RequestError;
use crate::web::request::digits::MAX_DIGITS;
use crate::web::request::parameter::Parameter;
use crate::web::request::query;

/// The maximum length of the path and query in bytes. RFC 9110 (section 4.1) recommends at least 8 000;
/// common servers accept 8 or 16 kB.
const MAX_TARGET: usize = 16_384;

/// The maximum sum of all header fields in bytes; common servers and proxies accept 8 to 32 kB. The
/// library refuses a head of more than 131 072 bytes before it becomes a request.
const MAX_FIELDS: usize = 32_768;

/// 414, 431 or 413 for a request that is too large.
pub fn refusal(request: &ServiceRequest) -> Option<RequestError> {
    let target = request.uri().path_and_query();
    if target.is_some_and(|target| target.as_str().len() > MAX_TARGET) {
        let query = request.query_string();
        let is_long = |parameter: &Parameter| {
            let values = query::values(query, parameter.name());
            values.iter().any(|value| value.len() > MAX_DIGITS)
        };
        return Some(RequestError::AddressTooLong {
            parameter: Parameter::ALL.into_iter().find(is_long),
        });
    }
    let fields: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum();
    if fields > MAX_FIELDS {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Some(RequestError::Refused(status));
    }
    // Other methods get 405 instead.
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    (reads && has_body(request)).then_some(RequestError::Refused(StatusCode::PAYLOAD_TOO_LARGE))
}

/// Whether the request announces a body.
pub fn has_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    headers.contains_key(TRANSFER_ENCODING)
        || headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0")
}

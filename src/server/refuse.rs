//! What is too large to be looked at.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;

use crate::web;

/// The longest path and query, in bytes: RFC 9110 (section 4.1) asks for 8 000 at least, and common
/// servers take 8 or 16 kB.
const LONGEST_TARGET: usize = 16_384;

/// The largest sum of header fields, in bytes, where common servers and proxies take 8 to 32 kB. (Past
/// 131 072 for the whole head, the library refuses it before it is a request.)
const LARGEST_FIELDS: usize = 32_768;

/// Answers 414, 431 or 413 to what is too large, whatever it asks for.
pub async fn refuse<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match refusal(&request).map(web::Error::Refused) {
        None => Ok(next.call(request).await?.map_into_left_body()),
        Some(error) => Ok(request.error_response(error).map_into_right_body()),
    }
}

fn refusal(request: &ServiceRequest) -> Option<StatusCode> {
    let target = request.uri().path_and_query();
    if target.is_some_and(|target| target.as_str().len() > LONGEST_TARGET) {
        return Some(StatusCode::URI_TOO_LONG);
    }
    let fields: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum();
    if fields > LARGEST_FIELDS {
        return Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    // With another method, that is what is wrong with it.
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    (reads && has_body(request)).then_some(StatusCode::PAYLOAD_TOO_LARGE)
}

/// Whether the request says that a body follows.
pub fn has_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    headers.contains_key(TRANSFER_ENCODING)
        || headers
            .get(CONTENT_LENGTH)
            .is_some_and(|length| length.as_bytes() != b"0")
}

//! The text in the body of a request.

use std::rc::Rc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::StreamExt;

use crate::engine::budget::Budget;
use crate::web::connection::Connection;
use crate::web::error::RequestError;
use crate::web::request_context::RequestContext;

/// The maximum length of a body in bytes: that of an address, so that both can contain the longest number.
const MAX_LENGTH: usize = 16_384;

/// The memory that reading a body takes, as a multiple of its length: in the HTTP library, as received, and decoded.
const MEMORY_FACTOR: u64 = 4;

/// The longest body for which no memory is reserved, in bytes: a connection has as much space anyway.
const SMALL_BODY: usize = 1_024;

/// The form of a text in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyType {
    /// A query: `of=144`.
    Form,
    /// The text itself.
    Plain,
}

/// Reads the body of a request.
///
/// # Errors
///
/// If it is too long, has another type or no length, memory is short, or the client does not send it all.
pub async fn read(
    request: &HttpRequest,
    budget: &Budget,
) -> Result<(BodyType, String), RequestError> {
    let kind = match request.content_type() {
        kind if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") => BodyType::Form,
        kind if kind.eq_ignore_ascii_case("text/plain") => BodyType::Plain,
        _ => return Err(RequestError::BodyType),
    };
    let headers = request.headers();
    // Without a length, the library would read on behind the body.
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err(RequestError::BodyWithoutLength);
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let length = length.unwrap_or(0);
    if length > MAX_LENGTH {
        return Err(RequestError::BodyTooLong);
    }
    let _reserved = match length {
        ..=SMALL_BODY => None,
        length => Some(budget.reserve(MEMORY_FACTOR * length as u64)?),
    };
    let context = RequestContext::of(request);
    let Some(mut body) = context.as_ref().and_then(|context| context.take_body()) else {
        return Ok((kind, String::new()));
    };
    let connection = request.conn_data::<Rc<Connection>>();
    if let Some(connection) = connection {
        connection.begin_body(length);
    }
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length
        && let Some(Ok(chunk)) = body.next().await
    {
        bytes.extend_from_slice(&chunk);
    }
    if let Some(connection) = connection {
        connection.begin_request();
    }
    if let Some(context) = context {
        context.hold(|held| held.unread = Some(body));
    }
    if bytes.len() < length {
        return Err(RequestError::Refused(StatusCode::BAD_REQUEST));
    }
    // Bytes that are not UTF-8 become U+FFFD, which no number contains.
    Ok((kind, String::from_utf8_lossy(&bytes).into_owned()))
}

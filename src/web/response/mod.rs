//! Building responses: conditional requests, ranges, compression, and bodies.

pub mod body;
pub mod cache_policy;
pub mod compression;
pub mod conditional;
pub mod json_integer;

use actix_web::http::header::ContentType;

use super::error::RequestError;

/// Parses a media type.
pub fn content_type(text: &'static str) -> Result<ContentType, RequestError> {
    text.parse().map(ContentType).map_err(|error| RequestError::Internal(Box::new(error)))
}

//! The id of a request, in its response and in every log line about it.

use std::sync::Arc;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The id of a request: 1 to [`MAX_LENGTH`](Self::MAX_LENGTH) ASCII letters, digits, `-`, `_`, `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The header of the request and of the response.
    pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

    /// The maximum length of an id that is accepted: twice that of the longest common kind, 64 hexadecimal
    /// digits.
    pub const MAX_LENGTH: usize = 128;

    /// The id in the request's header if it is valid, otherwise a new one (a random UUID).
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(Self::HEADER);
        let id = match (values.next(), values.next()) {
            (Some(only), None) => only.to_str().ok().filter(|id| is_valid(id)),
            _ => None,
        };
        id.map_or_else(
            || Self(Uuid::new_v4().hyphenated().to_string().into()),
            |id| Self(id.into()),
        )
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as the value of [`HEADER`](Self::HEADER).
    ///
    /// # Panics
    ///
    /// Never: all characters of an id are allowed in a header.
    #[must_use]
    pub fn to_header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("visible ASCII")
    }
}

fn is_valid(id: &str) -> bool {
    (1..=RequestId::MAX_LENGTH).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

//! The id of a request, in its response and in every log line about it.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The id of a request: 1 to [`MAX_LENGTH`](Self::MAX_LENGTH) ASCII letters, digits, `-`, `_`, `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

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
        match (values.next(), values.next()) {
            (Some(only), None) if only.to_str().is_ok_and(is_valid) => Self(only.clone()),
            _ => Self::random(),
        }
    }

    fn random() -> Self {
        let mut text = Uuid::encode_buffer();
        let text = Uuid::new_v4().hyphenated().encode_lower(&mut text);
        Self(HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("none")))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The id as the value of [`HEADER`](Self::HEADER).
    #[must_use]
    pub fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_valid(id: &str) -> bool {
    (1..=RequestId::MAX_LENGTH).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

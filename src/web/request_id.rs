//! The name of one request, in its answer and in every line that the log has about it.

use std::sync::Arc;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The name of one request: 1 to [`LONGEST`](Self::LONGEST) ASCII letters, digits, `-`, `_`, `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Where it is taken from and sent back.
    pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

    /// The most characters of an id that is taken: twice those of the longest common kind, a trace
    /// id of 64 hexadecimal digits.
    pub const LONGEST: usize = 128;

    /// The id that came with the request where it is sane, else a new one (a random UUID).
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all(Self::HEADER);
        let id = match (given.next(), given.next()) {
            (Some(only), None) => only.to_str().ok().filter(|id| is_sane(id)),
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
    /// Never: what an id is made of, a header may hold.
    #[must_use]
    pub fn to_header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("visible ASCII")
    }
}

fn is_sane(id: &str) -> bool {
    (1..=RequestId::LONGEST).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

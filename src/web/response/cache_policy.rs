//! How long caches may keep a response.

use actix_web::http::header::HeaderValue;

/// How long caches may keep a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CachePolicy {
    /// A year without revalidation: digits and separators, which no release can change.
    Immutable,
    /// Five minutes, and a day more while it is revalidated: a new version of the service may word it
    /// differently or link to another style sheet.
    Revalidate,
    /// Five minutes, in the client's own cache only: the response contains the origin, which shared
    /// caches do not tell apart.
    Private,
    /// Not at all: the response to `POST`.
    NoStore,
}

impl CachePolicy {
    /// The value of `Cache-Control`.
    pub const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Immutable => "public, max-age=31536000, immutable",
            Self::Revalidate => "public, max-age=300, stale-while-revalidate=86400",
            Self::Private => "private, max-age=300",
            Self::NoStore => "no-store",
        })
    }
}

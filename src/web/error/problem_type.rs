//! The kinds of problems. Each has a permanent address by which a program can tell what to do.

use actix_web::http::StatusCode;

/// A problem type as in RFC 9457.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// Its name, the fragment of its address.
    pub slug: &'static str,
    /// A short title, which does not change.
    pub title: &'static str,
    /// The status of the response.
    pub status: StatusCode,
    /// What it means, and what to do.
    pub meaning: &'static str,
}

impl ProblemType {
    /// The address of its description, on a site with this base path.
    pub fn address(self, base: &str) -> String {
        format!("{base}/api#{}", self.slug)
    }

    pub const INVALID_NUMBER: Self = Self {
        slug: "invalid-number",
        title: "Invalid number",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        meaning: "A number is missing, repeated, or not a whole number in plain digits. The detail says \
                  what is wrong with it.",
    };
    pub const LIST_TOO_LONG: Self = Self {
        slug: "list-too-long",
        title: "List too long",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        meaning: "The list would exceed the size limit. Request fewer terms, or several lists.",
    };
    pub const TERM_TOO_LONG: Self = Self {
        slug: "term-too-long",
        title: "Term too long for text",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        meaning: "The index exceeds the limit for terms in full. Request the summary as JSON.",
    };
    pub const NUMBER_TOO_LONG: Self = Self {
        slug: "number-too-long",
        title: "Number too long",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        meaning: "The number has more digits than the limit.",
    };
    pub const ADDRESS_TOO_LONG: Self = Self {
        slug: "address-too-long",
        title: "Address too long",
        status: StatusCode::URI_TOO_LONG,
        meaning: "The address is longer than any number needs. A long number can be sent in the body of a \
                  POST request.",
    };
    pub const NO_SUCH_PAGE: Self = Self {
        slug: "no-such-page",
        title: "No such page",
        status: StatusCode::NOT_FOUND,
        meaning: "The list has no page with this number. The detail says which pages it has.",
    };
    pub const NO_SUCH_DIGIT: Self = Self {
        slug: "no-such-digit",
        title: "No such digit",
        status: StatusCode::NOT_FOUND,
        meaning: "The term has no digit at this position. The detail says how many it has.",
    };
    pub const NO_SUCH_RANGE: Self = Self {
        slug: "no-such-range",
        title: "Range not satisfiable",
        status: StatusCode::RANGE_NOT_SATISFIABLE,
        meaning: "The Range header asks for bytes past the end. Content-Range has the length.",
    };
    pub const NOT_FOUND: Self = Self {
        slug: "not-found",
        title: "Not found",
        status: StatusCode::NOT_FOUND,
        meaning: "The address does not exist. This page lists those that do.",
    };
    pub const METHOD_NOT_ALLOWED: Self = Self {
        slug: "method-not-allowed",
        title: "Method not allowed",
        status: StatusCode::METHOD_NOT_ALLOWED,
        meaning: "The address does not support the method. Allow lists those that it does.",
    };
    pub const BODY_TOO_LONG: Self = Self {
        slug: "body-too-long",
        title: "Body too long",
        status: StatusCode::PAYLOAD_TOO_LARGE,
        meaning: "The body is longer than any number that can be looked up.",
    };
    pub const BODY_WITHOUT_LENGTH: Self = Self {
        slug: "body-without-length",
        title: "Body without length",
        status: StatusCode::LENGTH_REQUIRED,
        meaning: "The body is sent in chunks. Send it with Content-Length.",
    };
    pub const BODY_TYPE: Self = Self {
        slug: "body-type",
        title: "Unsupported body type",
        status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
        meaning: "The Content-Type of the body is not that of a form or of plain text.",
    };
    pub const BUSY: Self = Self {
        slug: "busy",
        title: "Service busy",
        status: StatusCode::SERVICE_UNAVAILABLE,
        meaning: "The service is overloaded. Retry after the number of seconds in Retry-After.",
    };
    pub const SHUTTING_DOWN: Self = Self {
        slug: "stopping",
        title: "Shutting down",
        status: StatusCode::SERVICE_UNAVAILABLE,
        meaning: "This instance is shutting down. Retry: another instance will respond.",
    };
    pub const INTERNAL: Self = Self {
        slug: "internal",
        title: "Internal error",
        status: StatusCode::INTERNAL_SERVER_ERROR,
        meaning: "The service failed. Its log has the cause under the X-Request-Id of the response.",
    };

    /// All types.
    pub const ALL: [Self; 16] = [
        Self::INVALID_NUMBER,
        Self::LIST_TOO_LONG,
        Self::TERM_TOO_LONG,
        Self::NUMBER_TOO_LONG,
        Self::ADDRESS_TOO_LONG,
        Self::NO_SUCH_PAGE,
        Self::NO_SUCH_DIGIT,
        Self::NO_SUCH_RANGE,
        Self::NOT_FOUND,
        Self::METHOD_NOT_ALLOWED,
        Self::BODY_TOO_LONG,
        Self::BODY_WITHOUT_LENGTH,
        Self::BODY_TYPE,
        Self::BUSY,
        Self::SHUTTING_DOWN,
        Self::INTERNAL,
    ];
}

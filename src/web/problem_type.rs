//! The kinds of problems, at addresses that stay: a program can tell by them what to do.

use actix_web::http::StatusCode;

/// A kind of problem, as RFC 9457 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// Its name within the address.
    pub slug: &'static str,
    /// What it is, in a few words that stay too.
    pub title: &'static str,
    /// The status that it comes with.
    pub status: StatusCode,
    /// What it means, and what to do.
    pub meaning: &'static str,
}

impl ProblemType {
    /// Where it is described.
    pub fn address(self) -> String {
        format!("/api#{}", self.slug)
    }

    pub const INVALID_NUMBER: Self = Self {
        slug: "invalid-number",
        title: "This needs another number",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        meaning: "A number is missing, there twice, or not a whole number in plain digits. The detail \
                  says what is wrong with it.",
    };
    pub const LIST_TOO_LONG: Self = Self {
        slug: "list-too-long",
        title: "This list would be too long",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        meaning: "The terms asked for weigh more than a list may. Ask for fewer, or for several lists.",
    };
    pub const TERM_TOO_LONG: Self = Self {
        slug: "term-too-long",
        title: "This term is too long for text",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        meaning: "The term is past what is given whole. Ask for its summary in JSON.",
    };
    pub const NUMBER_TOO_LONG: Self = Self {
        slug: "number-too-long",
        title: "This number is too long to look up",
        status: StatusCode::UNPROCESSABLE_ENTITY,
        meaning: "The number has more digits than are looked up.",
    };
    pub const NO_SUCH_PAGE: Self = Self {
        slug: "no-such-page",
        title: "This list has no such page",
        status: StatusCode::NOT_FOUND,
        meaning: "The page is not one of the list's. The detail says which there are.",
    };
    pub const NO_SUCH_RANGE: Self = Self {
        slug: "no-such-range",
        title: "The range is not in it",
        status: StatusCode::RANGE_NOT_SATISFIABLE,
        meaning: "The Range header asks for bytes past the end. Content-Range has the length.",
    };
    pub const NOT_FOUND: Self = Self {
        slug: "not-found",
        title: "There is nothing here",
        status: StatusCode::NOT_FOUND,
        meaning: "The address is none of those on this page.",
    };
    pub const METHOD_NOT_ALLOWED: Self = Self {
        slug: "method-not-allowed",
        title: "This can only be read",
        status: StatusCode::METHOD_NOT_ALLOWED,
        meaning: "The method is not GET or HEAD.",
    };
    pub const BUSY: Self = Self {
        slug: "busy",
        title: "Too busy right now",
        status: StatusCode::SERVICE_UNAVAILABLE,
        meaning: "So much is being computed or sent that this would have to wait long. Ask again after \
                  the seconds in Retry-After.",
    };
    pub const STOPPING: Self = Self {
        slug: "stopping",
        title: "This instance is stopping",
        status: StatusCode::SERVICE_UNAVAILABLE,
        meaning: "Readiness is off for good. Ask another instance.",
    };
    pub const INTERNAL: Self = Self {
        slug: "internal",
        title: "Something went wrong here",
        status: StatusCode::INTERNAL_SERVER_ERROR,
        meaning: "It is the service's fault, and in its log under the answer's X-Request-Id.",
    };

    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::INVALID_NUMBER,
        Self::LIST_TOO_LONG,
        Self::TERM_TOO_LONG,
        Self::NUMBER_TOO_LONG,
        Self::NO_SUCH_PAGE,
        Self::NO_SUCH_RANGE,
        Self::NOT_FOUND,
        Self::METHOD_NOT_ALLOWED,
        Self::BUSY,
        Self::STOPPING,
        Self::INTERNAL,
    ];
}

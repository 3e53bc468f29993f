//! The program that sent a request, as it names itself.

use actix_web::http::header::{HeaderMap, USER_AGENT};

/// The length after which a name is cut off, in bytes. Those of browsers are shorter.
const MAX_LENGTH: usize = 256;

/// The value of `User-Agent`, if there is one. What is not printable ASCII becomes `?`, byte by byte.
pub fn user_agent(headers: &HeaderMap) -> Option<String> {
    let name = headers.get(USER_AGENT)?.as_bytes();
    let printable = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '?',
    };
    (!name.is_empty()).then(|| name.iter().take(MAX_LENGTH).map(printable).collect())
}

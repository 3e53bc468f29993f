//! The address that all others here start with.

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use actix_web::http::uri::Authority;

/// The longest name of a host, and its port (RFC 1035, section 2.3.4).
const LONGEST: usize = 255 + ":65535".len();

/// Where the client sees the service: `https://fibonacci.example`.
///
/// Its name is the one that was asked for, not that of a proxy's header, of which caches know nothing:
/// anyone could put a name of their own into what others are shown. Whether it is `https` only a proxy
/// knows, so what says this is not for caches to share. A name that no host can have is not repeated.
pub fn origin(request: &HttpRequest) -> String {
    let named = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let asked = request.uri().authority().map(Authority::as_str);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    // Where the request names it twice, RFC 9112 (section 3.2.2) has its target win.
    let host = asked
        .or(named)
        .filter(|host| (1..=LONGEST).contains(&host.len()) && host.bytes().all(is_name))
        .unwrap_or("localhost");
    let scheme = match request.connection_info().scheme() {
        "https" => "https",
        _ => "http",
    };
    format!("{scheme}://{host}")
}

//! The scheme and host that the client uses for this service.

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use actix_web::http::uri::Authority;

/// The maximum length of a host name with its port (RFC 1035, section 2.3.4).
const MAX_LENGTH: usize = 255 + ":65535".len();

/// The origin of this service as the client sees it: `https://fibonacci.example`.
///
/// The host is the one that the request names, not one from a proxy's header: caches do not tell responses
/// apart by those, so anyone could put a host of their own into what others see. The scheme comes from a
/// proxy's header, so a response that contains an origin must not be shared by caches. An invalid host
/// becomes `localhost`.
pub fn origin(request: &HttpRequest) -> String {
    let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let target = request.uri().authority().map(Authority::as_str);
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    // An absolute target overrides the Host header (RFC 9112, section 3.2.2).
    let host = target
        .or(header)
        .filter(|host| (1..=MAX_LENGTH).contains(&host.len()) && host.bytes().all(is_host))
        .unwrap_or("localhost");
    let scheme = match request.connection_info().scheme() {
        "https" => "https",
        _ => "http",
    };
    format!("{scheme}://{host}")
}

//! The scheme and host that the client uses for this service.

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use actix_web::http::uri::Authority;

use crate::trusted_proxies::TrustedProxies;
use crate::web::request::forwarded::Forwarded;

/// The maximum length of a host name with its port (RFC 1035, section 2.3.4).
const MAX_LENGTH: usize = 255 + ":65535".len();

/// The origin of this service as the client sees it: `https://fibonacci.example`.
///
/// Scheme and host are those that trusted proxies forward; otherwise the scheme is `http`, and the host the one
/// that the request names. A forwarded host that is invalid is ignored, and any other becomes `localhost`.
///
/// Caches do not tell responses apart by the headers of proxies, so they must not share a response that
/// contains an origin.
pub fn origin(request: &HttpRequest, trusted: &TrustedProxies) -> String {
    let forwarded = Forwarded::new(request.peer_addr(), request.headers(), trusted);
    let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let target = request.uri().authority().map(Authority::as_str);
    let is_valid = |host: &&str| {
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        (1..=MAX_LENGTH).contains(&host.len()) && host.bytes().all(is_host)
    };
    // An absolute target overrides the Host header (RFC 9112, section 3.2.2).
    let requested = || target.or(header).filter(is_valid).unwrap_or("localhost");
    let host = forwarded.host.filter(is_valid).unwrap_or_else(requested);
    let is_https = forwarded.scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    let scheme = if is_https { "https" } else { "http" };
    format!("{scheme}://{host}")
}

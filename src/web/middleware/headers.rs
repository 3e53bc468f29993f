//! The headers of every response: security, caching, and cross-origin access.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_RANGE,
    CONTENT_TYPE, CROSS_ORIGIN_RESOURCE_POLICY, ETAG, HeaderMap, HeaderName, HeaderValue,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};

use crate::web::request::request_id::RequestId;

/// A page loads only style sheets, scripts and pictures of this service, submits only to it, and cannot be
/// framed. `connect-src` lets auditing tools read `/robots.txt` from the page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Disables browser features; the pages use none of them.
pub const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), camera=(), \
     display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
     publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

/// The headers of HTML documents.
pub const DOCUMENT_HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", PERMISSIONS_POLICY),
    ("referrer-policy", "no-referrer"),
    // For browsers without support for `frame-ancestors`.
    ("x-frame-options", "DENY"),
];

/// The headers that a script of another origin may read, where the response has them.
static EXPOSED: [HeaderName; 4] = [ETAG, CONTENT_RANGE, RETRY_AFTER, RequestId::HEADER];

/// Adds the headers that depend only on the path and the type of the response.
pub fn add(headers: &mut HeaderMap, path: &str) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Errors, health and metrics have no cache policy.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let is_data = is_data(path);
    let resource_policy = if is_data { "cross-origin" } else { "same-origin" };
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static(resource_policy));
    if is_data {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let exposed = EXPOSED.iter().filter(|name| headers.contains_key(*name));
        let exposed: Vec<&str> = exposed.map(HeaderName::as_str).collect();
        if let Ok(exposed) = HeaderValue::try_from(exposed.join(",")) {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
    let is_document =
        headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_document {
        for (name, value) in DOCUMENT_HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
}

/// Whether the path is that of data, which scripts of any origin may read.
pub fn is_data(path: &str) -> bool {
    let extensions = [".txt", ".json", ".csv", ".svg", ".png"];
    !path.starts_with("/static/") && extensions.iter().any(|end| path.ends_with(end))
}

//! The headers that keep a browser to what the pages need, on every answer.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// Nothing is loaded but the style sheet, the script and pictures of our own, nothing is sent but the
/// form, and no other page may hold this one in a frame. What audits a page reads `/robots.txt` as the
/// page would.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Browser features, each with the empty list of those who may use it: the pages use none.
pub const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), camera=(), \
     display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
     publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

/// Every header that each answer carries, and its value.
pub const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", PERMISSIONS_POLICY),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    // For browsers from before `frame-ancestors`.
    ("x-frame-options", "DENY"),
];

/// Adds [`HEADERS`] where they are not set, and keeps caches from what does not say that it may be kept:
/// errors, health and metrics.
pub(super) fn add(headers: &mut HeaderMap) {
    for (name, value) in HEADERS.into_iter().chain([("cache-control", "no-store")]) {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

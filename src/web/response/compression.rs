//! Compression, where it saves more than it costs.
//!
//! Pages, SVG pictures, style sheets and JSON are compressed with gzip. Text and CSV are not: digits shrink to
//! 48 % at best, at a tenth or less of the speed at which they are made (`cargo bench -p benches --bench
//! compression`), and they would lose their length and ranges. For the same reason, nothing longer than
//! [`MAX_LENGTH`] is compressed. PNG files are compressed already.

use std::sync::Arc;

use actix_http::ContentEncoding;
use actix_http::encoding::Encoder;
use actix_web::body::{self, BoxBody, MessageBody};
use actix_web::http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, AcceptEncoding, CONTENT_ENCODING, ContentType, ETAG, Encoding,
    Header, HeaderMap, HeaderName, HeaderValue, VARY,
};
use actix_web::http::{Method, StatusCode, Version};
use actix_web::{HttpRequest, HttpResponse};
use tokio::sync::Semaphore;

use crate::web::request_context::RequestContext;

/// The header of every response that may be compressed.
pub const VARY_BY_ENCODING: (HeaderName, HeaderValue) =
    (VARY, HeaderValue::from_static("accept-encoding"));

/// The shortest body that is compressed: with its head, a shorter one fits a packet of 1 460 bytes anyway.
const MIN_LENGTH: u64 = 1_024;

/// The longest body that is compressed. Pages, pictures and the description of the API are shorter; what is longer
/// consists of digits.
const MAX_LENGTH: u64 = 1 << 19;

/// The maximum number of concurrent encoders; further responses are sent uncompressed. An encoder takes
/// some megabytes and up to a core, for as long as its client reads.
pub const MAX_ENCODERS: usize = 16;

/// The encodings that are available.
const ENCODINGS: [Encoding; 2] = [Encoding::identity(), Encoding::gzip()];

/// Whether bodies of this type may be compressed.
pub fn is_compressible(kind: &ContentType) -> bool {
    !matches!(kind.subtype().as_str(), "plain" | "csv" | "png")
}

/// Whether compressing a body of this type and length pays.
pub fn pays(kind: &ContentType, length: u64) -> bool {
    is_compressible(kind) && (MIN_LENGTH..=MAX_LENGTH).contains(&length)
}

/// Compresses a response if the client accepts that, and adds `Vary`. A range is never compressed. The
/// response to HEAD gets the headers and no body.
pub fn compress(
    request: &HttpRequest,
    mut response: HttpResponse,
    encoders: &Arc<Semaphore>,
) -> HttpResponse {
    let (vary, by_encoding) = VARY_BY_ENCODING;
    response.headers_mut().insert(vary, by_encoding);
    let encoding = negotiate(request);
    if encoding == ContentEncoding::Identity || response.status() != StatusCode::OK {
        return response;
    }
    let Ok(permit) = encoders.clone().try_acquire_owned() else {
        return response;
    };
    let headers = response.headers_mut();
    mark_tag(headers, encoding);
    // There are no ranges of the compressed bytes.
    headers.remove(ACCEPT_RANGES);
    if request.method() == Method::HEAD {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.as_str()));
        return response.map_body(|_, _| BoxBody::new(body::None::new()));
    }
    if let Some(context) = RequestContext::of(request) {
        context.hold(|held| held.encoder = Some(permit));
    }
    // The encoder adds it again.
    headers.remove(VARY);
    response.map_body(|head, body| Encoder::response(encoding, head, body).boxed())
}

/// The name of the encoding that [`compress`] would use for this client, if any.
pub fn negotiated(request: &HttpRequest) -> Option<&'static str> {
    match negotiate(request) {
        ContentEncoding::Identity => None,
        encoding => Some(encoding.as_str()),
    }
}

/// The encoding that the client prefers. If it accepts none that is available, it gets the plain body
/// rather than an error.
fn negotiate(request: &HttpRequest) -> ContentEncoding {
    // A compressed body has no length, and HTTP/1.0 has no chunks.
    if request.version() < Version::HTTP_11 || !request.headers().contains_key(ACCEPT_ENCODING) {
        return ContentEncoding::Identity;
    }
    let accepted = AcceptEncoding::parse(request).unwrap_or(AcceptEncoding(Vec::new()));
    match accepted.negotiate(ENCODINGS.iter()) {
        Some(Encoding::Known(encoding)) => encoding,
        Some(Encoding::Unknown(_)) | None => ContentEncoding::Identity,
    }
}

/// Gives the compressed bytes a tag of their own.
fn mark_tag(headers: &mut HeaderMap, encoding: ContentEncoding) {
    let marked = headers
        .get(ETAG)
        .and_then(|tag| tag.to_str().ok())
        .and_then(|tag| tag.strip_suffix('"'))
        .and_then(|tag| HeaderValue::try_from(format!("{tag}.{}\"", encoding.as_str())).ok());
    if let Some(tag) = marked {
        headers.insert(ETAG, tag);
    }
}

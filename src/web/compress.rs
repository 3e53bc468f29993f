//! Compression, for what gets shorter by more than it costs.
//!
//! Pages, pictures, the files of pages and JSON are compressed as the client wishes (br, zstd, gzip). Text is not, nor CSV:
//! its digits shrink to 46 % at best, at a twentieth of the speed that they are made at or less
//! (`cargo bench --bench compression`), and its length would not be known any more, nor its parts. The
//! same goes for what is longer than [`LARGE`].

use actix_http::ContentEncoding;
use actix_http::encoding::Encoder;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_RANGES, AcceptEncoding, ContentType, ETAG, Encoding, Header, HeaderMap, HeaderValue,
    VARY,
};
use actix_web::http::{StatusCode, Version};
use actix_web::middleware::Next;
use actix_web::web::Data;
use tokio::sync::Semaphore;

use super::{Site, UntilSent};

/// What an answer that may be compressed varies by. Answers with this header are, and no others.
pub const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");

/// The shortest body that is compressed: with its head, a shorter one fits a packet (1 460 bytes)
/// anyway.
const SMALL: u64 = 1_024;

/// The longest body that is compressed: the page of a thousand terms, 325 kB, is shorter, and what is
/// longer is nothing but digits.
const LARGE: u64 = 1 << 19;

/// How many bodies are compressed at once; the next are sent as they are. An encoder takes some
/// megabytes and up to a core, for as long as its client takes to read.
pub const MOST: usize = 16;

/// What there is to choose from.
const ENCODINGS: [Encoding; 4] = [
    Encoding::identity(),
    Encoding::brotli(),
    Encoding::zstd(),
    Encoding::gzip(),
];

/// Whether a result of this type and length is worth it.
pub fn pays(kind: &ContentType, length: u64) -> bool {
    let is_digits = matches!(kind.subtype().as_str(), "plain" | "csv");
    !is_digits && (SMALL..=LARGE).contains(&length)
}

/// A tag as it is without compression.
pub fn uncompressed(tag: &str) -> &str {
    match tag.rsplit_once('.') {
        Some((tag, "br" | "zstd" | "gzip")) => tag,
        _ => tag,
    }
}

/// Compresses an answer that says that it varies by it.
///
/// The body is boxed: an encoder is some kilobytes large, and an answer is moved from one middleware to
/// the next.
pub async fn compress<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let accepted = AcceptEncoding::parse(&request).unwrap_or(AcceptEncoding(Vec::new()));
    // What is compressed has no length, and HTTP/1.0 no chunks to do without one.
    let has_chunks = request.version() >= Version::HTTP_11;
    let site = request.app_data::<Data<Site>>();
    let places = site.map(|site| site.compressing.clone());
    let mut response = next.call(request).await?;
    if !has_chunks
        || response.headers().get(VARY) != Some(&ACCEPT_ENCODING)
        || response.status() == StatusCode::PARTIAL_CONTENT
    {
        return Ok(response.map_into_boxed_body());
    }
    // Who takes nothing that we have gets it uncompressed, rather than an error.
    let encoding = match accepted.negotiate(ENCODINGS.iter()) {
        Some(Encoding::Known(encoding)) => encoding,
        Some(Encoding::Unknown(_)) | None => ContentEncoding::Identity,
    };
    if encoding == ContentEncoding::Identity {
        return Ok(response.map_into_boxed_body());
    }
    // 304: it has the headers of the whole, but no body.
    if response.status() == StatusCode::NOT_MODIFIED {
        rename(response.headers_mut(), encoding);
        return Ok(response.map_into_boxed_body());
    }
    let Some(Ok(place)) = places.map(Semaphore::try_acquire_owned) else {
        return Ok(response.map_into_boxed_body());
    };
    let headers = response.headers_mut();
    // These are other bytes than those of the uncompressed, of which parts can be had.
    rename(headers, encoding);
    headers.remove(ACCEPT_RANGES);
    // The encoder adds it again.
    headers.remove(VARY);
    Ok(response.map_body(|head, body| {
        let encoder = Encoder::response(encoding, head, body);
        UntilSent::new(encoder.boxed(), place).boxed()
    }))
}

/// Gives what is compressed a tag of its own.
fn rename(headers: &mut HeaderMap, encoding: ContentEncoding) {
    let renamed = headers
        .get(ETAG)
        .and_then(|tag| tag.to_str().ok())
        .and_then(|tag| tag.strip_suffix('"'))
        .and_then(|tag| HeaderValue::try_from(format!("{tag}.{}\"", encoding.as_str())).ok());
    if let Some(tag) = renamed {
        headers.insert(ETAG, tag);
    }
}

//! HTTP/2 on the public port (RFC 9113): a request and its answer.
//!
//! The application speaks in the types of `http` 0.2, HTTP/2 in those of `http` 1.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix_http::{Request, Response};
use actix_service::Service;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, HeaderMap, HeaderName, HeaderValue, HttpDate,
    TRANSFER_ENCODING, TryIntoHeaderValue, UPGRADE,
};
use actix_web::http::{Method, StatusCode, Version};
use actix_web::web::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

/// How much of an answer waits for its connection, in bytes: a frame.
pub const SEND_BUFFER: usize = 1 << 14;

/// How many bytes a client has to take for another `STALL_TIMEOUT`: some segments of a network. Who takes
/// byte by byte could hold an answer for good.
const LEAST_TAKEN: u32 = 1 << 12;

/// How many times `STALL_TIMEOUT` a client may have left: many answers by one connection come in scraps.
const MOST_PATIENCE: u32 = 4;

/// A place for a request, which is taken until all of its answer is written; none for a connection's only
/// one.
pub type Place = Arc<Option<OwnedSemaphorePermit>>;

/// A part of an answer that waits for its connection: a copy, for a slice would keep the whole.
struct Part {
    bytes: Vec<u8>,
    _place: Place,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Answers one request, unless its client leaves or takes nothing.
pub async fn answer<S>(
    app: Rc<S>,
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    peer: Option<SocketAddr>,
    place: Place,
    stall_timeout: Duration,
) where
    S: Service<Request>,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
{
    // Nobody here reads a body: what comes of it is thrown away from here on.
    let (parts, _) = request.into_parts();
    let is_head = parts.method == http::Method::HEAD;
    let Some(request) = translate_request(&parts, peer) else {
        return respond.send_reset(Reason::PROTOCOL_ERROR);
    };
    let response = tokio::select! {
        biased;
        _ = poll_fn(|context| respond.poll_reset(context)) => return,
        response = app.call(request) => response.map_or_else(Into::into, Into::into),
    };
    let (response, body) = response.into_parts();
    let Some(head) = translate_response(&response, body.size()) else {
        return respond.send_reset(Reason::INTERNAL_ERROR);
    };
    let is_empty = is_head || matches!(body.size(), BodySize::None | BodySize::Sized(0));
    let Ok(mut stream) = respond.send_response(head, is_empty) else {
        return;
    };
    if !is_empty && let Err(reason) = send(&mut stream, body, &place, stall_timeout).await {
        stream.send_reset(reason);
    }
}

/// A request as the application takes it; none where that knows no such thing.
fn translate_request(parts: &http::request::Parts, peer: Option<SocketAddr>) -> Option<Request> {
    let mut headers = HeaderMap::with_capacity(parts.headers.len());
    for (name, value) in &parts.headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let mut request = Request::new();
    let head = request.head_mut();
    head.method = Method::from_bytes(parts.method.as_str().as_bytes()).ok()?;
    head.uri = parts.uri.to_string().parse().ok()?;
    head.version = Version::HTTP_2;
    head.headers = headers;
    head.peer_addr = peer;
    Some(request)
}

/// The head of an answer as HTTP/2 has it; none where that knows no such thing.
fn translate_response(response: &Response<()>, body: BodySize) -> Option<http::Response<()>> {
    let mut head = http::Response::new(());
    *head.status_mut() = http::StatusCode::from_u16(response.status().as_u16()).ok()?;
    let mut append = |name: &HeaderName, value: &HeaderValue| {
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        let value = http::HeaderValue::from_bytes(value.as_bytes()).ok()?;
        head.headers_mut().append(name, value);
        Some(())
    };
    for (name, value) in response.headers() {
        // These are of HTTP/1.1 (section 8.2.2).
        if ![CONNECTION, TRANSFER_ENCODING, UPGRADE].contains(name) {
            append(name, value)?;
        }
    }
    // With 304 it would be that of the answer which the client has.
    if let BodySize::Sized(length) = body
        && response.status() != StatusCode::NOT_MODIFIED
    {
        append(&CONTENT_LENGTH, &length.into())?;
    }
    let now = HttpDate::from(SystemTime::now());
    append(&DATE, &now.try_into_value().ok()?)?;
    Some(head)
}

/// Sends a body as its client takes it.
///
/// # Errors
///
/// Why the rest is not sent.
async fn send(
    stream: &mut SendStream<Bytes>,
    body: BoxBody,
    place: &Place,
    stall_timeout: Duration,
) -> Result<(), Reason> {
    let mut body = pin!(body);
    let mut patience = stall_timeout;
    loop {
        let chunk = tokio::select! {
            biased;
            _ = poll_fn(|context| stream.poll_reset(context)) => return Err(Reason::CANCEL),
            chunk = poll_fn(|context| body.as_mut().poll_next(context)) => chunk,
        };
        let Some(chunk) = chunk else {
            return stream
                .send_data(Bytes::new(), true)
                .map_err(|_| Reason::CANCEL);
        };
        let mut chunk = chunk.map_err(|_| Reason::INTERNAL_ERROR)?;
        while !chunk.is_empty() {
            stream.reserve_capacity(chunk.len().min(SEND_BUFFER));
            while stream.capacity() == 0 {
                let start = Instant::now();
                let more = poll_fn(|context| stream.poll_capacity(context));
                match timeout(patience.min(stall_timeout), more).await {
                    Ok(Some(Ok(_))) => patience = patience.saturating_sub(start.elapsed()),
                    Ok(_) | Err(_) => return Err(Reason::CANCEL),
                }
            }
            let room = stream.capacity().min(chunk.len());
            let part = Part {
                bytes: chunk.split_to(room).to_vec(),
                _place: place.clone(),
            };
            stream
                .send_data(Bytes::from_owner(part), false)
                .map_err(|_| Reason::CANCEL)?;
            let room = u32::try_from(room).unwrap_or(LEAST_TAKEN);
            let earned = stall_timeout * room / LEAST_TAKEN;
            patience = (patience + earned).min(stall_timeout * MOST_PATIENCE);
        }
    }
}

//! What happens around every request, in one middleware: a request id, limits, panics, error bodies,
//! headers, and the access log.

mod access_log;
pub mod headers;
mod limits;

use std::any::Any;
use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::ConnectionType;
use actix_web::http::header::ACCEPT;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use futures_util::FutureExt;

use self::access_log::RequestRecord;
use crate::web::base_path;
use crate::web::error::RequestError;
use crate::web::error::page::{self, RequestParts};
use crate::web::ops::health::Readiness;
use crate::web::request::request_id::RequestId;
use crate::web::request_context::RequestContext;
use crate::web::site::Site;

/// Handles a request from its head to the last byte of its response.
///
/// It is counted and logged, even if the client leaves. Errors, and panics anywhere within, get a body in
/// the representation that the path or the client selects; the connection and the process continue.
pub async fn handle(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let context = RequestContext::new(RequestId::of(request.headers()));
    let site = request.app_data::<Data<Site>>().cloned();
    let readiness = request.app_data::<Data<Readiness>>().cloned();
    if let Some(site) = site.as_ref().filter(|site| !site.base_path.is_empty()) {
        base_path::strip(&mut request, &site.base_path);
    }
    let uri = request.uri().clone();
    let accept = request.headers().get(ACCEPT).cloned();
    let record = RequestRecord::new(&request, context.clone(), site.clone());
    request.extensions_mut().insert(context.clone());
    let has_body = limits::has_body(&request);
    if has_body {
        let payload = request.take_payload();
        context.hold(|held| held.unread = Some(payload));
    }
    // Otherwise the library would announce an upgrade that never happens.
    let is_upgrade = request.head().upgrade();
    let finish = |mut response: HttpResponse, path: &str| {
        let is_shutting_down = readiness.is_some_and(|readiness| !readiness.is_ready());
        if has_body || is_upgrade || is_shutting_down {
            let head = response.head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        let headers = response.headers_mut();
        headers.insert(RequestId::HEADER, context.id.to_header());
        headers::add(headers, path);
        record.observe(response)
    };

    // Nothing that a panic leaves half done is used again.
    let handled = AssertUnwindSafe(async {
        match limits::refusal(&request) {
            Some(error) => Ok(request.error_response(error)),
            None => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        }
    });
    let error = match handled.catch_unwind().await {
        Ok(Ok(response)) => {
            let (request, response) = page::with_error_body(response).into_parts();
            let response = finish(response, request.match_info().as_str());
            return Ok(ServiceResponse::new(request, response));
        }
        Ok(Err(error)) => RequestError::Refused(error.as_response_error().status_code()),
        Err(panic) => {
            let cause = format!("the handler panicked: {}", message(&*panic));
            page::log_cause(context.id.as_str(), &cause);
            RequestError::Internal(cause.into())
        }
    };
    let parts = RequestParts {
        site: site.as_ref().map(|site| &***site),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        accept: accept.as_ref(),
    };
    let response = finish(page::error_response(&error, &parts), uri.path());
    // `next` has consumed the request, which a `ServiceResponse` needs; an error does not.
    Err(InternalError::from_response(error.to_string(), response).into())
}

/// The message of a panic. Its payload is text, unless a library made it something else.
fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

//! One line in the log for each request, and its share of the metrics, when its answer has been handed
//! to the connection, or given up.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpResponse};
use futures_util::FutureExt;
use log::kv::{self, Source, ToKey, ToValue, VisitSource};
use log::{Level, Record};

use super::security;
use super::trace_context::TraceContext;
use crate::metrics::{Metrics, Raised};
use crate::web::{self, Asked, Index, LARGE, LoggedIndex, RequestId, Site};

/// The log's name for these lines, for `RUST_LOG=info,access=off`.
const TARGET: &str = "access";

/// Gives the request its id, sends that back, and logs the answer and counts it. Errors, and panics of
/// anything within, are answered in the form asked for: the connection and the process live on.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId::of(request.headers());
    let site = request.app_data::<Data<Site>>().cloned();
    let uri = request.uri().clone();
    // Dropped with this future where the client leaves before it has an answer.
    let mut line = Line {
        _in_flight: site
            .as_ref()
            .map(|site| Raised::new(&site.metrics().in_flight, 1)),
        site: site.clone(),
        method: name(request.method()),
        // The pattern and not the path: what a visitor made up stays out of the log.
        route: request
            .match_pattern()
            .unwrap_or_else(|| "unknown".to_owned()),
        n: None,
        status: None,
        bytes: 0,
        large: false,
        start: Instant::now(),
        id: id.clone(),
        trace: TraceContext::of(request.headers()),
    };
    request.extensions_mut().insert(id.clone());
    // Nothing that was left half done by a panic is looked at again.
    let response = match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answered) => answered?.map_into_boxed_body(),
        Err(payload) => {
            let cause = format!("the handler panicked: {}", message(&*payload));
            web::log_cause(id.as_str(), &cause);
            let asked = Asked {
                site: site.as_ref().map(|site| &***site),
                path: uri.path(),
                query: uri.query().unwrap_or_default(),
            };
            let mut page = web::error_page(&web::Error::Internal(cause.into()), &asked);
            line.finish_head(&mut page);
            let page = page.map_body(|_, body| line.with_body(body));
            // The request is gone: only an error can be an answer without it.
            return Err(InternalError::from_response("a panic", page).into());
        }
    };
    let mut response = web::with_error_page(response);
    let parsed = response.request().extensions().get().copied();
    line.n = parsed.map(|LoggedIndex(index)| index);
    line.finish_head(response.response_mut());
    Ok(response.map_body(|_, body| line.with_body(body)))
}

/// What a panic says: its payload is text, unless a library makes it something else.
fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

/// The method, where it is one that RFC 9110 or RFC 5789 defines; a client may make up any other.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::CONNECT => "CONNECT",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

/// What a line says; written when it is dropped. Never the result.
struct Line {
    _in_flight: Option<Raised>,
    /// Whose metrics it counts in; none on the management port, whose requests are of no user.
    site: Option<Data<Site>>,
    method: &'static str,
    route: String,
    n: Option<Index>,
    /// None where there was no answer: the client had left, or the service stopped.
    status: Option<StatusCode>,
    bytes: u64,
    /// Whether its body is more than one write, all of it taken or not.
    large: bool,
    start: Instant,
    id: RequestId,
    trace: Option<TraceContext>,
}

impl Line {
    /// Adds what every answer carries, and notes what there is to know before its body is sent.
    fn finish_head(&mut self, response: &mut HttpResponse) {
        self.status = Some(response.status());
        self.large = matches!(response.body().size(), BodySize::Sized(length) if length > LARGE);
        let headers = response.headers_mut();
        security::add(headers);
        headers.insert(RequestId::HEADER, self.id.to_header());
    }

    /// The body, with which this line is dropped.
    fn with_body(self, body: BoxBody) -> BoxBody {
        BoxBody::new(Logged { body, line: self })
    }

    fn count(&self, metrics: &Metrics) {
        let status = self.status.as_ref().map_or("none", StatusCode::as_str);
        let (route, method) = (self.route.as_str(), self.method);
        let size = if self.large || self.bytes > LARGE {
            "large"
        } else {
            "small"
        };
        metrics
            .requests
            .with_label_values(&[route, method, status])
            .inc();
        metrics
            .request_seconds
            .with_label_values(&[route, method, status, size])
            .observe(self.start.elapsed().as_secs_f64());
        metrics.sent.with_label_values(&[route]).inc_by(self.bytes);
    }
}

impl Source for Line {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), kv::Error> {
        let milliseconds = (self.start.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        visitor.visit_pair("method".to_key(), self.method.into())?;
        visitor.visit_pair("route".to_key(), self.route.to_value())?;
        if let Some(n) = self.n {
            visitor.visit_pair("n".to_key(), i128::from(n).into())?;
        }
        if let Some(status) = self.status {
            visitor.visit_pair("status".to_key(), status.as_u16().into())?;
        }
        visitor.visit_pair("bytes".to_key(), self.bytes.into())?;
        visitor.visit_pair("milliseconds".to_key(), milliseconds.into())?;
        visitor.visit_pair("request_id".to_key(), self.id.as_str().into())?;
        if let Some(trace) = &self.trace {
            visitor.visit_pair("trace_id".to_key(), trace.trace_id.as_str().into())?;
            visitor.visit_pair("span_id".to_key(), trace.span_id.as_str().into())?;
        }
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(site) = &self.site {
            self.count(site.metrics());
        }
        let (method, route) = (self.method, &self.route);
        // Outlives the record, which only borrows it.
        let outcome = self.status.map_or("unanswered".to_owned(), |status| {
            status.as_u16().to_string()
        });
        log::logger().log(
            &Record::builder()
                .level(Level::Info)
                .target(TARGET)
                .key_values(self)
                .args(format_args!("{method} {route} {outcome}"))
                .build(),
        );
    }
}

/// A body that counts its bytes as the connection takes them. It is dropped when the last is taken,
/// or when the client has left; its line goes with it.
struct Logged {
    body: BoxBody,
    line: Line,
}

impl MessageBody for Logged {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        let chunk = Pin::new(&mut this.body).poll_next(context);
        // Asked by HEAD, the connection takes the body and sends none of it.
        if let Poll::Ready(Some(Ok(bytes))) = &chunk
            && this.line.method != "HEAD"
        {
            this.line.bytes += bytes.len() as u64;
        }
        chunk
    }
}

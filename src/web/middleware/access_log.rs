//! The log line and the metrics of each request, once the connection has taken its response or the client
//! has left.

use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data};
use log::kv::{self, Source, ToKey, ToValue, Value, VisitSource};
use log::{Level, Record};

use crate::engine::budget::SMALL_TEXT;
use crate::metrics::{GaugeGuard, Metrics};
use crate::web::connection::Connection;
use crate::web::ops::metrics::Scraped;
use crate::web::request::forwarded::Forwarded;
use crate::web::request::trace_context::TraceContext;
use crate::web::request::user_agent::user_agent;
use crate::web::request_context::RequestContext;
use crate::web::site::Site;

/// The log target of these lines, for `RUST_LOG=info,access=off`.
const TARGET: &str = "access";

/// The routes that platforms request every few seconds.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// A request, which is logged and counted when this is dropped. It never contains the result.
pub struct RequestRecord {
    /// The site whose metrics count it; none on the management port, which users do not see.
    site: Option<Data<Site>>,
    in_flight: Option<GaugeGuard>,
    connection: Option<Rc<Connection>>,
    method: &'static str,
    /// The pattern rather than the path: text from visitors stays out of the log.
    route: String,
    /// None if the client left before there was a response.
    status: Option<StatusCode>,
    bytes: u64,
    /// Whether the body is large, even if the client reads little of it.
    is_large: bool,
    start: Instant,
    context: Rc<RequestContext>,
    trace: Option<TraceContext>,
    client: Option<IpAddr>,
    user_agent: Option<String>,
}

impl RequestRecord {
    /// Starts the record of a request.
    pub fn new(
        request: &ServiceRequest,
        context: Rc<RequestContext>,
        site: Option<Data<Site>>,
    ) -> Self {
        let connection = request.conn_data::<Rc<Connection>>().cloned();
        if let Some(connection) = &connection {
            connection.begin_request();
        }
        let headers = request.headers();
        let logs_client = |site: &&Data<Site>| site.log_client;
        let scraped = || request.app_data().map(|Scraped(site)| site);
        let (client, user_agent) = match site.as_ref().or_else(scraped).filter(logs_client) {
            Some(site) => {
                let peer = request.peer_addr();
                let forwarded = Forwarded::new(peer, headers, &site.trusted_proxies);
                (forwarded.client, user_agent(headers))
            }
            None => (None, None),
        };
        Self {
            connection,
            in_flight: site.as_ref().map(|site| GaugeGuard::new(&site.metrics.in_flight, 1)),
            site,
            method: name(request.method()),
            route: request.match_pattern().unwrap_or_else(|| "unknown".to_owned()),
            status: None,
            bytes: 0,
            is_large: false,
            start: Instant::now(),
            context,
            trace: TraceContext::of(headers),
            client,
            user_agent,
        }
    }

    /// Lets the body of the response own this record.
    pub fn observe(mut self, response: HttpResponse) -> HttpResponse {
        self.status = Some(response.status());
        if let Some(connection) = &self.connection {
            connection.begin_response();
        }
        self.is_large = matches!(
            response.body().size(),
            BodySize::Sized(length) if length > SMALL_TEXT
        );
        response.map_body(|_, body| BoxBody::new(ObservedBody { body, record: self }))
    }

    /// Debug for successful probes, which would otherwise fill the log.
    fn level(&self) -> Level {
        let is_success = self.status.is_some_and(|status| status.is_success());
        let is_probe = PROBES.contains(&self.route.as_str());
        if is_probe && is_success { Level::Debug } else { Level::Info }
    }

    fn count(&self, metrics: &Metrics) {
        let status = self.status.as_ref().map_or("none", StatusCode::as_str);
        let (route, method) = (self.route.as_str(), self.method);
        let is_large = self.is_large || self.bytes > SMALL_TEXT;
        let size = if is_large { "large" } else { "small" };
        metrics.requests.with_label_values(&[route, method, status]).inc();
        metrics
            .request_seconds
            .with_label_values(&[route, method, status, size])
            .observe(self.start.elapsed().as_secs_f64());
        metrics.sent.with_label_values(&[route]).inc_by(self.bytes);
    }
}

/// A standard method (RFC 9110, RFC 5789), or `other`: clients can make up any name.
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

impl Source for RequestRecord {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), kv::Error> {
        let milliseconds = (self.start.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        visitor.visit_pair("method".to_key(), self.method.into())?;
        visitor.visit_pair("route".to_key(), self.route.to_value())?;
        if let Some(n) = self.context.n.get() {
            visitor.visit_pair("n".to_key(), i128::from(n).into())?;
        }
        if let Some(status) = self.status {
            visitor.visit_pair("status".to_key(), status.as_u16().into())?;
        }
        visitor.visit_pair("bytes".to_key(), self.bytes.into())?;
        visitor.visit_pair("milliseconds".to_key(), milliseconds.into())?;
        visitor.visit_pair("request_id".to_key(), self.context.id.as_str().into())?;
        if let Some(trace) = &self.trace {
            visitor.visit_pair("trace_id".to_key(), trace.trace_id.as_str().into())?;
            visitor.visit_pair("span_id".to_key(), trace.span_id.as_str().into())?;
        }
        if let Some(client) = &self.client {
            visitor.visit_pair("client".to_key(), Value::from_display(client))?;
        }
        if let Some(user_agent) = &self.user_agent {
            visitor.visit_pair("user_agent".to_key(), user_agent.as_str().into())?;
        }
        Ok(())
    }
}

impl Drop for RequestRecord {
    fn drop(&mut self) {
        // Before the line, so that a reader of the log sees the metrics of the request.
        self.in_flight = None;
        if let Some(connection) = &self.connection {
            connection.end_request();
        }
        if let Some(site) = &self.site {
            self.count(&site.metrics);
        }
        let (method, route) = (self.method, &self.route);
        let status = self.status.as_ref().map_or("unanswered", StatusCode::as_str);
        log::logger().log(
            &Record::builder()
                .level(self.level())
                .target(TARGET)
                .key_values(self)
                .args(format_args!("{method} {route} {status}"))
                .build(),
        );
    }
}

/// The body of every response. It counts the bytes that the connection takes, and is dropped once the
/// connection has the last one or the client has left.
struct ObservedBody {
    body: BoxBody,
    record: RequestRecord,
}

impl MessageBody for ObservedBody {
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
        // The connection takes the body of a HEAD response, too, and does not send it.
        if let Poll::Ready(Some(Ok(bytes))) = &chunk
            && this.record.method != "HEAD"
        {
            this.record.bytes += bytes.len() as u64;
        }
        chunk
    }
}

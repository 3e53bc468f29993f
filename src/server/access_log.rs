//! One line in the log for each request, written when its answer has been sent or given up.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use log::kv::{self, Source, ToKey, ToValue, VisitSource};
use log::{Level, Record, log_enabled};

use crate::web::{Number, RequestId};

/// The log's name for these lines, for `RUST_LOG=info,access=off`.
const TARGET: &str = "access";

/// Gives the request its id, sends that back, and logs the answer.
pub async fn log(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let start = Instant::now();
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let mut response = next.call(request).await?;
    response
        .headers_mut()
        .insert(RequestId::HEADER, id.to_header());
    if !log_enabled!(target: TARGET, Level::Info) {
        return Ok(response.map_into_boxed_body());
    }
    let request = response.request();
    let line = Line {
        method: request.method().clone(),
        // The pattern and not the path: what a visitor made up stays out of the log.
        route: request
            .match_pattern()
            .unwrap_or_else(|| "unknown".to_owned()),
        n: request.extensions().get().copied(),
        status: response.status(),
        bytes: 0,
        start,
        id,
    };
    Ok(response.map_body(|_, body| {
        BoxBody::new(Logged {
            body: body.boxed(),
            line,
        })
    }))
}

/// What a line says. Never the result.
struct Line {
    method: Method,
    route: String,
    n: Option<Number>,
    status: StatusCode,
    bytes: u64,
    start: Instant,
    id: RequestId,
}

impl Source for Line {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), kv::Error> {
        let milliseconds = (self.start.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        visitor.visit_pair("method".to_key(), self.method.as_str().into())?;
        visitor.visit_pair("route".to_key(), self.route.to_value())?;
        if let Some(n) = self.n {
            visitor.visit_pair("n".to_key(), n.get().into())?;
        }
        visitor.visit_pair("status".to_key(), self.status.as_u16().into())?;
        visitor.visit_pair("bytes".to_key(), self.bytes.into())?;
        visitor.visit_pair("milliseconds".to_key(), milliseconds.into())?;
        visitor.visit_pair("request_id".to_key(), self.id.as_str().into())
    }
}

/// A body that counts its bytes as they are sent. It is dropped when the last is sent, or when the
/// client has left; that is when its line is written.
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
        if let Poll::Ready(Some(Ok(bytes))) = &chunk {
            this.line.bytes += bytes.len() as u64;
        }
        chunk
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        log::logger().log(
            &Record::builder()
                .level(Level::Info)
                .target(TARGET)
                .key_values(&self.line)
                .args(format_args!(
                    "{} {} {}",
                    self.line.method,
                    self.line.route,
                    self.line.status.as_u16()
                ))
                .build(),
        );
    }
}

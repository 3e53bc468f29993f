//! What becomes of a request whose handler panics.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use futures_util::FutureExt;

use super::Error;

/// Answers with an apology where the handler panics: the connection and the process live on.
pub async fn catch<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let asked = request.request().clone();
    // Nothing that the handler left half done is looked at again.
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answer) => Ok(answer?.map_into_left_body()),
        Err(payload) => {
            let cause = format!("the handler panicked: {}", message(&*payload));
            let error = Error::Internal(cause.into());
            Ok(ServiceResponse::from_err(error, asked).map_into_right_body())
        }
    }
}

/// What a panic says: its payload is text, unless a library makes it something else.
fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

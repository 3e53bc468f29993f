//! When a connection ends with its answer.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, Version};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};

use super::refuse::has_body;
use crate::web::{Readiness, UntilSent};

/// Ends the connection after this answer once the service is stopping, so that the next request goes
/// to another instance; where a body follows, as nobody reads it; and where the client wants to speak
/// something else from here on, which the library would promise.
pub async fn end<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, UntilSent<BoxBody, Payload>>>, Error> {
    let upgrades = request.head().upgrade();
    let unread = has_body(&request).then(|| request.take_payload());
    let readiness = request.app_data::<Data<Readiness>>().cloned();
    let mut response = next.call(request).await?;
    let stopping = readiness.is_some_and(|readiness| !readiness.is_ready());
    // HTTP/2 has a frame for it.
    if (stopping || upgrades || unread.is_some()) && response.request().version() < Version::HTTP_2
    {
        response
            .response_mut()
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_body(|_, body| match unread {
        None => EitherBody::left(body),
        // Once that is dropped, the library reads on to its end, for the sake of the next request, and a
        // client that never ends it would hold the connection for good.
        Some(payload) => EitherBody::right(UntilSent::new(body.boxed(), payload)),
    }))
}

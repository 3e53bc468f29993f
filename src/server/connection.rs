//! When a connection ends with its answer.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, Version};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::refuse::has_body;
use crate::web::Readiness;

/// Ends the connection after this answer once the service is stopping, so that the next request goes
/// to another instance; and where a body follows that nobody reads.
pub async fn end<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let unread = has_body(&request);
    let readiness = request.app_data::<Data<Readiness>>().cloned();
    let mut response = next.call(request).await?;
    let stopping = readiness.is_some_and(|readiness| !readiness.is_ready());
    // HTTP/2 has no header for it, and needs none: its streams are apart.
    if (stopping || unread) && response.request().version() < Version::HTTP_2 {
        response
            .response_mut()
            .head_mut()
            .set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

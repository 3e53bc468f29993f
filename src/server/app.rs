//! The application as it is served: routes, and the middleware around them.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use actix_web::{App, Error};

use super::{connection, observe, refuse, security};
use crate::web;

/// `routes` with what every answer gets: compression where it pays, errors in the form asked for, the
/// end of its connection where that is due, the security headers, a request id, and a line in the log.
pub fn app(
    routes: impl FnOnce(&mut ServiceConfig) + 'static,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    // The last one wrapped sees the request first and the answer last.
    App::new()
        .configure(routes)
        .wrap(from_fn(web::compress))
        .wrap(from_fn(refuse::refuse))
        .wrap(web::error_pages())
        .wrap(from_fn(connection::end))
        .wrap(security::headers())
        .wrap(from_fn(observe::observe))
}

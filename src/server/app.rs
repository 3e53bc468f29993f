//! The application: routes with the middleware around them.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use actix_web::{App, Error};

use crate::web::middleware;

/// An application with these routes; see `middleware::handle` for what happens around them.
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
    App::new().configure(routes).wrap(from_fn(middleware::handle))
}

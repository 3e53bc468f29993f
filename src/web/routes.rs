//! Every address of the service: the public port's and the management port's.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::guard::fn_guard;
use actix_web::web::{Data, ServiceConfig, resource, to};
use actix_web::{FromRequest, Handler, Resource, Responder};

use super::error::RequestError;
use super::ops::health::Readiness;
use super::ops::metrics::Scraped;
use super::ops::{assets, crawlers, health, metrics, redirects};
use super::pages::{api, first, home, index, nth};
use super::site::Site;

/// The routes that return 503 when the service is busy.
const BUSY_ROUTES: [&str; 12] = [
    "/first",
    "/first.txt",
    "/first.json",
    "/first.csv",
    "/first.svg",
    "/nth",
    "/nth.txt",
    "/nth.json",
    "/index",
    "/index.txt",
    "/index.json",
    "/openapi.json",
];

/// The routes of the public port.
pub fn public(site: Data<Site>, readiness: Data<Readiness>) -> impl FnOnce(&mut ServiceConfig) {
    // An alert on an increase would miss the first failure of a route without a series.
    for route in BUSY_ROUTES {
        for status in ["500", "503"] {
            site.metrics.requests.with_label_values(&[route, "GET", status]);
        }
    }
    |config| {
        config
            .app_data(site.assets.clone())
            .app_data(Data::from(site.encoders.clone()))
            .app_data(site)
            .app_data(readiness)
            .service(get("/", home::html))
            .service(get("/api", api::html))
            .service(get("/openapi.json", api::openapi))
            .service(get("/favicon.ico", redirects::favicon))
            .service(get("/robots.txt", crawlers::robots))
            .service(get("/sitemap.xml", crawlers::sitemap))
            .service(get("/.well-known/security.txt", crawlers::security))
            .service(get("/first", redirects::to_nth).guard(fn_guard(redirects::is_nth_pressed)))
            .service(get("/nth", redirects::to_nth).guard(fn_guard(redirects::is_nth_pressed)))
            .service(get("/first", first::html))
            .service(get("/first.txt", first::text))
            .service(get("/first.json", first::json))
            .service(get("/first.csv", first::csv))
            .service(get("/first.svg", first::svg))
            .service(get("/nth", nth::html))
            .service(get("/nth.txt", nth::text))
            .service(get("/nth.json", nth::json))
            .service(get("/index", index::html))
            .service(get("/index.txt", index::text))
            .service(get("/index.json", index::json))
            .service(get("/healthz", health::live))
            .service(get("/readyz", health::ready))
            .service(get("/static/{name}", assets::file))
            .default_service(to(not_found));
    }
}

/// The routes of the management port. It has no [`Site`], and so no pages: errors are text or JSON.
pub fn management(site: Data<Site>, readiness: Data<Readiness>) -> impl FnOnce(&mut ServiceConfig) {
    |config| {
        config
            .app_data(Scraped(site))
            .app_data(readiness)
            .service(get("/metrics", metrics::text))
            .service(get("/healthz", health::live))
            .service(get("/readyz", health::ready))
            .default_service(to(not_found));
    }
}

/// A route for GET and HEAD; other methods get 405.
pub fn get<F, Args>(
    path: &str,
    handler: F,
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
>
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(path).get(handler.clone()).head(handler).default_service(to(method_not_allowed))
}

async fn not_found() -> Result<&'static str, RequestError> {
    Err(RequestError::NotFound)
}

async fn method_not_allowed() -> Result<&'static str, RequestError> {
    Err(RequestError::MethodNotAllowed)
}

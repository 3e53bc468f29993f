//! Every address of the service: the public port's and the management port's.

use std::future::ready;

use actix_web::guard::fn_guard;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, ALLOW,
};
use actix_web::web::{Data, ServiceConfig, method, resource, to};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder};

use super::error::RequestError;
use super::middleware::headers;
use super::ops::health::Readiness;
use super::ops::metrics::Scraped;
use super::ops::{assets, crawlers, health, icons, metrics, version};
use super::pages::{api, first, home, index, nth, nth_mod, redirects};
use super::site::Site;

/// How long a browser may remember the methods of a path, in seconds: a day.
const PREFLIGHT_SECONDS: u32 = 86_400;

/// The routes that return 503 when the service is busy.
const BUSY_ROUTES: [&str; 14] = [
    "/first",
    "/first.txt",
    "/first.json",
    "/first.csv",
    "/first.svg",
    "/first.png",
    "/nth",
    "/nth.txt",
    "/nth.json",
    "/nth.png",
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
            // The library tries the routes in turn, so those of results come first.
            .service(get("/first", redirects::to_nth).guard(fn_guard(redirects::is_nth_pressed)))
            .service(get("/nth", redirects::to_nth).guard(fn_guard(redirects::is_nth_pressed)))
            .service(get("/nth", nth_mod::html).guard(fn_guard(nth_mod::is_requested)))
            .service(get("/nth.txt", nth_mod::text).guard(fn_guard(nth_mod::is_requested)))
            .service(get("/nth.json", nth_mod::json).guard(fn_guard(nth_mod::is_requested)))
            .service(get("/first", first::html))
            .service(get("/first.txt", first::text))
            .service(get("/first.json", first::json))
            .service(get("/first.csv", first::csv))
            .service(get("/first.svg", first::svg))
            .service(get("/first.png", first::png))
            .service(get("/nth", nth::html))
            .service(get("/nth.txt", nth::text))
            .service(get("/nth.json", nth::json))
            .service(get("/nth.png", nth::png))
            // Proxies limit an address to 8 kB, so a long number may come in a body instead.
            .service(get_or_post("/index", index::html))
            .service(get_or_post("/index.txt", index::text))
            .service(get_or_post("/index.json", index::json))
            .service(get("/", home::html))
            .service(get("/api", api::html))
            .service(get("/openapi.json", api::openapi))
            .service(get("/favicon.ico", icons::favicon))
            .service(get("/apple-touch-icon.png", icons::touch_icon))
            .service(get("/robots.txt", crawlers::robots))
            .service(get("/sitemap.xml", crawlers::sitemap))
            .service(get("/.well-known/security.txt", crawlers::security))
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
            .service(get("/version", version::json))
            .service(get("/healthz", health::live))
            .service(get("/readyz", health::ready))
            .default_service(to(not_found));
    }
}

/// The methods of a route that only reads.
const READ: &str = "GET, HEAD, OPTIONS";

/// The methods of a route that also takes a number in a body.
const READ_OR_POST: &str = "GET, HEAD, OPTIONS, POST";

/// A route for GET, HEAD and OPTIONS; other methods get 405.
pub fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    reading(path, handler, READ)
}

/// Like [`get`], but also for POST.
fn get_or_post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    reading(path, handler.clone(), READ_OR_POST).post(handler)
}

/// A route for GET, HEAD and OPTIONS at a path with these methods.
fn reading<F, Args>(path: &str, handler: F, allowed: &'static str) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let options = move |request: HttpRequest| ready(options(&request, allowed));
    resource(path)
        .get(handler.clone())
        .head(handler)
        .route(method(Method::OPTIONS).to(options))
        .default_service(to(move || ready(method_not_allowed(allowed))))
}

/// The methods of a path. A browser asks for them before a script of another origin may send a request with
/// headers of its own.
fn options(request: &HttpRequest, allowed: &'static str) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    response.insert_header((ALLOW, allowed));
    if headers::is_data(request.match_info().as_str()) {
        response
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, allowed))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "*"))
            .insert_header((ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS));
    }
    response.finish()
}

async fn not_found(request: HttpRequest) -> Result<HttpResponse, RequestError> {
    // Otherwise the browser would hide the 404 from the script that asks.
    if *request.method() == Method::OPTIONS && headers::is_data(request.match_info().as_str()) {
        return Ok(options(&request, READ));
    }
    Err(RequestError::NotFound)
}

fn method_not_allowed(allowed: &'static str) -> Result<&'static str, RequestError> {
    Err(RequestError::MethodNotAllowed { allowed })
}

//! A request into a call of the mathematics, and its result into an answer.
//!
//! This page is the whole surface of the service: [`routes`] is the public port's,
//! [`management_routes`] the management port's. Every other file is a page, or a part that the pages
//! share.

mod api;
mod assets;
mod button;
mod compress;
mod crawlers;
mod delivery;
mod error;
mod excerpt;
mod first;
mod frame;
mod health;
mod home;
mod index;
mod nth;
mod number;
mod number_error;
mod origin;
mod picture;
mod problem;
mod problem_type;
mod query;
mod remedy;
mod representation;
mod request_id;
mod result_body;
mod scrape;
mod sending;
mod until_sent;
mod window;
mod words;

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::guard::fn_guard;
use actix_web::web::{Data, ServiceConfig, resource, to};
use actix_web::{FromRequest, Handler, Resource, Responder};
use tokio::sync::Semaphore;

pub use self::assets::Assets;
pub(crate) use self::compress::compress;
pub use self::error::Error;
pub use self::health::Readiness;
use self::health::is_health;
pub(crate) use self::number::{Index, LoggedIndex};
pub(crate) use self::number_error::NumberError;
pub(crate) use self::problem::{Asked, error_page, log_cause, with_error_page};
pub(crate) use self::request_id::RequestId;
pub(crate) use self::result_body::LARGE;
use self::sending::Sending;
pub(crate) use self::until_sent::UntilSent;
use crate::engine::Engine;
use crate::metrics::{FINGERPRINT, Metrics};

/// What every page knows: shared by all workers.
#[derive(Debug)]
pub struct Site {
    limits: Limits,
    assets: Assets,
    engine: Arc<Engine>,
    sending: Sending,
    /// The places for what is being compressed.
    compressing: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    /// Whom to tell of a weakness, as a URI.
    security_contact: Option<String>,
    /// Of all that pages are made of: the sources, the limits and the files that they link to.
    fingerprint: String,
}

impl Site {
    /// A site of these parts, whose large bodies take `send_bytes` of memory at most while they are
    /// sent.
    #[must_use]
    pub fn new(
        limits: Limits,
        assets: Assets,
        engine: Arc<Engine>,
        send_bytes: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        // A first failure would go unnoticed by who looks for a change of a series that is there.
        for route in REFUSING {
            for status in ["500", "503"] {
                metrics.requests.with_label_values(&[route, "GET", status]);
            }
        }
        let parts = format!(
            "{FINGERPRINT} {limits:?} {} {} {}",
            assets.style(),
            assets.icon(),
            assets.script()
        );
        Self {
            limits,
            assets,
            engine,
            sending: Sending::new(send_bytes, metrics.clone()),
            compressing: Arc::new(Semaphore::new(compress::MOST)),
            metrics,
            security_contact: None,
            fingerprint: assets::hash(parts.as_bytes()),
        }
    }

    /// The same with a URI to tell of a weakness.
    #[must_use]
    pub fn with_security_contact(self, uri: Option<String>) -> Self {
        Self {
            security_contact: uri,
            ..self
        }
    }

    /// What is counted of it.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

/// How much may be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most terms that a list may have.
    pub max_first: u64,
    /// The largest index of which a single term is given whole.
    pub max_nth: u64,
}

impl Limits {
    /// The last index whose term is given whole, alone or in a list.
    const fn last_whole(&self) -> u64 {
        if self.max_first > self.max_nth {
            self.max_first - 1
        } else {
            self.max_nth
        }
    }
}

/// The routes that may have no room for an answer.
const REFUSING: [&str; 12] = [
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

/// The public port's routes.
pub fn routes(site: Data<Site>, readiness: Data<Readiness>) -> impl FnOnce(&mut ServiceConfig) {
    |config| {
        config
            .app_data(site)
            .app_data(readiness)
            .service(get("/", home::html))
            .service(get("/api", api::html))
            .service(get("/openapi.json", api::openapi))
            .service(get("/favicon.ico", assets::favicon))
            .service(get("/robots.txt", crawlers::robots))
            .service(get("/sitemap.xml", crawlers::sitemap))
            .service(get("/.well-known/security.txt", crawlers::security))
            .service(get("/first", button::redirect).guard(fn_guard(button::is_named)))
            .service(get("/nth", button::redirect).guard(fn_guard(button::is_named)))
            .service(get("/first", first::html))
            .service(get("/first.txt", first::text))
            .service(get("/first.json", first::json))
            .service(get("/first.csv", first::csv))
            .service(get("/first.svg", picture::svg))
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

/// The management port's routes. There is no [`Site`] here, and so no pages: errors are text, or JSON.
pub fn management_routes(
    site: Data<Site>,
    readiness: Data<Readiness>,
) -> impl FnOnce(&mut ServiceConfig) {
    |config| {
        config
            .app_data(scrape::Scraped(site))
            .app_data(readiness)
            .service(get("/metrics", scrape::text))
            .service(get("/healthz", health::live))
            .service(get("/readyz", health::ready))
            .default_service(to(not_found));
    }
}

/// A path that answers GET, HEAD with the same headers and any other method with 405.
pub(crate) fn get<F, Args>(
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
    resource(path)
        .get(handler.clone())
        .head(handler)
        .default_service(to(method_not_allowed))
}

async fn not_found() -> Result<&'static str, Error> {
    Err(Error::NotFound)
}

async fn method_not_allowed() -> Result<&'static str, Error> {
    Err(Error::MethodNotAllowed)
}

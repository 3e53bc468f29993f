//! The application in process: sites, requests and responses.

use std::path::Path;
use std::sync::Arc;

use actix_web::body::{self, BodySize, MessageBody};
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{Data, ServiceConfig};
use fibonacci_web::engine::Engine;
use fibonacci_web::metrics::Metrics;
use fibonacci_web::server::app::app;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::assets::Assets;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes;
use fibonacci_web::web::site::Site;
use serde_json::Value;

const DEFAULT_LIMITS: Limits = Limits { max_first: 10_000, max_nth: 10_000_000 };

/// A response whose body has been read.
pub struct TestResponse {
    pub status: u16,
    pub headers: HeaderMap,
    /// The length that the response declares, if any; a HEAD response can declare one without a body.
    pub content_length: Option<u64>,
    pub bytes: Vec<u8>,
    /// The body as text, with U+FFFD for bytes that are not UTF-8.
    pub body: String,
}

impl TestResponse {
    /// The only value of a header, or `None` without that header.
    pub fn optional_header(&self, name: &str) -> Option<&str> {
        self.headers.contains_key(name).then(|| self.header(name))
    }

    /// The only value of a header.
    pub fn header(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.get_all(name).collect();
        assert_eq!(values.len(), 1, "values of {name}: {values:?}");
        values[0].to_str().expect("visible ASCII")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

/// A site with the default limits.
pub fn site() -> Data<Site> {
    site_with_limits(DEFAULT_LIMITS)
}

/// A site with these limits.
pub fn site_with_limits(limits: Limits) -> Data<Site> {
    let (engine, metrics) = engine(2, 64_000_000);
    site_with_engine(limits, engine, metrics)
}

/// A site with this engine.
pub fn site_with_engine(limits: Limits, engine: Arc<Engine>, metrics: Arc<Metrics>) -> Data<Site> {
    Data::new(unshared_site(limits, engine, metrics))
}

/// A site with the default limits, under this path.
pub fn site_under(base_path: &str) -> Data<Site> {
    let (engine, metrics) = engine(2, 64_000_000);
    let site = unshared_site(DEFAULT_LIMITS, engine, metrics);
    Data::new(site.with_base_path(base_path.to_owned()))
}

/// A site with the default limits that visitors reach at this origin, under this path.
pub fn site_at(origin: &str, base_path: &str) -> Data<Site> {
    let (engine, metrics) = engine(2, 64_000_000);
    let site = unshared_site(DEFAULT_LIMITS, engine, metrics)
        .with_base_path(base_path.to_owned())
        .with_public_origin(Some(origin.to_owned()));
    Data::new(site)
}

/// A site with the default limits and a contact for security reports, behind these proxies.
pub fn site_behind(trusted_proxies: &str) -> Data<Site> {
    let (engine, metrics) = engine(2, 64_000_000);
    Data::new(Site {
        security_contact: Some("mailto:security@example.org".to_owned()),
        trusted_proxies: trusted_proxies.parse().expect("valid proxies"),
        ..unshared_site(DEFAULT_LIMITS, engine, metrics)
    })
}

/// A site to which settings can be added.
fn unshared_site(limits: Limits, engine: Arc<Engine>, metrics: Arc<Metrics>) -> Site {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let assets = Assets::load(&folder).expect("the static files");
    Site::new(limits, assets, engine, metrics)
}

/// An engine with this number of threads and 256 MB for results that are not cached, and its metrics.
pub fn engine(threads: usize, cache_bytes: u64) -> (Arc<Engine>, Arc<Metrics>) {
    engine_with_memory(threads, cache_bytes, 256_000_000)
}

/// An engine with this number of threads and memory, and its metrics.
pub fn engine_with_memory(
    threads: usize,
    cache_bytes: u64,
    send_bytes: u64,
) -> (Arc<Engine>, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new().expect("unique metric names"));
    let engine =
        Engine::new(threads, cache_bytes, send_bytes, metrics.clone()).expect("engine threads");
    (Arc::new(engine), metrics)
}

/// `GET path` with these headers, from this site.
pub async fn get_from(site: &Data<Site>, path: &str, headers: &[(&str, &str)]) -> TestResponse {
    request_from(Method::GET, site, path, headers).await
}

/// A request with this method and these headers, to this site.
pub async fn request_from(
    method: Method,
    site: &Data<Site>,
    path: &str,
    headers: &[(&str, &str)],
) -> TestResponse {
    let request = headers.iter().fold(TestRequest::with_uri(path), |request, (name, value)| {
        request.append_header((*name, *value))
    });
    let routes = routes::public(site.clone(), Data::new(Readiness::default()));
    send_to(routes, request.method(method)).await
}

/// `GET path` with these headers, from a site with the default limits.
pub async fn get_with_headers(path: &str, headers: &[(&str, &str)]) -> TestResponse {
    get_from(&site(), path, headers).await
}

/// `GET path`, from a site with the default limits.
pub async fn get(path: &str) -> TestResponse {
    request(Method::GET, path).await
}

/// A request with this method, to a site with the default limits.
pub async fn request(method: Method, path: &str) -> TestResponse {
    send(TestRequest::with_uri(path).method(method)).await
}

/// Sends any request to the public routes of a site with the default limits.
pub async fn send(request: TestRequest) -> TestResponse {
    send_to(routes::public(site(), Data::new(Readiness::default())), request).await
}

/// Sends any request to an application with these routes.
pub async fn send_to(
    routes: impl FnOnce(&mut ServiceConfig) + 'static,
    request: TestRequest,
) -> TestResponse {
    let service = init_service(app(routes)).await;
    let response = call_service(&service, request.to_request()).await;
    let (head, bytes) = response.into_parts().1.into_parts();
    let content_length = match bytes.size() {
        BodySize::Sized(size) => Some(size),
        BodySize::None | BodySize::Stream => None,
    };
    let bytes = body::to_bytes(bytes).await.expect("a complete body");
    TestResponse {
        status: head.status().as_u16(),
        headers: head.headers().clone(),
        content_length,
        body: String::from_utf8_lossy(&bytes).into_owned(),
        bytes: bytes.to_vec(),
    }
}

/// The URL of the style sheet that a page links to.
pub fn style_sheet(page: &str) -> &str {
    let start = page.find("/static/style-").expect("a link to the file");
    page[start..].split('"').next().expect("a closing delimiter")
}

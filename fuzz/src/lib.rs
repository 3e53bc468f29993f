//! The application in process, built once, with limits that keep each request short.

use std::path::Path;
use std::sync::Arc;

use actix_web::body;
use actix_web::http::header::HeaderMap;
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use fibonacci_web::engine::Engine;
use fibonacci_web::metrics::Metrics;
use fibonacci_web::server::app::app;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::assets::Assets;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes;
use fibonacci_web::web::site::Site;

/// The limits of the application.
pub const LIMITS: Limits = Limits { max_first: 200, max_nth: 5_000 };

/// The path of the application. It is served without it, too.
pub const BASE_PATH: &str = "/base";

/// A response whose body has been read.
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The only value of a header, or `None` without that header.
    ///
    /// # Panics
    ///
    /// If the header occurs more than once or is not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name);
        let only = values.next()?;
        assert!(values.next().is_none(), "{name} occurs more than once");
        Some(only.to_str().expect("visible ASCII"))
    }
}

/// Sends requests to an application, which stays for the next ones.
type Client = Box<dyn Fn(TestRequest) -> Response>;

thread_local! {
    /// Never dropped: at the end of the thread, what its requests need is already gone.
    static CLIENT: &'static Client = Box::leak(Box::new(client()));
}

/// The response to a request, which is not a failure of the service.
///
/// # Panics
///
/// If it is one. A panic of a handler ends the process, as the fuzzer's hook comes before the middleware.
#[must_use]
pub fn send(request: TestRequest) -> Response {
    let response = CLIENT.with(|client| client(request));
    assert_ne!(response.status, 500, "{}", String::from_utf8_lossy(&response.body));
    response
}

/// The response to `GET target`.
///
/// # Panics
///
/// As [`send`], and if the target is not a valid address.
#[must_use]
pub fn get(target: &str) -> Response {
    send(TestRequest::with_uri(target))
}

fn client() -> Client {
    let system = System::new();
    let service = system.block_on(async {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static");
        let assets = Assets::load(&folder).expect("the static files");
        let metrics = Arc::new(Metrics::new().expect("unique metric names"));
        // Without a cache, as an input must take the same way each time.
        let engine = Engine::new(1, 0, 64_000_000, metrics.clone()).expect("engine threads");
        let site = Site {
            security_contact: Some("mailto:security@example.com".to_owned()),
            trusted_proxies: "10.0.0.0/8".parse().expect("valid proxies"),
            ..Site::new(LIMITS, assets, Arc::new(engine), metrics)
                .with_base_path(BASE_PATH.to_owned())
        };
        let routes = routes::public(Data::new(site), Data::new(Readiness::default()));
        init_service(app(routes)).await
    });
    Box::new(move |request| {
        system.block_on(async {
            let response = call_service(&service, request.to_request()).await;
            let (head, body) = response.into_parts().1.into_parts();
            let body = body::to_bytes(body).await.expect("a complete body");
            let (status, headers) = (head.status().as_u16(), head.headers().clone());
            Response { status, headers, body: body.to_vec() }
        })
    })
}

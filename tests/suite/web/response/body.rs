//! The pieces in which bodies are made, and the memory that they take.

use std::future;
use std::pin::pin;

use actix_web::body::MessageBody;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use fibonacci_web::server::app::app;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::public;

use crate::support::in_process::{engine, site, site_with_engine};

#[actix_web::test]
async fn large_results_are_made_in_pieces_of_up_to_15_kib() {
    let service = init_service(app(public(site(), Data::new(Readiness::default())))).await;
    for path in ["/first.txt?n=10000", "/nth.txt?n=1000000"] {
        let response = call_service(&service, TestRequest::with_uri(path).to_request()).await;
        let mut body = pin!(response.into_body());
        let mut lengths = Vec::new();
        while let Some(piece) = future::poll_fn(|context| body.as_mut().poll_next(context)).await {
            lengths.push(piece.expect("no error").len());
        }
        assert_eq!(lengths.iter().max(), Some(&15_360), "{path}");
        // Smaller pieces would cost more.
        assert!(lengths.iter().sum::<usize>() / lengths.len() > 13_000, "{path}");
    }
}

#[actix_web::test]
async fn a_body_of_up_to_16_kib_reserves_no_memory_and_a_longer_one_32_kib() {
    let (engine, metrics) = engine(2, 0);
    let site = site_with_engine(Limits { max_first: 10_000, max_nth: 100_000 }, engine, metrics);
    let service = init_service(app(public(site.clone(), Data::new(Readiness::default())))).await;
    for (n, range, reserved) in [
        // F(78393) has 16 383 digits and F(78394) has 16 384, and a line feed follows.
        (78_393, "", 0),
        (78_394, "", 32_768),
        // These digits are reserved by the engine.
        (100_000, "bytes=20000-20009", 20_899),
        (100_000, "bytes=0-16383", 20_899),
        (100_000, "bytes=0-16384", 20_899 + 32_768),
    ] {
        let request = TestRequest::with_uri(&format!("/nth.txt?n={n}"));
        let request = request.insert_header(("range", range)).to_request();
        let response = call_service(&service, request).await;
        assert!(response.status().is_success());
        assert_eq!(site.metrics.reserved_bytes.get(), reserved, "{n} {range}");
        drop(response);
        assert_eq!(site.metrics.reserved_bytes.get(), 0);
    }
}

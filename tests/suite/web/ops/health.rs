//! Health and readiness, on both ports.

use actix_web::test::TestRequest;
use actix_web::web::Data;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes::{management, public};

use crate::support::in_process::{get, send_to, site};
use crate::support::service::{Service, exchange, raw_request};

#[actix_web::test]
async fn a_running_service_is_healthy_and_ready() {
    let health = get("/healthz").await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    let readiness = get("/readyz").await;
    assert_eq!((readiness.status, readiness.body.as_str()), (200, "ready\n"));
}

#[actix_web::test]
async fn a_service_that_is_shutting_down_is_not_ready_but_still_serves_requests() {
    let readiness = Data::new(Readiness::default());
    readiness.begin_shutdown();
    let get = |path| {
        let routes = public(site(), readiness.clone());
        send_to(routes, TestRequest::with_uri(path))
    };
    let readiness = get("/readyz").await;
    assert_eq!(readiness.status, 503);
    assert_eq!(readiness.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        readiness.body,
        "This instance is shutting down. Try again: another instance will respond.\n"
    );
    assert_eq!(get("/healthz").await.status, 200);
    assert_eq!(get("/nth.txt?n=10").await.body, "55\n");
}

#[actix_web::test]
async fn the_management_port_serves_health_checks_and_a_plain_text_404_for_other_paths() {
    let get = |path| {
        let routes = management(site(), Data::new(Readiness::default()));
        send_to(routes, TestRequest::with_uri(path))
    };
    assert_eq!(get("/healthz").await.body, "ok\n");
    assert_eq!(get("/readyz").await.body, "ready\n");
    for path in ["/", "/nth?n=10"] {
        let response = get(path).await;
        assert_eq!(response.status, 404);
        assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(response.body, "There is no page at this address.\n");
    }
}

#[test]
fn the_management_port_and_the_public_port_serve_different_paths() {
    let (service, management) = Service::start_with_management(&[]);
    let get = |address, path| exchange(address, &raw_request("GET", path));
    assert!(get(management, "/healthz").ends_with("\r\n\r\nok\n"));
    assert!(get(management, "/readyz").ends_with("\r\n\r\nready\n"));
    assert!(get(management, "/nth.txt?n=10").starts_with("HTTP/1.1 404 "));
    assert!(get(service.address, "/metrics").starts_with("HTTP/1.1 404 "));
}

//! Internal errors and errors from libraries: in the representation of the path, without their cause.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use actix_web::web::{ServiceConfig, to};
use fibonacci_web::web::error::RequestError;
use serde_json::json;

use crate::support::in_process::{TestResponse, send_to, site};
use crate::support::service::{Service, exchange, raw_request};

const APOLOGY: &str =
    "Something went wrong on the server; it is not your fault. Try again in a moment.";

/// `GET path` from an application whose handler fails with an internal error.
async fn get_internal_error(path: &str) -> TestResponse {
    let fail = || async { Err::<&str, _>(RequestError::Internal("the secret cause".into())) };
    let routes = move |config: &mut ServiceConfig| {
        config.app_data(site()).default_service(to(fail));
    };
    send_to(routes, TestRequest::with_uri(path)).await
}

/// `GET path` from an application in which a library responds with this status and its own text.
async fn get_library_error(status: u16, path: &str) -> TestResponse {
    let status = StatusCode::from_u16(status).expect("a status");
    let routes = move |config: &mut ServiceConfig| {
        config.app_data(site()).default_service(to(move || async move {
            HttpResponse::build(status).body("the library's own text")
        }));
    };
    send_to(routes, TestRequest::with_uri(path)).await
}

#[actix_web::test]
async fn an_internal_error_is_an_apology_in_every_representation() {
    let page = get_internal_error("/first?n=10").await;
    assert_eq!(page.status, 500);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.body.contains("<h1>Internal error</h1>"));
    assert!(page.body.contains(&format!("<p>{APOLOGY}</p>")));
    // The page keeps the input.
    assert!(page.body.contains(r#"name="n" value="10""#));
    assert!(!page.body.contains("secret"));

    let text = get_internal_error("/first.txt?n=10").await;
    assert_eq!((text.status, text.body), (500, format!("{APOLOGY}\n")));

    let json = get_internal_error("/first.json?n=10").await;
    assert_eq!(json.header("content-type"), "application/problem+json");
    assert_eq!(
        json.json(),
        json!({
            "type": "/api#internal",
            "title": "Internal error",
            "status": 500,
            "detail": APOLOGY,
        })
    );
}

#[actix_web::test]
async fn an_error_from_a_library_gets_our_own_message_in_every_representation() {
    for (status, title, message) in [
        (400, "Bad Request", "The request is not valid. Check the address and the headers."),
        (408, "Request Timeout", "The request took too long to arrive. Send it again."),
        (412, "Precondition Failed", "The result does not match the If-Match header."),
        (413, "Content Too Large", "The request has a body. Send it without one."),
        (500, "Internal Server Error", APOLOGY),
        (503, "Service Unavailable", APOLOGY),
    ] {
        let page = get_library_error(status, "/nth?n=7").await;
        assert_eq!(page.status, status);
        assert!(page.body.contains(&format!("<p>{message}</p>")), "{title}");
        let text = get_library_error(status, "/nth.txt").await;
        assert_eq!((text.status, text.body), (status, format!("{message}\n")));
        let json = get_library_error(status, "/nth.json").await;
        assert_eq!(json.json(), json!({"title": title, "status": status, "detail": message}));
    }
}

#[test]
fn a_number_with_a_huge_exponent_is_invalid_on_every_route() {
    let (service, management) = Service::start_with_management(&[]);
    for exponent in
        ["18446744073709551615", "18446744073709551614", "10000", "99999999999999999999"]
    {
        for (path, status) in [
            ("/healthz?n", 200),
            ("/nth?n", 422),
            ("/nth.txt?n", 422),
            ("/nth.json?n", 422),
            ("/first?n", 422),
            ("/first.svg?n", 422),
            ("/index?of", 422),
            ("/index.json?of", 422),
        ] {
            let path = format!("{path}=1e{exponent}");
            let response = service.exchange(&raw_request("GET", &path));
            let start = format!("HTTP/1.1 {status} ");
            assert!(response.starts_with(&start), "{path}: {response}");
        }
    }
    let metrics = exchange(management, &raw_request("GET", "/metrics"));
    assert!(metrics.contains("\nhttp_requests_in_flight 0\n"), "{metrics}");
    assert!(metrics.contains("\npanics_total 0\n"), "{metrics}");
}

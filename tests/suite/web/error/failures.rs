//! Our own failures and those of libraries: in the form asked for, and without their cause.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use actix_web::web::{ServiceConfig, to};
use fibonacci_web::web::error::RequestError;
use serde_json::json;

use crate::support::{Answer, Service, exchange, request, send_to, site};

const APOLOGY: &str =
    "Something went wrong on the server; it is not your fault. Try again in a moment.";

/// A path of an application that fails by an error of ours.
async fn fail(path: &str) -> Answer {
    let fail = || async { Err::<&str, _>(RequestError::Internal("the secret cause".into())) };
    let routes = move |config: &mut ServiceConfig| {
        config.app_data(site()).default_service(to(fail));
    };
    send_to(routes, TestRequest::with_uri(path)).await
}

/// A path of an application where a library answers with this status and a text of its own.
async fn refuse(status: u16, path: &str) -> Answer {
    let status = StatusCode::from_u16(status).expect("a status");
    let routes = move |config: &mut ServiceConfig| {
        config.app_data(site()).default_service(to(move || async move {
            HttpResponse::build(status).body("the library's own text")
        }));
    };
    send_to(routes, TestRequest::with_uri(path)).await
}

#[actix_web::test]
async fn a_failure_of_ours_is_an_apology_in_each_form() {
    let page = fail("/first?n=10").await;
    assert_eq!(page.status, 500);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.body.contains("<h1>Internal error</h1>"));
    assert!(page.body.contains(&format!("<p>{APOLOGY}</p>")));
    // What was typed is not lost.
    assert!(page.body.contains(r#"name="n" value="10""#));
    assert!(!page.body.contains("secret"));

    let text = fail("/first.txt?n=10").await;
    assert_eq!((text.status, text.body), (500, format!("{APOLOGY}\n")));

    let json = fail("/first.json?n=10").await;
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
async fn what_a_library_refuses_is_said_in_our_words_in_each_form() {
    for (status, title, sentence) in [
        (400, "Bad Request", "The request is not valid. Check the address and the headers."),
        (408, "Request Timeout", "The request took too long to arrive. Send it again."),
        (412, "Precondition Failed", "The result does not match the If-Match header."),
        (413, "Content Too Large", "The request has a body. Send it without one."),
        (500, "Internal Server Error", APOLOGY),
        (503, "Service Unavailable", APOLOGY),
    ] {
        let page = refuse(status, "/nth?n=7").await;
        assert_eq!(page.status, status);
        assert!(page.body.contains(&format!("<p>{sentence}</p>")), "{title}");
        let text = refuse(status, "/nth.txt").await;
        assert_eq!((text.status, text.body), (status, format!("{sentence}\n")));
        let json = refuse(status, "/nth.json").await;
        assert_eq!(json.json(), json!({"title": title, "status": status, "detail": sentence}));
    }
}

#[test]
fn an_exponent_past_all_bounds_is_a_number_that_cannot_be_read_everywhere() {
    let (service, management) = Service::start_with_management(&[]);
    for exponent in ["18446744073709551615", "18446744073709551614", "9999", "99999999999999999999"]
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
            let answer = service.exchange(&request("GET", &path));
            let start = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&start), "{path}: {answer}");
        }
    }
    let metrics = exchange(management, &request("GET", "/metrics"));
    assert!(metrics.contains("\nhttp_requests_in_flight 0\n"), "{metrics}");
    assert!(metrics.contains("\npanics_total 0\n"), "{metrics}");
}

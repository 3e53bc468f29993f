//! Methods, unknown paths and redirects.

use actix_web::http::Method;
use serde_json::json;

use crate::support::in_process::{get, request, style_sheet};

#[actix_web::test]
async fn every_route_supports_head() {
    let home = get("/").await.body;
    for path in [
        "/",
        "/first?n=10",
        "/first.txt?n=10",
        "/first.json?n=10",
        "/nth?n=10",
        "/nth.txt?n=10",
        "/nth.json?n=10",
        "/first.csv?n=10&from=3",
        "/first.svg?n=10",
        "/index?of=144",
        "/index.txt?of=144",
        "/index.json?of=144",
        "/api",
        "/openapi.json",
        "/robots.txt",
        "/sitemap.xml",
        "/healthz",
        "/readyz",
        style_sheet(&home),
    ] {
        let full = get(path).await;
        let head = request(Method::HEAD, path).await;
        assert_eq!(full.status, 200, "{path}");
        assert_eq!(head.status, 200, "{path}");
        assert_eq!(head.header("content-type"), full.header("content-type"), "{path}");
    }
}

#[actix_web::test]
async fn every_route_refuses_other_methods_and_lists_the_allowed_ones() {
    let methods = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
    let message = "This address supports only GET and HEAD.\n";
    for path in ["/first.txt?n=10", "/nth.txt?n=10", "/healthz", "/readyz", "/static/x"] {
        for method in methods {
            let method = Method::from_bytes(method.as_bytes()).expect("a valid method");
            let response = request(method, path).await;
            assert_eq!((response.status, response.body.as_str()), (405, message), "{path}");
            assert_eq!(response.header("allow"), "GET, HEAD");
        }
    }
    for path in ["/", "/first?n=10", "/nth?n=10"] {
        let response = request(Method::POST, path).await;
        assert_eq!(response.status, 405, "{path}");
        assert_eq!(response.header("allow"), "GET, HEAD");
        assert_eq!(response.header("content-type"), "text/html; charset=utf-8");
        assert!(response.body.contains(message.trim_end()), "{path}");
    }
    for path in ["/first.json", "/nth.json"] {
        let response = request(Method::POST, path).await;
        assert_eq!(response.header("allow"), "GET, HEAD");
        assert_eq!(
            response.json(),
            json!({
                "type": "/api#method-not-allowed",
                "title": "Method not allowed",
                "status": 405,
                "detail": message.trim_end(),
            })
        );
    }
}

#[actix_web::test]
async fn an_unknown_path_is_not_found_in_the_representation_of_its_extension() {
    let message = "There is no page at this address.";
    for path in ["/second", "/first/", "/FIRST?n=1", "/metrics", "//", "/%00", "/%FF", "/first.xml"]
    {
        for method in [Method::GET, Method::POST] {
            let response = request(method, path).await;
            assert_eq!(response.status, 404, "{path}");
            assert_eq!(response.header("content-type"), "text/html; charset=utf-8");
            assert!(response.body.contains(message), "{path}");
        }
    }
    let response = get("/second.txt").await;
    assert_eq!((response.status, response.body), (404, format!("{message}\n")));
    for path in ["/second.json?n=1", "/.json"] {
        let response = get(path).await;
        assert_eq!(response.status, 404);
        assert_eq!(response.header("content-type"), "application/problem+json");
        assert_eq!(
            response.json(),
            json!({
                "type": "/api#not-found",
                "title": "Not found",
                "status": 404,
                "detail": message,
                "instead": ["/", "/api"],
            })
        );
    }
}

#[actix_web::test]
async fn the_nth_button_redirects_to_the_url_of_the_term() {
    // With the `formaction` of the button, and in browsers that ignore it.
    for path in ["/nth", "/first"] {
        for method in [Method::GET, Method::HEAD] {
            let response = request(method, &format!("{path}?n=1%2C0+%3C&show=nth")).await;
            assert_eq!(response.status, 303, "{path}");
            assert_eq!(response.header("location"), "/nth?n=1%2C0+%3C");
        }
        let response = request(Method::POST, &format!("{path}?n=1&show=nth")).await;
        assert_eq!(response.status, 405);
    }
    let other = get("/first?n=1&show=first").await;
    assert_eq!(other.status, 200);
}

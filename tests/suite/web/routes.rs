//! Methods, unknown paths and redirects.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::json;

use crate::support::in_process::{get, get_with_headers, request, send, style_sheet};

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
        "/first.png?n=10",
        "/nth.png?n=10",
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

/// The methods that a path supports, as it lists them in `Allow`.
fn allowed(path: &str) -> &'static str {
    if path.starts_with("/index") { "GET, HEAD, OPTIONS, POST" } else { "GET, HEAD, OPTIONS" }
}

#[actix_web::test]
async fn every_route_refuses_other_methods_and_lists_the_allowed_ones() {
    let methods = ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"];
    for path in
        ["/first.txt?n=10", "/nth.txt?n=10", "/index.txt?of=1", "/healthz", "/readyz", "/static/x"]
    {
        let allowed = allowed(path);
        let message = format!("This address supports only these methods: {allowed}.\n");
        for method in methods.into_iter().filter(|method| !allowed.contains(method)) {
            let method = Method::from_bytes(method.as_bytes()).expect("a valid method");
            let response = request(method, path).await;
            assert_eq!((response.status, &response.body), (405, &message), "{path}");
            assert_eq!(response.header("allow"), allowed);
        }
    }
    let message = "This address supports only these methods: GET, HEAD, OPTIONS.";
    for path in ["/", "/first?n=10", "/nth?n=10"] {
        let response = request(Method::POST, path).await;
        assert_eq!(response.status, 405, "{path}");
        assert_eq!(response.header("allow"), "GET, HEAD, OPTIONS");
        assert_eq!(response.header("content-type"), "text/html; charset=utf-8");
        assert!(response.body.contains(message), "{path}");
    }
    for path in ["/first.json", "/nth.json"] {
        let response = request(Method::POST, path).await;
        assert_eq!(response.header("allow"), "GET, HEAD, OPTIONS");
        assert_eq!(
            response.json(),
            json!({
                "type": "/api#method-not-allowed",
                "title": "Method not allowed",
                "status": 405,
                "detail": message,
            })
        );
    }
}

#[actix_web::test]
async fn options_lists_the_methods_and_lets_scripts_of_other_origins_send_headers_to_data() {
    for (path, is_data) in [
        ("/", false),
        ("/nth?n=10", false),
        ("/healthz", false),
        ("/index", false),
        ("/index.json", true),
        ("/nth.txt?n=10", true),
        ("/first.svg?n=10", true),
        ("/openapi.json", true),
    ] {
        let response = request(Method::OPTIONS, path).await;
        assert_eq!((response.status, response.body.as_str()), (204, ""), "{path}");
        assert_eq!(response.header("allow"), allowed(path), "{path}");
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", allowed(path)),
            ("access-control-allow-headers", "*"),
            ("access-control-max-age", "86400"),
        ] {
            assert_eq!(response.optional_header(name), is_data.then_some(value), "{path}");
        }
    }
    // So that a script sees the 404.
    assert_eq!(request(Method::OPTIONS, "/nowhere.json").await.status, 204);
    assert_eq!(request(Method::OPTIONS, "/nowhere").await.status, 404);
}

#[actix_web::test]
async fn an_error_has_the_representation_of_the_extension_or_else_of_the_accept_header() {
    let (html, text, json) =
        ("text/html; charset=utf-8", "text/plain; charset=utf-8", "application/problem+json");
    for (path, accept, kind) in [
        ("/nowhere", "application/json", json),
        ("/nowhere", "application/problem+json", json),
        ("/nowhere", "APPLICATION/JSON;charset=utf-8, text/html;q=0.9", json),
        ("/nowhere", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", html),
        ("/nowhere", "application/json;q=0.1, text/plain;q=0.2, */*", text),
        ("/nowhere", "*/*", html),
        ("/nowhere", "application/json;q=0, text/html;q=0.1", html),
        ("/nowhere", "application/json;q=0", html),
        ("/nowhere", "image/png", html),
        ("/nowhere", "/, ;;; ,q", html),
        ("/nowhere.xml", "text/plain", text),
        ("/nowhere.txt", "application/json", text),
        ("/nth.json?n=x", "text/html", json),
        ("/nth?n=x", "application/json", json),
        ("/first?n=10&page=7", "text/plain", text),
        ("/static/nothing.css", "*/*", text),
    ] {
        let response = get_with_headers(path, &[("accept", accept)]).await;
        assert!(matches!(response.status, 404 | 422), "{path}");
        assert_eq!(response.header("content-type"), kind, "{path} {accept}");
    }
    let health = |accept| async move {
        let request = TestRequest::with_uri("/healthz").method(Method::POST);
        send(request.append_header(("accept", accept))).await
    };
    assert_eq!(health("application/json").await.header("content-type"), json);
    assert_eq!(health("*/*").await.header("content-type"), text);
    // A page is a page, whatever the client accepts.
    let page = get_with_headers("/nth?n=10", &[("accept", "application/json")]).await;
    assert_eq!((page.status, page.header("content-type")), (200, html));
}

#[actix_web::test]
async fn an_unknown_path_suggests_the_address_that_was_meant() {
    for (path, meant) in [
        ("/nth/?n=10", "/nth?n=10"),
        ("//nth?n=10", "/nth?n=10"),
        ("/NTH.json?n=10", "/nth.json?n=10"),
        ("/First.csv/?n=10&from=3", "/first.csv?n=10&from=3"),
        ("/api/", "/api"),
        ("/fib/10", "/nth?n=10"),
        ("/fibonacci/10/", "/nth?n=10"),
        ("/fib?n=10", "/nth?n=10"),
        ("/nth/10", "/nth?n=10"),
        ("/nth/-8", "/nth?n=-8"),
        ("/nth.txt/10", "/nth.txt?n=10"),
        ("/first/10", "/first?n=10"),
        ("/index/144", "/index?of=144"),
        ("/100", "/nth?n=100"),
    ] {
        let response = get_with_headers(path, &[("accept", "text/html")]).await;
        assert_eq!(response.status, 404, "{path}");
        let link = format!("href=\"{}\"", meant.replace('&', "&#38;"));
        if response.header("content-type").starts_with("text/html") {
            assert!(response.body.contains(&link), "{path}: {}", response.body);
        }
        let json = get_with_headers(path, &[("accept", "application/json")]).await;
        if json.header("content-type") == "application/problem+json" {
            assert_eq!(json.json()["instead"], json!([meant, "/", "/api"]), "{path}");
        }
        assert_eq!(get(meant).await.status, 200, "{meant}");
    }
    for path in ["/fib/ten", "/first/-8", "/api/10", "/index/-1", "/a/b/c", "/nth/10/20"] {
        let response = get_with_headers(path, &[("accept", "application/json")]).await;
        assert_eq!(response.json()["instead"], json!(["/", "/api"]), "{path}");
    }
    for (address, meant) in [
        ("/nth.json?N=12", json!(["/nth.json?n=12"])),
        ("/first.json?N=12&from=3", json!(["/first.json?from=3&n=12"])),
        ("/index.json?OF=144", json!(["/index.json?of=144"])),
        ("/first.json?N=-12", json!(null)),
        ("/nth.json?m=12", json!(null)),
    ] {
        let response = get(address).await;
        assert_eq!(response.status, 422, "{address}");
        assert_eq!(response.json()["instead"], meant, "{address}");
    }
}

#[actix_web::test]
async fn an_unknown_path_is_not_found_in_the_representation_of_its_extension() {
    let message = "There is no page at this address.";
    for path in
        ["/second", "/second/", "/SECOND?n=1", "/metrics", "//", "/%00", "/%FF", "/first.xml"]
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

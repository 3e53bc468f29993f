//! The documentation for scripts, and the files for crawlers, match what the service does.

use std::time::SystemTime;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::in_process::{get, get_with_headers, request, send};
use crate::support::service::{Service, raw_request};

/// The text without HTML escapes.
fn unescape_html(escaped: &str) -> String {
    let mut text = escaped.to_owned();
    for (entity, char) in [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&amp;", "&"),
        ("&#38;", "&"),
    ] {
        text = text.replace(entity, char);
    }
    text
}

/// The texts between `start` and `end`, in order.
fn texts_between<'a>(page: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let parts = page.split(start).skip(1);
    parts.map(|rest| rest.split(end).next().expect("a closing delimiter")).collect()
}

#[actix_web::test]
async fn every_example_gets_the_response_on_the_page() {
    let page = get("/api").await.body;
    let commands = texts_between(&page, "<pre><code>", "</code></pre>");
    let responses = texts_between(&page, "<pre><samp>", "</samp></pre>");
    assert_eq!(commands.len(), responses.len());
    assert!(commands.len() >= 10);
    for (command, expected) in commands.into_iter().zip(responses) {
        let command = unescape_html(command);
        let address = command.split('\'').nth(1).expect("an address");
        let path = address.strip_prefix("http://localhost").expect("a URL of this service");
        let request = TestRequest::with_uri(path);
        let request = match command.split_once(" -H 'Content-Type: text/plain' -d ") {
            None => request,
            Some((_, body)) => request
                .method(Method::POST)
                .append_header(("content-type", "text/plain"))
                .append_header(("content-length", body.len()))
                .set_payload(body.to_owned()),
        };
        let mut response = send(request).await.body;
        if let Some((_, filter)) = command.split_once(" | ") {
            assert_eq!(filter, "grep -c '7$'");
            let count = response.lines().filter(|line| line.ends_with('7')).count();
            response = format!("{count}\n");
        }
        // The page has LF where the CSV has CRLF.
        assert_eq!(response.replace("\r\n", "\n"), unescape_html(expected), "{command}");
    }
}

#[actix_web::test]
async fn examples_use_the_host_of_the_request_if_it_is_valid() {
    let get_page = async |headers: &[(&str, &str)]| {
        let request = headers
            .iter()
            .fold(TestRequest::with_uri("/api"), |request, header| request.insert_header(*header));
        send(request).await.body
    };
    let named = [("host", "fibonacci.example")];
    assert!(get_page(&named).await.contains("curl 'http://fibonacci.example/nth.txt?n=100'"));
    let long = "a".repeat(300);
    let invalid = [("host", long.as_str())];
    assert!(!get_page(&invalid).await.contains(&long));
    let invalid = [("host", "a'b")];
    assert!(get_page(&invalid).await.contains("curl 'http://localhost/nth.txt?n=100'"));
}

/// Collects every `$ref` in a document.
fn collect_references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                found.push(reference);
            }
            fields.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

#[actix_web::test]
async fn the_openapi_description_has_every_route_and_no_broken_reference() {
    let response = get("/openapi.json").await;
    assert_eq!(response.header("content-type"), "application/json");
    let document = response.json();
    assert_eq!(document["openapi"], json!("3.1.0"));
    let mut found = Vec::new();
    collect_references(&document, &mut found);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    // All routes except the static files, whose names change.
    let source = include_str!("../../../../src/web/routes.rs");
    let public = source.split("pub fn management").next().expect("the public routes");
    let mut routes: Vec<&str> = [".service(get(\"", ".service(get_or_post(\""]
        .iter()
        .flat_map(|start| texts_between(public, start, "\""))
        .collect();
    routes.retain(|route| *route != "/static/{name}");
    routes.sort_unstable();
    routes.dedup();
    let paths = document["paths"].as_object().expect("paths");
    let mut described: Vec<&str> = paths.keys().map(String::as_str).collect();
    described.sort_unstable();
    assert_eq!(described, routes);
    for path in described {
        let refused = request(Method::PUT, path).await;
        assert_eq!(refused.status, 405, "{path}");
        let responses = &document["paths"][path]["get"]["responses"];
        assert!(responses["405"].is_object(), "{path}");
        // Conditional requests and byte ranges.
        let query = if path.starts_with("/index") { "of=5" } else { "n=5" };
        let path = format!("{path}?{query}");
        for header in [
            ("if-none-match", "*"),
            ("if-match", "\"x\""),
            ("range", "bytes=0-0"),
            ("range", "bytes=99999999-"),
        ] {
            let status = get_with_headers(&path, &[header]).await.status.to_string();
            assert!(responses[&status].is_object(), "{path}: {status}");
        }
    }
    let limit = document.pointer("/components/parameters/count/schema/maximum");
    assert_eq!(limit, Some(&json!(10_000)));
}

#[actix_web::test]
async fn every_problem_type_is_documented_at_its_url() {
    let page = get("/api").await.body;
    let document = get("/openapi.json").await.json();
    let types = document.pointer("/components/schemas/Problem/properties/type/enum");
    let types = types.and_then(Value::as_array).expect("problem types");
    // Published types must not change.
    let published = [
        "invalid-number",
        "list-too-long",
        "term-too-long",
        "number-too-long",
        "address-too-long",
        "no-such-page",
        "no-such-digit",
        "no-such-range",
        "not-found",
        "method-not-allowed",
        "body-too-long",
        "body-without-length",
        "body-type",
        "busy",
        "stopping",
        "internal",
    ];
    let published = published.map(|slug| json!(format!("/api#{slug}")));
    assert_eq!(types[..], published);
    for kind in types {
        let kind = kind.as_str().expect("a string");
        let anchor = kind.strip_prefix("/api#").expect("an anchor");
        assert!(page.contains(&format!("<div id=\"{anchor}\">")), "{kind}");
    }
    for path in ["/nth.json?n=x", "/first.json?n=20000", "/nothing.json", "/index.json"] {
        let problem = get(path).await.json();
        assert!(types.contains(&problem["type"]), "{problem}");
    }
    let long = get(&format!("/index.json?of={}", "1".repeat(10_001))).await.json();
    assert!(types.contains(&long["type"]), "{long}");
}

#[actix_web::test]
async fn a_page_that_contains_the_host_is_not_cached_by_shared_caches() {
    let page = get("/api").await;
    assert_eq!(page.header("cache-control"), "private, max-age=300");
    let description = get("/openapi.json").await;
    assert!(!description.body.contains("localhost"));
    assert!(description.header("cache-control").starts_with("public"));
}

#[actix_web::test]
async fn pages_link_to_their_other_representations() {
    for (path, alternatives) in [
        ("/nth?n=100", &["/nth.txt?n=100", "/nth.json?n=100"][..]),
        ("/nth?n=99999999999", &["/nth.json?n=99999999999"]),
        ("/first?n=7", &["/first.txt?n=7", "/first.json?n=7", "/first.csv?n=7", "/first.svg?n=7"]),
        ("/index?of=5", &["/index.txt?of=5", "/index.json?of=5"]),
    ] {
        let page = get(path).await.body;
        let links: Vec<&str> = texts_between(&page, "<link rel=\"alternate\" ", "\">");
        assert_eq!(links.len(), alternatives.len(), "{path}");
        for (link, alternative) in links.into_iter().zip(alternatives) {
            let content_type = link.split("type=\"").nth(1).and_then(|rest| rest.split('"').next());
            assert!(link.ends_with(&format!("href=\"{alternative}")), "{link}");
            let response = get(alternative).await;
            assert!(
                response.header("content-type").starts_with(content_type.expect("a content type")),
                "{alternative}"
            );
        }
    }
}

#[actix_web::test]
async fn search_engines_index_the_home_page_but_not_the_results() {
    let noindex = "<meta name=\"robots\" content=\"noindex, nofollow\">";
    for path in ["/", "/api"] {
        let response = get(path).await;
        assert!(!response.body.contains("noindex"), "{path}");
        assert!(response.optional_header("x-robots-tag").is_none(), "{path}");
    }
    for path in
        ["/first?n=10", "/nth?n=10", "/nth?n=99999999999", "/index?of=1", "/nth?n=x", "/nowhere"]
    {
        assert!(get(path).await.body.contains(noindex), "{path}");
    }
    for path in [
        "/first.txt?n=10",
        "/nth.json?n=10",
        "/first.svg?n=10",
        "/first.png?n=10",
        "/first.csv?n=1",
        "/index.txt?of=1",
    ] {
        assert_eq!(get(path).await.header("x-robots-tag"), "noindex", "{path}");
    }
    let rules = get("/robots.txt").await.body;
    for line in ["User-agent: *", "Allow: /", "Sitemap: http://localhost/sitemap.xml"] {
        assert!(rules.lines().any(|other| other == line), "{rules}");
    }
    let sitemap = get("/sitemap.xml").await;
    assert_eq!(sitemap.header("content-type"), "application/xml; charset=utf-8");
    for address in texts_between(&sitemap.body, "<loc>", "</loc>") {
        let path = address.strip_prefix("http://localhost").expect("a URL of this service");
        assert_eq!(get(path).await.status, 200, "{path}");
    }
}

#[test]
fn security_txt_exists_only_if_a_contact_is_set() {
    let contact = "mailto:security@fibonacci.example";
    let service = Service::start(&[("SECURITY_CONTACT", contact)]);
    let response = service.exchange(&raw_request("GET", "/.well-known/security.txt"));
    assert!(response.starts_with("HTTP/1.1 200 "));
    let body = response.split("\r\n\r\n").nth(1).expect("a body");
    let field = |name: &str| {
        let line = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
    };
    assert_eq!(field("Contact"), contact);
    let expires = humantime::parse_rfc3339(&field("Expires")).expect("a timestamp");
    let valid = expires.duration_since(SystemTime::now()).expect("a time to come");
    let days = valid.as_secs() / (24 * 60 * 60);
    assert!((88..=90).contains(&days), "{days}");
    assert!(field("Canonical").ends_with("/.well-known/security.txt"));
    drop(service);

    let service = Service::start(&[]);
    let response = service.exchange(&raw_request("GET", "/.well-known/security.txt"));
    assert!(response.starts_with("HTTP/1.1 404 "));
}

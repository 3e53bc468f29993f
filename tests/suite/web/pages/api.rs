//! What scripts and crawlers are told about the service is what it does.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::{Service, ask, get, get_with, request, send, style_sheet};

/// A text of a page as it was before it was escaped.
fn plain(escaped: &str) -> String {
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

/// The texts between two tags, in order.
fn between<'a>(page: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let parts = page.split(start).skip(1);
    parts.map(|rest| rest.split(end).next().expect("an end")).collect()
}

#[actix_web::test]
async fn every_example_is_answered_as_the_page_says() {
    let page = get("/api").await.body;
    let commands = between(&page, "<pre><code>", "</code></pre>");
    let answers = between(&page, "<pre><samp>", "</samp></pre>");
    assert_eq!(commands.len(), answers.len());
    assert!(commands.len() >= 10);
    for (command, expected) in commands.into_iter().zip(answers) {
        let command = plain(command);
        let address = command.split('\'').nth(1).expect("an address");
        let path = address.strip_prefix("http://localhost").expect("this service");
        let mut answer = get(path).await.body;
        if let Some((_, filter)) = command.split_once(" | ") {
            assert_eq!(filter, "grep -c '7$'");
            let count = answer.lines().filter(|line| line.ends_with('7')).count();
            answer = format!("{count}\n");
        }
        // HTML knows one end of a line.
        assert_eq!(answer.replace("\r\n", "\n"), plain(expected), "{command}");
    }
}

#[actix_web::test]
async fn examples_name_the_host_that_was_asked_and_no_other() {
    let of = async |headers: &[(&str, &str)]| {
        let request = headers
            .iter()
            .fold(TestRequest::with_uri("/api"), |request, header| request.insert_header(*header));
        send(request).await.body
    };
    let secure = [("host", "fibonacci.example"), ("x-forwarded-proto", "https")];
    assert!(of(&secure).await.contains("curl 'https://fibonacci.example/nth.txt?n=100'"));
    // What caches do not tell apart is not heeded, nor is what no host is called.
    let forged = [("host", "fibonacci.example"), ("x-forwarded-host", "evil.example")];
    assert!(!of(&forged).await.contains("evil"));
    let long = "a".repeat(300);
    let forged = [("host", long.as_str())];
    assert!(!of(&forged).await.contains(&long));
    let forged = [("host", "a'b"), ("x-forwarded-proto", "javascript")];
    assert!(of(&forged).await.contains("curl 'http://localhost/nth.txt?n=100'"));
}

/// Every `$ref` in a document.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                found.push(reference);
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[actix_web::test]
async fn the_description_for_tools_has_every_address_and_no_loose_end() {
    let answer = get("/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    assert_eq!(document["openapi"], json!("3.1.0"));
    let mut found = Vec::new();
    references(&document, &mut found);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("in this document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    // The table of routes, but for the files of the pages, whose names change.
    let source = include_str!("../../../../src/web/routes.rs");
    let public = source.split("pub fn management").next().expect("the public routes");
    let mut routes: Vec<&str> = between(public, ".service(get(\"", "\"");
    routes.retain(|route| *route != "/static/{name}");
    routes.sort_unstable();
    routes.dedup();
    let paths = document["paths"].as_object().expect("paths");
    let mut described: Vec<&str> = paths.keys().map(String::as_str).collect();
    described.sort_unstable();
    assert_eq!(described, routes);
    for path in described {
        let refused = ask(Method::POST, path).await;
        assert_eq!(refused.status, 405, "{path}");
        let responses = &document["paths"][path]["get"]["responses"];
        assert!(responses["405"].is_object(), "{path}");
        // What is asked for under a condition, or in part.
        let query = if path.starts_with("/index") { "of=5" } else { "n=5" };
        let path = format!("{path}?{query}");
        for header in [
            ("if-none-match", "*"),
            ("if-match", "\"x\""),
            ("range", "bytes=0-0"),
            ("range", "bytes=99999999-"),
        ] {
            let status = get_with(&path, &[header]).await.status.to_string();
            assert!(responses[&status].is_object(), "{path}: {status}");
        }
    }
    let limit = document.pointer("/components/parameters/count/schema/maximum");
    assert_eq!(limit, Some(&json!(10_000)));
}

#[actix_web::test]
async fn every_kind_of_problem_is_described_where_its_type_says() {
    let page = get("/api").await.body;
    let document = get("/openapi.json").await.json();
    let types = document.pointer("/components/schemas/Problem/properties/type/enum");
    let types = types.and_then(Value::as_array).expect("types");
    // That they stay is a promise.
    let promised = [
        "invalid-number",
        "list-too-long",
        "term-too-long",
        "number-too-long",
        "no-such-page",
        "no-such-range",
        "not-found",
        "method-not-allowed",
        "busy",
        "stopping",
        "internal",
    ];
    let promised = promised.map(|slug| json!(format!("/api#{slug}")));
    assert_eq!(types[..], promised);
    for kind in types {
        let kind = kind.as_str().expect("text");
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
async fn what_names_the_host_is_not_for_caches_to_share() {
    let page = get("/api").await;
    assert_eq!(page.header("cache-control"), "private, max-age=300");
    let description = get("/openapi.json").await;
    assert!(!description.body.contains("localhost"));
    assert!(description.header("cache-control").starts_with("public"));
}

#[actix_web::test]
async fn pages_name_their_other_forms() {
    for (path, forms) in [
        ("/nth?n=100", &["/nth.txt?n=100", "/nth.json?n=100"][..]),
        ("/nth?n=99999999999", &["/nth.json?n=99999999999"]),
        ("/first?n=7", &["/first.txt?n=7", "/first.json?n=7", "/first.csv?n=7", "/first.svg?n=7"]),
        ("/index?of=5", &["/index.txt?of=5", "/index.json?of=5"]),
    ] {
        let page = get(path).await.body;
        let links: Vec<&str> = between(&page, "<link rel=\"alternate\" ", "\">");
        assert_eq!(links.len(), forms.len(), "{path}");
        for (link, form) in links.into_iter().zip(forms) {
            let kind = link.split("type=\"").nth(1).and_then(|rest| rest.split('"').next());
            assert!(link.ends_with(&format!("href=\"{form}")), "{link}");
            let answer = get(form).await;
            assert!(answer.header("content-type").starts_with(kind.expect("a type")), "{form}");
        }
    }
}

#[actix_web::test]
async fn search_engines_show_the_start_page_and_not_the_line_of_numbers() {
    let noindex = "<meta name=\"robots\" content=\"noindex\">";
    for path in ["/", "/api"] {
        let answer = get(path).await;
        assert!(!answer.body.contains("noindex"), "{path}");
        assert!(answer.optional("x-robots-tag").is_none(), "{path}");
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
        "/first.csv?n=1",
        "/index.txt?of=1",
    ] {
        assert_eq!(get(path).await.header("x-robots-tag"), "noindex", "{path}");
    }
    let rules = get("/robots.txt").await.body;
    for line in [
        "User-agent: *",
        "Disallow: /first",
        "Disallow: /nth",
        "Disallow: /index",
        "Sitemap: http://localhost/sitemap.xml",
    ] {
        assert!(rules.lines().any(|other| other == line), "{rules}");
    }
    let map = get("/sitemap.xml").await;
    assert_eq!(map.header("content-type"), "application/xml; charset=utf-8");
    for address in between(&map.body, "<loc>", "</loc>") {
        let path = address.strip_prefix("http://localhost").expect("this service");
        assert_eq!(get(path).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn files_of_pages_are_kept_and_found() {
    let page = get("/nth?n=100").await.body;
    let script = page.split("<script src=\"").nth(1).and_then(|rest| rest.split('"').next());
    let script = get(script.expect("a script")).await;
    assert_eq!(script.status, 200);
    assert!(script.header("content-type").starts_with("text/javascript"));
    assert_eq!(get(style_sheet(&page)).await.status, 200);
    let icon = get("/favicon.ico").await;
    assert_eq!(icon.status, 303);
    let icon = get(icon.header("location")).await;
    assert_eq!(icon.header("content-type"), "image/svg+xml");
}

#[test]
fn whom_to_tell_of_a_weakness_is_there_where_it_is_set() {
    let contact = "mailto:security@fibonacci.example";
    let service = Service::start(&[("SECURITY_CONTACT", contact)]);
    let answer = service.exchange(&request("GET", "/.well-known/security.txt"));
    assert!(answer.starts_with("HTTP/1.1 200 "));
    let body = answer.split("\r\n\r\n").nth(1).expect("a body");
    let field = |name: &str| {
        let line = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
    };
    assert_eq!(field("Contact"), contact);
    let expires = OffsetDateTime::parse(&field("Expires"), &Rfc3339).expect("a time");
    let days = (expires - OffsetDateTime::now_utc()).whole_days();
    assert!((88..=90).contains(&days), "{days}");
    assert!(field("Canonical").ends_with("/.well-known/security.txt"));
    drop(service);

    let service = Service::start(&[]);
    let answer = service.exchange(&request("GET", "/.well-known/security.txt"));
    assert!(answer.starts_with("HTTP/1.1 404 "));
}

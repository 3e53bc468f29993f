//! Responses to HEAD.

use actix_web::http::Method;

use crate::support::in_process::{get, request};
use crate::support::service::{Service, raw_request};

#[test]
fn a_head_response_has_the_headers_of_get_and_no_body() {
    let service = Service::start(&[]);
    for path in [
        "/",
        "/first?n=10",
        "/first?n=2500&page=2",
        "/first?n=10000&page=10",
        "/first.txt?n=2000",
        "/first.json?n=2000",
        "/nth?n=300000",
        "/nth?n=18446744073709551615",
        "/nth.txt?n=1000000",
        "/nth.json?n=30000",
        "/nth.json?n=18446744073709551615",
        "/nth?n=x",
        "/nowhere",
        "/healthz",
    ] {
        let get = service.exchange(&raw_request("GET", path));
        let head = service.exchange(&raw_request("HEAD", path));
        let (get_head, body) = get.split_once("\r\n\r\n").expect("a response head");
        let (head_head, head_body) = head.split_once("\r\n\r\n").expect("a response head");
        assert_eq!(head_body, "", "{path}");
        // The length of a page is unknown without rendering it.
        let is_page = get_head.contains("content-type: text/html") && get_head.contains(" 200 OK");
        assert_eq!(is_page, !head_head.contains("content-length:"), "{path}");
        let mut expected = comparable_lines(get_head);
        expected.retain(|line| !is_page || !line.starts_with("content-length:"));
        assert_eq!(comparable_lines(head_head), expected, "{path}");
        assert!(get_head.contains(&format!("content-length: {}\r\n", body.len())), "{path}");
    }
}

/// The status line and the headers, sorted, without those that differ between two responses.
fn comparable_lines(head: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with("x-request-id:") && !line.starts_with("date:"))
        .collect();
    lines.sort_unstable();
    lines
}

#[actix_web::test]
async fn a_head_response_for_a_page_has_no_length_because_the_page_is_not_rendered() {
    for query in ["n=10", "n=1", "n=20&from=5", "n=3&from=1000", "n=2500&from=300&page=3", "n=0"] {
        let path = format!("/first?{query}");
        let (head, page) = (request(Method::HEAD, &path).await, get(&path).await);
        assert_eq!((head.status, head.content_length, head.bytes.len()), (200, None, 0), "{query}");
        assert_eq!(head.header("etag"), page.header("etag"), "{query}");
    }
}

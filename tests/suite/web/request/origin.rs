//! The address of the service, as its pages show it.

use actix_web::test::TestRequest;

use crate::support::in_process::send;

/// Whether the examples use this host if it is in the request.
async fn is_shown(host: &str) -> bool {
    let page = send(TestRequest::with_uri("/api").insert_header(("host", host))).await.body;
    page.contains(&format!("curl 'http://{host}/nth.txt?n=100'"))
}

#[actix_web::test]
async fn a_host_of_up_to_255_characters_with_a_port_is_shown() {
    let longest = format!("{}:65535", "a".repeat(255));
    assert!(is_shown(&longest).await);
    assert!(!is_shown(&format!("a{longest}")).await);
    assert!(is_shown("[::1]:8080").await);
    assert!(!is_shown("").await);
}

#[actix_web::test]
async fn an_absolute_target_overrides_the_host() {
    let request = TestRequest::with_uri("http://target.example/api");
    let page = send(request.insert_header(("host", "header.example"))).await.body;
    assert!(page.contains("curl 'http://target.example/nth.txt?n=100'"));
    assert!(!page.contains("header.example"));
}

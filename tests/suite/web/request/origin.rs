//! The address of the service, as its pages show it.

use std::net::SocketAddr;

use actix_web::test::TestRequest;
use actix_web::web::Data;
use fibonacci_web::web::ops::health::Readiness;
use fibonacci_web::web::routes;

use crate::support::in_process::{TestResponse, send, send_to, site_behind};

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

/// `GET path` from a site behind 10.0.0.0/8, sent by this peer with these headers.
async fn get_through(peer: &str, path: &str, headers: &[(&str, &str)]) -> TestResponse {
    let peer = SocketAddr::new(peer.parse().expect("an address"), 4711);
    let request = TestRequest::with_uri(path).insert_header(("host", "inner.example"));
    let request = headers
        .iter()
        .fold(request.peer_addr(peer), |request, header| request.append_header(*header));
    let routes = routes::public(site_behind("10.0.0.0/8"), Data::new(Readiness::default()));
    send_to(routes, request).await
}

const FORWARDED: [(&str, &str); 1] =
    [("forwarded", "for=192.0.2.1;proto=https;host=outer.example")];

const X_FORWARDED: [(&str, &str); 2] =
    [("x-forwarded-proto", "https"), ("x-forwarded-host", "outer.example")];

#[actix_web::test]
async fn a_trusted_proxy_sets_the_host_and_the_scheme_wherever_they_are_shown() {
    for path in ["/api", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt"] {
        for headers in [&FORWARDED[..], &X_FORWARDED] {
            for peer in ["10.1.2.3", "::ffff:10.1.2.3"] {
                let body = get_through(peer, path, headers).await.body;
                assert!(body.contains("https://outer.example"), "{path} {peer}: {body}");
                assert!(!body.contains("inner.example"), "{path} {peer}: {body}");
            }
        }
    }
}

#[actix_web::test]
async fn any_other_peer_sets_neither() {
    for path in ["/api", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt"] {
        for headers in [&FORWARDED[..], &X_FORWARDED] {
            for peer in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"] {
                let body = get_through(peer, path, headers).await.body;
                assert!(body.contains("http://inner.example"), "{path} {peer}: {body}");
                assert!(!body.contains("outer.example"), "{path} {peer}: {body}");
            }
        }
    }
}

#[actix_web::test]
async fn an_invalid_forwarded_host_or_scheme_is_ignored() {
    for host in ["", "a'b", "<script>", "a/b", "host.example, ", &"a".repeat(262)] {
        let headers = [("x-forwarded-host", host), ("x-forwarded-proto", "javascript")];
        let body = get_through("10.0.0.1", "/api", &headers).await.body;
        assert!(body.contains("curl 'http://inner.example/nth.txt?n=100'"), "{host}");
    }
    let body = get_through("10.0.0.1", "/api", &[("x-forwarded-proto", "HTTPS")]).await.body;
    assert!(body.contains("curl 'https://inner.example/nth.txt?n=100'"));
}

#[actix_web::test]
async fn a_forwarded_host_reaches_no_shared_cache() {
    let cache = async |path| {
        let response = get_through("10.0.0.1", path, &FORWARDED).await;
        response.header("cache-control").to_owned()
    };
    assert!(cache("/api").await.contains("private"));
    for path in ["/sitemap.xml", "/robots.txt", "/.well-known/security.txt"] {
        assert_eq!(cache(path).await, "no-store");
    }
}

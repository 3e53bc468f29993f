//! Caching headers, conditional requests, and responses that need no computation.

use std::future::Future;

use actix_web::http::Method;
use actix_web::web::Data;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::site::Site;

use crate::support::in_process::{
    get, get_from, get_with_headers, request_from, site, site_with_limits, style_sheet,
};

/// A path of every kind of result.
const RESULTS: [&str; 16] = [
    "/",
    "/first?n=30",
    "/first?n=30&from=7",
    "/nth?n=30",
    "/nth?n=-30",
    "/index?of=30",
    "/first.csv?n=30",
    "/first.svg?n=30",
    "/index.txt?of=30",
    "/index.json?of=30",
    "/first.txt?n=30",
    "/nth.txt?n=30",
    "/first.json?n=30",
    "/nth.json?n=30",
    "/first.png?n=30",
    "/nth.png?n=30",
];

/// The output of a future that is ready at once. A computation on another thread is not.
async fn without_waiting<T>(future: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        result = future => result,
        () = std::future::ready(()) => panic!("the future had to wait"),
    }
}

#[actix_web::test]
async fn each_representation_has_its_own_strong_etag() {
    let mut tags = Vec::new();
    for path in RESULTS {
        let response = get(path).await;
        let tag = response.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        assert_eq!(tag, get(path).await.header("etag"), "the ETag differs between instances");
        tags.push(tag);
    }
    tags.push(get("/nth.txt?n=31").await.header("etag").to_owned());
    tags.push(get("/first?n=3000&page=1").await.header("etag").to_owned());
    tags.push(get("/first?n=3000&page=2").await.header("etag").to_owned());
    let count = tags.len();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), count, "{tags:?}");
    // The same number in another notation.
    assert_eq!(
        get("/nth.txt?n=+0031&x=1").await.header("etag"),
        get("/nth.txt?n=31").await.header("etag")
    );
}

#[actix_web::test]
async fn the_etags_of_what_is_revalidated_depend_on_the_limits_and_others_do_not() {
    let other = site_with_limits(Limits { max_first: 9_999, max_nth: 10_000_000 });
    for path in RESULTS {
        let (one, other) = (get(path).await, get_from(&other, path, &[]).await);
        let is_immutable = one.header("cache-control").contains("immutable");
        assert_eq!(one.header("etag") == other.header("etag"), is_immutable, "{path}");
    }
}

#[actix_web::test]
async fn only_digits_are_cached_for_a_year_other_results_for_five_minutes_and_the_rest_not_at_all()
{
    for path in RESULTS {
        // A release can draw pictures, and word sentences and name members, in another way.
        let is_digits = ["/nth.txt", "/first.txt", "/first.csv"];
        let expected = if is_digits.iter().any(|digits| path.starts_with(digits)) {
            "public, max-age=31536000, immutable"
        } else {
            "public, max-age=300, stale-while-revalidate=86400"
        };
        assert_eq!(get(path).await.header("cache-control"), expected, "{path}");
    }
    // With a higher limit the response would be the term in full.
    let summary = get("/nth.json?n=10000001").await;
    assert_eq!(
        summary.header("cache-control"),
        "public, max-age=300, stale-while-revalidate=86400"
    );
    for path in [
        "/healthz",
        "/readyz",
        "/nowhere",
        "/nth?n=x",
        "/nth.txt?n=x",
        "/nth.json?n=x",
        "/first?n=10&show=nth",
        "/first?n=3&page=9",
        "/index.json?of=x",
        "/robots.txt",
        "/.well-known/security.txt",
        "/static/x",
    ] {
        let response = get(path).await;
        assert_eq!(response.header("cache-control"), "no-store", "{path}");
        assert!(response.optional_header("etag").is_none(), "{path}");
    }
    let range = get_with_headers("/nth.txt?n=10", &[("range", "bytes=9-")]).await;
    assert_eq!((range.status, range.header("cache-control")), (416, "no-store"));
}

#[actix_web::test]
async fn a_client_with_a_matching_etag_gets_a_304_with_the_caching_headers() {
    for path in RESULTS {
        let full = get(path).await;
        let tag = full.header("etag");
        for given in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            for method in [Method::GET, Method::HEAD] {
                let headers = [("if-none-match", given.as_str())];
                let response = request_from(method, &site(), path, &headers).await;
                assert_eq!((response.status, response.body.as_str()), (304, ""), "{path}");
                for name in ["etag", "cache-control"] {
                    assert_eq!(response.header(name), full.header(name), "{path}");
                }
            }
        }
        // A compressed copy is of no use to a client that accepts no encoding.
        let compressed = format!("{}.gzip\"", tag.trim_end_matches('"'));
        let longer = format!("{}x\"", tag.trim_end_matches('"'));
        for other in ["\"x\"", "x", "\"\"", &tag[..tag.len() - 1], &compressed, &longer] {
            let response = get_with_headers(path, &[("if-none-match", other)]).await;
            assert_eq!(response.status, 200, "{path} {other}");
            assert_eq!(response.body, full.body);
        }
    }
}

#[actix_web::test]
async fn a_request_whose_if_match_does_not_match_gets_a_412() {
    let tag = get("/nth.txt?n=10").await.header("etag").to_owned();
    for (given, status) in
        [(tag.as_str(), 200), ("*", 200), ("\"x\"", 412), (&format!("W/{tag}"), 412)]
    {
        let response = get_with_headers("/nth.txt?n=10", &[("if-match", given)]).await;
        assert_eq!(response.status, status, "{given}");
    }
    let response = get_with_headers("/nth.txt?n=10", &[("if-match", "\"x\"")]).await;
    assert_eq!(response.body, "The result does not match the If-Match header.\n");
    assert_eq!(response.header("cache-control"), "no-store");
}

/// A site with limits so high that a single result can take seconds.
fn site_with_large_limits() -> Data<Site> {
    site_with_limits(Limits { max_first: 1_000_000, max_nth: 100_000_000 })
}

const LARGE_RESULTS: [&str; 6] = [
    "/nth?n=100000000",
    "/nth.txt?n=100000000",
    "/nth.json?n=100000000",
    "/first?n=1000000&page=1000",
    "/first.txt?n=1000000",
    "/first.json?n=1000000",
];

#[actix_web::test]
async fn head_and_revalidation_never_compute() {
    let site = site_with_large_limits();
    for path in LARGE_RESULTS {
        let head = without_waiting(request_from(Method::HEAD, &site, path, &[])).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        let headers = [("if-none-match", head.header("etag"))];
        let unchanged = without_waiting(get_from(&site, path, &headers)).await;
        assert_eq!(unchanged.status, 304, "{path}");
    }
    assert_eq!(site.metrics.computation_seconds.with_label_values(&["term"]).get_sample_count(), 0);
}

#[actix_web::test]
async fn a_byte_range_past_the_end_is_refused_without_computing() {
    let site = site_with_large_limits();
    for path in LARGE_RESULTS.into_iter().filter(|path| path.contains('.')) {
        let headers = [("range", "bytes=999999999999-")];
        let refused = without_waiting(get_from(&site, path, &headers)).await;
        assert_eq!(refused.status, 416, "{path}");
    }
}

#[actix_web::test]
async fn a_response_varies_by_encoding_only_if_it_may_be_compressed() {
    let home = get("/").await.body;
    for (path, varies) in [
        ("/", true),
        ("/first?n=100", true),
        ("/nth?n=100", true),
        ("/first.json?n=200", true),
        ("/nth.json?n=10000", true),
        (style_sheet(&home), true),
        // Too short to compress, or almost only digits.
        ("/first.json?n=10", false),
        ("/first.json?n=10000", false),
        ("/nth.json?n=1000", false),
        ("/first.txt?n=200", false),
        ("/nth.txt?n=10000", false),
        ("/nth?n=3000000", true),
        ("/first.csv?n=200", false),
        ("/first.svg?n=100", true),
        ("/nth.png?n=100", false),
        ("/index?of=150", true),
        ("/healthz", false),
        ("/nowhere", false),
    ] {
        let expected = varies.then_some("accept-encoding");
        for headers in [&[][..], &[("accept-encoding", "gzip")]] {
            let response = get_with_headers(path, headers).await;
            assert_eq!(response.optional_header("vary"), expected, "{path}");
            let compressed = response.optional_header("content-encoding").is_some();
            assert_eq!(compressed, varies && !headers.is_empty(), "{path}");
        }
    }
}

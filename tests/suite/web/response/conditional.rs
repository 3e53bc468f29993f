//! What caches may keep, and for how long; what is answered without computing.

use std::future::Future;

use actix_web::http::Method;
use actix_web::web::Data;
use fibonacci_web::web::limits::Limits;
use fibonacci_web::web::site::Site;

use crate::support::{ask_of, get, get_of, get_with, site, site_with, style_sheet};

/// Every kind of result.
const RESULTS: [&str; 14] = [
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
];

/// Waits for what is ready without waiting: what computes elsewhere is not.
async fn at_once<T>(future: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        result = future => result,
        () = std::future::ready(()) => panic!("it had to wait"),
    }
}

#[actix_web::test]
async fn each_representation_has_a_strong_tag_of_its_own() {
    let mut tags = Vec::new();
    for path in RESULTS {
        let answer = get(path).await;
        let tag = answer.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        assert_eq!(tag, get(path).await.header("etag"), "another instance");
        tags.push(tag);
    }
    tags.push(get("/nth.txt?n=31").await.header("etag").to_owned());
    tags.push(get("/first?n=3000&page=1").await.header("etag").to_owned());
    tags.push(get("/first?n=3000&page=2").await.header("etag").to_owned());
    let count = tags.len();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), count, "{tags:?}");
    // The same number, written in another way.
    assert_eq!(
        get("/nth.txt?n=+0031&x=1").await.header("etag"),
        get("/nth.txt?n=31").await.header("etag")
    );
}

#[actix_web::test]
async fn what_shows_the_limits_has_another_tag_with_other_limits() {
    let other = site_with(Limits { max_first: 9_999, max_nth: 10_000_000 });
    for path in RESULTS {
        let (one, other) = (get(path).await, get_of(&other, path, &[]).await);
        let is_page = one.header("content-type").starts_with("text/html");
        assert_eq!(one.header("etag") != other.header("etag"), is_page, "{path}");
    }
}

#[actix_web::test]
async fn mathematics_is_kept_for_a_year_pages_for_a_while_and_all_else_not_at_all() {
    for path in RESULTS {
        let expected = if path.contains('.') {
            "public, max-age=31536000, immutable"
        } else {
            "public, max-age=300, stale-while-revalidate=86400"
        };
        assert_eq!(get(path).await.header("cache-control"), expected, "{path}");
    }
    // With a higher limit there would be the term itself.
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
        let answer = get(path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(answer.optional("etag").is_none(), "{path}");
    }
    let range = get_with("/nth.txt?n=10", &[("range", "bytes=9-")]).await;
    assert_eq!((range.status, range.header("cache-control")), (416, "no-store"));
}

#[actix_web::test]
async fn who_has_it_already_is_told_so_with_the_headers_that_keep_it() {
    for path in RESULTS {
        let whole = get(path).await;
        let tag = whole.header("etag");
        for given in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            for method in [Method::GET, Method::HEAD] {
                let given = [("if-none-match", given.as_str())];
                let answer = ask_of(method, &site(), path, &given).await;
                assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{path}");
                for name in ["etag", "cache-control"] {
                    assert_eq!(answer.header(name), whole.header(name), "{path}");
                }
            }
        }
        // A compressed copy is of no use to a client that accepts no encoding.
        let compressed = format!("{}.br\"", tag.trim_end_matches('"'));
        for other in ["\"x\"", "x", "\"\"", &tag[..tag.len() - 1], &compressed] {
            let answer = get_with(path, &[("if-none-match", other)]).await;
            assert_eq!(answer.status, 200, "{path} {other}");
            assert_eq!(answer.body, whole.body);
        }
    }
}

#[actix_web::test]
async fn who_expects_another_result_is_told_so() {
    let tag = get("/nth.txt?n=10").await.header("etag").to_owned();
    for (given, status) in
        [(tag.as_str(), 200), ("*", 200), ("\"x\"", 412), (&format!("W/{tag}"), 412)]
    {
        let answer = get_with("/nth.txt?n=10", &[("if-match", given)]).await;
        assert_eq!(answer.status, status, "{given}");
    }
    let answer = get_with("/nth.txt?n=10", &[("if-match", "\"x\"")]).await;
    assert_eq!(answer.body, "The result does not match the If-Match header.\n");
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// A site where a single result can be large enough to take seconds.
fn large() -> Data<Site> {
    site_with(Limits { max_first: 1_000_000, max_nth: 100_000_000 })
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
    let site = large();
    for path in LARGE_RESULTS {
        let head = at_once(ask_of(Method::HEAD, &site, path, &[])).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        let given = [("if-none-match", head.header("etag"))];
        let unchanged = at_once(get_of(&site, path, &given)).await;
        assert_eq!(unchanged.status, 304, "{path}");
    }
    assert_eq!(site.metrics.computation_seconds.with_label_values(&["term"]).get_sample_count(), 0);
}

#[actix_web::test]
async fn a_part_past_the_end_is_refused_without_computing() {
    let site = large();
    for path in LARGE_RESULTS.into_iter().filter(|path| path.contains('.')) {
        let past = [("range", "bytes=999999999999-")];
        let refused = at_once(get_of(&site, path, &past)).await;
        assert_eq!(refused.status, 416, "{path}");
    }
}

#[actix_web::test]
async fn an_answer_varies_only_where_it_may_be_compressed() {
    let home = get("/").await.body;
    for (path, varies) in [
        ("/", true),
        ("/first?n=100", true),
        ("/nth?n=100", true),
        ("/first.json?n=200", true),
        ("/nth.json?n=10000", true),
        (style_sheet(&home), true),
        // Too short, or nothing but digits.
        ("/first.json?n=10", false),
        ("/first.json?n=10000", false),
        ("/nth.json?n=1000", false),
        ("/first.txt?n=200", false),
        ("/nth.txt?n=10000", false),
        ("/nth?n=3000000", true),
        ("/first.csv?n=200", false),
        ("/first.svg?n=100", true),
        ("/index?of=150", true),
        ("/healthz", false),
        ("/nowhere", false),
    ] {
        let expected = varies.then_some("accept-encoding");
        for headers in [&[][..], &[("accept-encoding", "br")]] {
            let answer = get_with(path, headers).await;
            assert_eq!(answer.optional("vary"), expected, "{path}");
            let compressed = answer.optional("content-encoding").is_some();
            assert_eq!(compressed, varies && !headers.is_empty(), "{path}");
        }
    }
}

//! Byte ranges of results.

use actix_web::http::Method;
use fibonacci_web::web::limits::Limits;
use proptest::prelude::*;

use crate::support::cases;
use crate::support::in_process::{
    get, get_from, get_with_headers, request_from, site, site_with_limits,
};

/// The paths that support byte ranges.
const PATHS: [&str; 4] = ["/first.txt", "/first.json", "/nth.txt", "/nth.json"];

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_byte_range_equals_that_part_of_the_full_response(
        path in proptest::sample::select(&PATHS),
        n in 0_u64..400,
        first in 0.0..1.2_f64,
        length in 0_u64..2_000,
        kind in 0..3,
    ) {
        actix_web::rt::System::new().block_on(async {
            let path = format!("{path}?n={n}");
            let full = get(&path).await.bytes;
            let size = full.len() as u64;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let first = (size as f64 * first) as u64;
            let (range, start, end) = match kind {
                0 => (format!("bytes={first}-{}", first + length), first, (first + length + 1).min(size)),
                1 => (format!("bytes={first}-"), first, size),
                _ => (format!("bytes=-{length}"), size.saturating_sub(length), size),
            };
            let part = get_with_headers(&path, &[("range", &range)]).await;
            if start < end {
                let expected: Vec<u8> = (0..).zip(&full).filter_map(|(position, byte)| (start..end).contains(&position).then_some(*byte)).collect();
                assert_eq!(part.status, 206, "{path} {range}");
                assert_eq!(part.bytes, expected, "{path} {range}");
                let content_range = format!("bytes {start}-{}/{size}", end - 1);
                assert_eq!(part.header("content-range"), content_range);
            } else {
                assert_eq!(part.status, 416, "{path} {range}");
                assert_eq!(part.header("content-range"), format!("bytes */{size}"));
            }
        });
    }
}

#[actix_web::test]
async fn byte_ranges_of_large_results_join_to_the_full_result() {
    let site = site();
    for path in
        ["/first.txt?n=10000", "/first.json?n=10000", "/nth.txt?n=300000", "/nth.json?n=300000"]
    {
        let full = get_from(&site, path, &[]).await;
        let tag = full.header("etag").to_owned();
        let mut joined = Vec::new();
        while joined.len() < full.bytes.len() {
            // Not aligned with terms or chunks.
            let range = format!("bytes={}-{}", joined.len(), joined.len() + 777_776);
            let headers = [("range", range.as_str()), ("if-range", tag.as_str())];
            let part = get_from(&site, path, &headers).await;
            assert_eq!(part.status, 206, "{path}");
            assert_eq!(part.header("etag"), tag);
            assert_eq!(part.header("cache-control"), full.header("cache-control"));
            joined.extend(part.bytes);
        }
        assert!(joined == full.bytes, "{path}");
    }
}

#[actix_web::test]
async fn a_byte_range_of_a_term_declares_its_length_and_has_no_byte_more() {
    // A term that is joined to the texts around it, and one that is not.
    for path in ["/nth.txt?n=-98", "/nth.json?n=-98", "/nth.txt?n=-29998", "/nth.json?n=-29998"] {
        let full = get(path).await.bytes;
        let size = full.len();
        for range in [0..1, 0..7, 1..2, 5..size - 5, size - 3..size - 2, size - 1..size] {
            let header = format!("bytes={}-{}", range.start, range.end - 1);
            let part = get_with_headers(path, &[("range", &header)]).await;
            assert_eq!(part.content_length, Some(range.len() as u64), "{path} {header}");
            assert!(part.bytes == full[range], "{path} {header}");
        }
    }
}

#[actix_web::test]
async fn a_byte_range_far_into_a_list_is_computed_from_there() {
    let site = site_with_limits(Limits { max_first: 1_000_000, max_nth: 5 });
    // The end of a list of 105 GB: the 208 988 digits of F(999 999) and a line feed.
    let part = get_from(&site, "/first.txt?n=1000000", &[("range", "bytes=-208989")]).await;
    assert_eq!(part.status, 206);
    let expected = fibonacci::nth_digits(999_999).text;
    assert!(part.body.strip_suffix('\n') == Some(&expected));
}

#[actix_web::test]
async fn invalid_and_multiple_ranges_get_the_full_response() {
    let full = get("/nth.txt?n=100").await;
    for range in [
        "bytes=0-1,3-4",
        "bytes=0-9,x",
        "bytes=5-1",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes",
        "",
        "lines=0-1",
        "bytes=0-1\u{80}",
    ] {
        let response = get_with_headers("/nth.txt?n=100", &[("range", range)]).await;
        assert_eq!((response.status, response.body.as_str()), (200, full.body.as_str()), "{range}");
    }
}

#[actix_web::test]
async fn a_head_request_has_no_byte_range() {
    let headers = [("range", "bytes=0-9")];
    let head = request_from(Method::HEAD, &site(), "/nth.txt?n=1000", &headers).await;
    assert_eq!((head.status, head.content_length), (200, Some(210)));
    assert!(head.optional_header("content-range").is_none());
}

#[actix_web::test]
async fn a_byte_range_requires_a_matching_if_range() {
    let tag = get("/nth.txt?n=100").await.header("etag").to_owned();
    for (given, status) in [
        (tag.as_str(), 206),
        (&format!("W/{tag}"), 200),
        ("\"x\"", 200),
        ("Tue, 24 Nov 2026 00:00:00 GMT", 200),
        ("", 200),
    ] {
        let headers = [("range", "bytes=5-"), ("if-range", given)];
        let response = get_with_headers("/nth.txt?n=100", &headers).await;
        assert_eq!(response.status, status, "{given}");
    }
}

#[actix_web::test]
async fn a_byte_range_is_never_compressed() {
    for path in ["/first.json?n=200", "/nth.json?n=10000"] {
        let headers = [("range", "bytes=0-1500"), ("accept-encoding", "br, gzip")];
        let part = get_with_headers(path, &headers).await;
        assert_eq!(part.status, 206);
        assert!(part.optional_header("content-encoding").is_none());
        assert_eq!(part.bytes.len(), 1_501);
        // A compressed response has other bytes and does not support byte ranges.
        let compressed = get_with_headers(path, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!(compressed.header("content-encoding"), "gzip");
        assert!(compressed.optional_header("accept-ranges").is_none());
        let headers = [("range", "bytes=0-1500"), ("if-range", compressed.header("etag"))];
        assert_eq!(get_with_headers(path, &headers).await.status, 200);
    }
}

//! Lengths that are known before the first byte, and parts of results.

use fibonacci_web::web::limits::Limits;
use proptest::prelude::*;

use crate::support::{cases, get, get_of, get_with, site, site_with};

/// Every form that has parts.
const FORMS: [&str; 4] = ["/first.txt", "/first.json", "/nth.txt", "/nth.json"];

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_part_is_what_the_whole_has_there(
        form in proptest::sample::select(&FORMS),
        n in 0_u64..400,
        first in 0.0..1.2_f64,
        length in 0_u64..2_000,
        kind in 0..3,
    ) {
        actix_web::rt::System::new().block_on(async {
            let path = format!("{form}?n={n}");
            let whole = get(&path).await.bytes;
            let size = whole.len() as u64;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let first = (size as f64 * first) as u64;
            let (range, start, end) = match kind {
                0 => (format!("bytes={first}-{}", first + length), first, (first + length + 1).min(size)),
                1 => (format!("bytes={first}-"), first, size),
                _ => (format!("bytes=-{length}"), size.saturating_sub(length), size),
            };
            let part = get_with(&path, &[("range", &range)]).await;
            if start < end {
                let expected: Vec<u8> = (0..).zip(&whole).filter_map(|(place, byte)| (start..end).contains(&place).then_some(*byte)).collect();
                assert_eq!(part.status, 206, "{path} {range}");
                assert_eq!(part.bytes, expected, "{path} {range}");
                let place = format!("bytes {start}-{}/{size}", end - 1);
                assert_eq!(part.header("content-range"), place);
            } else {
                assert_eq!(part.status, 416, "{path} {range}");
                assert_eq!(part.header("content-range"), format!("bytes */{size}"));
            }
        });
    }
}

#[actix_web::test]
async fn parts_of_large_results_join_to_the_whole() {
    let site = site();
    for path in
        ["/first.txt?n=10000", "/first.json?n=10000", "/nth.txt?n=300000", "/nth.json?n=300000"]
    {
        let whole = get_of(&site, path, &[]).await;
        let tag = whole.header("etag").to_owned();
        let mut joined = Vec::new();
        while joined.len() < whole.bytes.len() {
            // Nowhere near the ends of terms or pieces.
            let range = format!("bytes={}-{}", joined.len(), joined.len() + 777_776);
            let headers = [("range", range.as_str()), ("if-range", tag.as_str())];
            let part = get_of(&site, path, &headers).await;
            assert_eq!(part.status, 206, "{path}");
            assert_eq!(part.header("etag"), tag);
            assert_eq!(part.header("cache-control"), "public, max-age=31536000, immutable");
            joined.extend(part.bytes);
        }
        assert!(joined == whole.bytes, "{path}");
    }
}

#[actix_web::test]
async fn a_part_deep_in_a_list_starts_there() {
    let site = site_with(Limits { max_first: 1_000_000, max_nth: 5 });
    // The end of a list of 105 GB: F(999 999), which has 208 988 digits, and a line feed.
    let part = get_of(&site, "/first.txt?n=1000000", &[("range", "bytes=-208989")]).await;
    assert_eq!(part.status, 206);
    let expected = fibonacci::nth_digits(999_999).text;
    assert!(part.body.strip_suffix('\n') == Some(&expected));
}

#[actix_web::test]
async fn what_is_not_one_part_is_answered_whole() {
    let whole = get("/nth.txt?n=100").await;
    for range in [
        "bytes=0-1,3-4",
        "bytes=5-1",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes",
        "",
        "lines=0-1",
        "bytes=0-1\u{80}",
    ] {
        let answer = get_with("/nth.txt?n=100", &[("range", range)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, whole.body.as_str()), "{range}");
    }
}

#[actix_web::test]
async fn a_part_is_only_given_of_the_result_that_was_begun() {
    let tag = get("/nth.txt?n=100").await.header("etag").to_owned();
    for (given, status) in [
        (tag.as_str(), 206),
        (&format!("W/{tag}"), 200),
        ("\"x\"", 200),
        ("Tue, 24 Nov 2026 00:00:00 GMT", 200),
        ("", 200),
    ] {
        let headers = [("range", "bytes=5-"), ("if-range", given)];
        let answer = get_with("/nth.txt?n=100", &headers).await;
        assert_eq!(answer.status, status, "{given}");
    }
}

#[actix_web::test]
async fn a_part_is_never_compressed() {
    for path in ["/first.json?n=200", "/nth.json?n=10000"] {
        let headers = [("range", "bytes=0-1500"), ("accept-encoding", "br, gzip")];
        let part = get_with(path, &headers).await;
        assert_eq!(part.status, 206);
        assert!(part.optional("content-encoding").is_none());
        assert_eq!(part.bytes.len(), 1_501);
        // What is compressed has other bytes, of which there are no parts.
        let compressed = get_with(path, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!(compressed.header("content-encoding"), "br");
        assert!(compressed.optional("accept-ranges").is_none());
        let headers = [("range", "bytes=0-1500"), ("if-range", compressed.header("etag"))];
        assert_eq!(get_with(path, &headers).await.status, 200);
    }
}

//! What compression costs and saves, for pages and for digits: `cargo bench --bench compression`.
//!
//! By the encoders and levels that answers are compressed with.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]
#![expect(clippy::cast_precision_loss, reason = "the figures are rounded")]

use std::time::{Duration, Instant};

use actix_http::encoding::Encoder;
use actix_http::{ContentEncoding, Response, StatusCode};
use actix_web::body::{BoxBody, to_bytes};
use actix_web::rt::System;
use bytes::Bytes;
use fibonacci_web::fibonacci::{Layout, ListText, nth_digits};

/// How many times each is measured; the least time counts, as only noise makes it longer.
const REPEATS: usize = 5;

fn main() {
    let mut list = vec![0; 1 << 24];
    let lines = Layout {
        separator: b"\n",
        numbered: false,
    };
    let length = ListText::new(0, 10_000, lines).fill(&mut list);
    list.truncate(length);
    let bodies = [
        (
            "style sheet",
            Bytes::from_static(include_bytes!("../static/style.css")),
        ),
        ("F(10 000), digits", nth_digits(10_000).text.into()),
        ("F(1 000 000), digits", nth_digits(1_000_000).text.into()),
        (
            "first 1 000 terms",
            list[..length_of_first(&list, 1_000)].to_vec().into(),
        ),
        ("first 10 000 terms", list.into()),
    ];
    println!(
        "{:<22} {:>10} {:>6} {:>12} {:>7} {:>12}",
        "body", "bytes", "by", "to bytes", "part", "bytes/s"
    );
    for (name, body) in &bodies {
        for encoding in [
            ContentEncoding::Brotli,
            ContentEncoding::Zstd,
            ContentEncoding::Gzip,
        ] {
            let (least, compressed) = (0..REPEATS)
                .map(|_| time(encoding, body))
                .min()
                .expect("at least once");
            println!(
                "{name:<22} {:>10} {:>6} {compressed:>12} {:>6.1}% {:>9.0} MB",
                body.len(),
                encoding.as_str(),
                100.0 * compressed as f64 / body.len() as f64,
                body.len() as f64 / least.as_secs_f64() / 1e6,
            );
        }
    }
}

/// How many bytes the first `count` lines have.
fn length_of_first(list: &[u8], count: usize) -> usize {
    let ends = list.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.map(|(place, _)| place + 1)
        .nth(count - 1)
        .expect("as many lines")
}

/// The time that compressing takes, and the length of what comes out.
fn time(encoding: ContentEncoding, body: &Bytes) -> (Duration, usize) {
    System::new().block_on(async {
        let start = Instant::now();
        let mut response = Response::<BoxBody>::new(StatusCode::OK);
        let encoder = Encoder::response(encoding, response.head_mut(), body.clone());
        let compressed = to_bytes(encoder).await;
        (start.elapsed(), compressed.map_or(0, |bytes| bytes.len()))
    })
}

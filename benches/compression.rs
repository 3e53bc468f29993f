//! Measures what compression costs and saves, for pages and for digits:
//! `cargo bench -p benches --bench compression`.
//!
//! The encoder and its level are those that the web service uses for responses.

#![expect(clippy::print_stdout, reason = "the output is a table")]
#![expect(clippy::cast_precision_loss, reason = "the output is rounded")]

use std::time::{Duration, Instant};

use actix_http::encoding::Encoder;
use actix_http::{ContentEncoding, Response, StatusCode};
use actix_web::body::{BoxBody, to_bytes};
use actix_web::rt::System;
use bytes::Bytes;
use fibonacci::{Layout, ListText, nth_digits};

/// The number of measurements of each. The shortest counts, because noise only adds time.
const REPEATS: usize = 5;

fn main() {
    let mut list = vec![0; 1 << 24];
    let lines = Layout { separator: b"\n", numbered: false };
    let length = ListText::new(0, 10_000, lines).fill(&mut list);
    list.truncate(length);
    let bodies = [
        ("style sheet", Bytes::from_static(include_bytes!("../static/style.css"))),
        ("F(10 000), digits", nth_digits(10_000).text.into()),
        ("F(1 000 000), digits", nth_digits(1_000_000).text.into()),
        ("first 1 000 terms", list[..length_of_first(&list, 1_000)].to_vec().into()),
        ("first 10 000 terms", list.into()),
    ];
    println!("{:<22} {:>10} {:>12} {:>7} {:>12}", "body", "bytes", "compressed", "ratio", "speed");
    for (name, body) in &bodies {
        let (shortest, compressed) =
            (0..REPEATS).map(|_| time(body)).min().expect("at least one measurement");
        println!(
            "{name:<22} {:>10} {compressed:>12} {:>6.1}% {:>7.0} MB/s",
            body.len(),
            100.0 * compressed as f64 / body.len() as f64,
            body.len() as f64 / shortest.as_secs_f64() / 1e6,
        );
    }
}

/// Returns the length in bytes of the first `count` lines.
fn length_of_first(list: &[u8], count: usize) -> usize {
    let ends = list.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.map(|(position, _)| position + 1).nth(count - 1).expect("at least `count` lines")
}

/// Returns the time that the compression of `body` takes, and the length of the result in bytes.
fn time(body: &Bytes) -> (Duration, usize) {
    System::new().block_on(async {
        let start = Instant::now();
        let mut response = Response::<BoxBody>::new(StatusCode::OK);
        let encoder = Encoder::response(ContentEncoding::Gzip, response.head_mut(), body.clone());
        let compressed = to_bytes(encoder).await;
        (start.elapsed(), compressed.map_or(0, |bytes| bytes.len()))
    })
}

//! Measures the crate `fibonacci`, and the same work with `BigUint`s:
//! `cargo bench -p benches --bench engine`.
//!
//! `tests/bench_peers.py` reads the results by their benchmark ids and compares them with GMP.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fibonacci::{
    Fibonacci, Layout, ListText, decimals_of_phi, find_index, length, nth, nth_digits, summary,
    summary_of_sum,
};

/// The length of the longest list that the web service returns by default.
const TERMS: u64 = 10_000;

/// One term on each line.
const LINES: Layout = Layout { separator: b"\n", numbered: false };

/// One index and one term on each line.
const ROWS: Layout = Layout { numbered: true, ..LINES };

/// The text of a list: written to one buffer, written in pieces of 64 KiB as the service sends it,
/// and with indices. For comparison: a copy of the same bytes, and the same terms converted from
/// `BigUint`s.
fn list(criterion: &mut Criterion) {
    let bytes = length::digits_of_terms(0, TERMS) + TERMS - 1;
    let mut group = criterion.benchmark_group("list");
    group.throughput(Throughput::Bytes(bytes));
    let mut text = vec![0; usize::try_from(bytes).expect("a length that fits in memory")];
    group.bench_function("whole", |bencher| {
        bencher.iter(|| ListText::new(0, TERMS, LINES).fill(black_box(&mut text)));
    });
    let mut piece = vec![0; 1 << 16];
    group.bench_function("pieces", |bencher| {
        bencher.iter(|| {
            let mut list = ListText::new(0, TERMS, LINES);
            while list.fill(black_box(&mut piece)) > 0 {}
        });
    });
    group.bench_function("numbered", |bencher| {
        bencher.iter(|| {
            let mut list = ListText::new(0, TERMS, ROWS);
            while list.fill(black_box(&mut piece)) > 0 {}
        });
    });
    let source = text.clone();
    group.bench_function("copy", |bencher| {
        bencher.iter(|| black_box(&mut text).copy_from_slice(black_box(&source)));
    });
    group.bench_function("biguint", |bencher| {
        bencher.iter(|| {
            let mut terms = Fibonacci::new();
            for _ in 0..TERMS {
                black_box(terms.term().to_string());
                terms.advance();
            }
        });
    });
}

/// The digits of one term, and the same with `BigUint`s where that does not take seconds.
fn term(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("term");
    group.sample_size(10);
    for index in [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] {
        group.bench_function(format!("{index}"), |bencher| {
            bencher.iter(|| nth_digits(black_box(index)));
        });
        if index <= 1_000_000 {
            group.bench_function(format!("{index} biguint"), |bencher| {
                bencher.iter(|| nth(black_box(index)).to_string());
            });
        }
    }
}

/// Facts about numbers that are not computed, and the reverse lookup.
fn facts(criterion: &mut Criterion) {
    criterion.bench_function("summary", |bencher| {
        bencher.iter(|| summary(black_box(u64::MAX)));
    });
    criterion.bench_function("summary of a sum", |bencher| {
        bencher.iter(|| summary_of_sum(black_box(u64::MAX / 2), u64::MAX / 2));
    });
    let term = summary(u64::MAX);
    criterion.bench_function("scientific", |bencher| {
        bencher.iter(|| black_box(&term).scientific());
    });
    criterion.bench_function("ratio", |bencher| {
        bencher.iter(|| decimals_of_phi(black_box(u64::MAX)));
    });
    for digits in [100, 2_500, 10_000] {
        let number = "7".repeat(digits);
        criterion.bench_function(&format!("place of {digits} digits"), |bencher| {
            bencher.iter(|| find_index(black_box(&number)));
        });
    }
    criterion.bench_function("length", |bencher| {
        bencher.iter(|| length::digits(black_box(u64::MAX)));
    });
    criterion.bench_function("length of a list", |bencher| {
        bencher.iter(|| length::digits_of_terms(0, black_box(TERMS)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = list, term, facts
}
criterion_main!(benches);

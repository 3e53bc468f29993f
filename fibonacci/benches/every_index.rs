//! Compares `nth_digits` with num-bigint at every size up to F(100 000):
//! `cargo bench -p fibonacci --bench every_index`.
//!
//! The bound: no index takes longer than fast doubling with `BigUint`s and the conversion to
//! decimal, plus 5 % and a microsecond. Prints the number of indices over the bound and the slowest
//! indices relative to it.

#![expect(clippy::print_stdout, reason = "the output is a table")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use fibonacci::{nth, nth_digits};

/// The number of measurements of each. The shortest counts, because noise only adds time.
const REPEATS: usize = 15;

/// The time that is allowed in addition to 5 %.
const SLACK: Duration = Duration::from_micros(1);

fn main() {
    // Neighbouring indices cost about the same: every index up to 200, then steps of 1 %.
    let mut index = 1;
    let mut rows = Vec::new();
    while index <= 100_000 {
        let (ours, peer) = shortest_times(index);
        let allowed = peer.mul_f64(1.05) + SLACK;
        rows.push((ours.as_secs_f64() / allowed.as_secs_f64(), index, ours, peer));
        index += (index / 100).max(1);
    }
    rows.sort_by(|one, other| other.0.total_cmp(&one.0));
    let over = rows.iter().filter(|row| row.0 > 1.0).count();
    println!("{} indices, {over} over the bound; the slowest:", rows.len());
    println!("{:>8} {:>12} {:>12} {:>9}", "n", "fibonacci", "num-bigint", "of bound");
    for (ratio, index, ours, peer) in &rows[..8] {
        println!("{index:>8} {ours:>12.1?} {peer:>12.1?} {ratio:>9.3}");
    }
}

/// Returns the shortest times of `nth_digits` and of num-bigint. The measurements alternate, so
/// that both meet the same noise.
fn shortest_times(index: u64) -> (Duration, Duration) {
    let mut shortest = (Duration::MAX, Duration::MAX);
    for _ in 0..REPEATS {
        let start = Instant::now();
        black_box(nth_digits(black_box(index)));
        shortest.0 = shortest.0.min(start.elapsed());
        let start = Instant::now();
        black_box(nth(black_box(index)).to_string());
        shortest.1 = shortest.1.min(start.elapsed());
    }
    shortest
}

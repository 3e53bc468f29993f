//! One term beside num-bigint at every size up to F(100 000): `cargo bench --bench every_index`.
//!
//! No index may be slower than doubling in `BigUint`s and converting by more than 5 % and a
//! microsecond. Prints the indices that are worst.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use fibonacci_web::fibonacci::{nth, nth_digits};

/// How many times each is measured; the least time counts, as only noise makes it longer.
const REPEATS: usize = 15;

/// What a time may be longer by, beside 5 %.
const SLACK: Duration = Duration::from_micros(1);

fn main() {
    // Every index has far too many neighbours of its own cost: each of the first 200, then 1 % on.
    let mut index = 1;
    let mut rows = Vec::new();
    while index <= 100_000 {
        let (ours, peer) = least_times(index);
        let allowed = peer.mul_f64(1.05) + SLACK;
        rows.push((
            ours.as_secs_f64() / allowed.as_secs_f64(),
            index,
            ours,
            peer,
        ));
        index += (index / 100).max(1);
    }
    rows.sort_by(|one, other| other.0.total_cmp(&one.0));
    let over = rows.iter().filter(|row| row.0 > 1.0).count();
    println!("{} indices, {over} past the bound; the worst:", rows.len());
    println!(
        "{:>8} {:>12} {:>12} {:>9}",
        "n", "ours", "num-bigint", "of bound"
    );
    for (part, index, ours, peer) in &rows[..8] {
        println!("{index:>8} {ours:>12.1?} {peer:>12.1?} {part:>9.3}");
    }
}

/// Both ways in turn, so that both meet the same noise.
fn least_times(index: u64) -> (Duration, Duration) {
    let mut least = (Duration::MAX, Duration::MAX);
    for _ in 0..REPEATS {
        let start = Instant::now();
        black_box(nth_digits(black_box(index)));
        least.0 = least.0.min(start.elapsed());
        let start = Instant::now();
        black_box(nth(black_box(index)).to_string());
        least.1 = least.1.min(start.elapsed());
    }
    least
}

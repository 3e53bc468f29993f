//! One term in decimal: fast doubling in a base that is a power of ten, so that its digits need no
//! conversion.
//!
//! The pair F(k), F(k+1) is kept as two polynomials whose coefficients, a few digits each, are the
//! digits of the numbers in that base. A step of doubling multiplies polynomials, which convolution
//! does in O(n log n); carrying makes digits of the products' coefficients again. See
//! [`convolution`](super::convolution) for why the products are exact.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

use realfft::RealFftPlanner;

use super::convolution::{Base, Transformer};
use super::{check, doubling, length};

/// Up to this index a term is computed as a `BigUint` and converted: for small numbers convolution
/// costs more than it saves. Here both take 0.04 ms; `cargo bench --bench every_index` shows what is
/// on either side.
pub(super) const SMALL: u64 = 12_000;

/// Doubling in decimal starts below this index, from a pair of `BigUint`s of a thousand digits, which
/// take about as long to convert as the shortest transforms.
const SEED: u64 = 4_000;

/// From this length of transform on, a step's two transforms run on two threads: they then take
/// longer than a thread takes to start.
const PARALLEL: usize = 1 << 15;

/// The plans of all transforms so far: making one costs as much as several of its transforms. They
/// stay for as long as the program runs, and while one is made, others wait.
static PLANNER: LazyLock<Mutex<RealFftPlanner<f64>>> = LazyLock::new(Mutex::default);

/// The digits of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NthDigits {
    /// All of them, in ASCII.
    pub text: String,
    /// Whether the fast way gave other digits, which is a fault of the machine or of this program,
    /// and these are those of the slow way.
    pub recomputed: bool,
}

/// The digits of F(`index`).
///
/// O(n log n) for n = `index`. A large term is checked before it is given away: modulo 2^61 - 1, its
/// digits have to be what doubling in integers gives. If they are not, it is computed as a `BigUint`
/// and converted.
///
/// ```
/// # use fibonacci_web::fibonacci::nth_digits;
/// assert_eq!(nth_digits(100).text, "354224848179261915075");
/// assert_eq!(nth_digits(100_000).text.len(), 20_899);
/// ```
#[must_use]
pub fn nth_digits(index: u64) -> NthDigits {
    match Base::for_term(index) {
        Some(base) if index > SMALL => checked(index, |index| by_convolution(index, base)),
        _ => NthDigits {
            text: by_definition(index),
            recomputed: false,
        },
    }
}

/// What `fast` gives, if it stands the check.
fn checked(index: u64, fast: impl FnOnce(u64) -> String) -> NthDigits {
    let text = fast(index);
    if check::residue_of_text(text.as_bytes()) == check::residue_of_term(index) {
        return NthDigits {
            text,
            recomputed: false,
        };
    }
    NthDigits {
        text: by_definition(index),
        recomputed: true,
    }
}

fn by_definition(index: u64) -> String {
    doubling::pair(index).0.to_string()
}

fn by_convolution(index: u64, base: Base) -> String {
    // The bits of the index that the seed leaves to double for.
    let mut steps = 0;
    while index >> steps >= SEED {
        steps += 1;
    }
    let (term, next) = doubling::pair(index >> steps);
    let digits = usize::try_from(length::digits(index)).expect("fewer than a base is proved for");
    let room = base.room_for_term(index);
    let mut term = Transformer::new(base, &term, room);
    let mut next = Transformer::new(base, &next, room);
    for step in (0..steps).rev() {
        let odd = index >> step & 1 == 1;
        let plan = {
            let mut planner = PLANNER.lock().unwrap_or_else(PoisonError::into_inner);
            term.plan(&next, &mut planner)
        };
        let parallel = plan.length() >= PARALLEL;
        join(parallel, || term.transform(&plan), || next.transform(&plan));
        if step == 0 {
            term.multiply(&next, odd);
            return term.into_text(&plan, digits);
        }
        term.multiply_both(&mut next, odd);
        join(
            parallel,
            || term.transform_back(&plan),
            || next.transform_back(&plan),
        );
    }
    unreachable!("an index past the seed has a step")
}

/// Does both, at once if `parallel`.
fn join(parallel: bool, one: impl FnOnce(), other: impl FnOnce() + Send) {
    if parallel {
        thread::scope(|scope| {
            scope.spawn(other);
            one();
        });
    } else {
        one();
        other();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_agree_around_every_crossover() {
        // Where the seed, the parallel transforms and the next base begin, and powers of two, where
        // a step more is taken.
        let first =
            |holds: &dyn Fn(u64) -> bool| (SEED..1 << 24).find(|&index| holds(index)).expect("one");
        let parallel = first(&|index| Base::TenThousand.room_for_term(index) >= PARALLEL);
        let thousand = first(&|index| Base::for_term(index) != Some(Base::TenThousand));
        let borders = [
            SEED,
            2 * SEED,
            SMALL,
            2 * SMALL,
            1 << 16,
            1 << 18,
            parallel,
            thousand,
        ];
        for border in borders {
            for index in SEED.max(border - 3)..=border + 3 {
                let base = Base::for_term(index).expect("a term of middling size");
                let digits = by_convolution(index, base);
                assert!(digits == by_definition(index), "F({index})");
            }
        }
    }

    #[test]
    fn either_base_gives_the_same_digits() {
        for index in [SEED, 9_999, 50_000, 123_456] {
            let digits = by_convolution(index, Base::Thousand);
            assert!(
                digits == by_convolution(index, Base::TenThousand),
                "F({index})"
            );
        }
    }

    #[test]
    fn a_wrong_digit_is_not_given_away() {
        let right = by_definition(20_000);
        for place in [0, 1, 2_000, 4_178, 4_179] {
            let wrong = |index| {
                let mut text = by_definition(index).into_bytes();
                text[place] = if text[place] == b'7' { b'3' } else { b'7' };
                String::from_utf8(text).expect("digits")
            };
            let digits = checked(20_000, wrong);
            assert!(digits.recomputed && digits.text == right, "{place}");
        }
        let digits = checked(20_000, by_definition);
        assert!(!digits.recomputed && digits.text == right);
    }
}

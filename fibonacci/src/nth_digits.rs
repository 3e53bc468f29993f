//! The digits of one term, by fast doubling in a base that is a power of ten. Such digits need no
//! conversion of radix.
//!
//! F(k) and F(k+1) are stored as two polynomials whose coefficients are their digits in that base.
//! A doubling step multiplies polynomials, in O(n log n) by [`convolution`](crate::convolution), and
//! carrying turns the coefficients of the products into digits again. See [`base`](crate::base) for
//! the proof that the products are exact.

use std::thread;

use crate::base::Base;
use crate::workspaces::Workspace;
use crate::{check, doubling, length, plans, workspaces};

/// The last index whose term is computed as a `BigUint` and converted. For small numbers,
/// convolution costs more than it saves. At this index both methods take 0.04 ms, as measured by
/// `cargo bench -p fibonacci --bench every_index`.
pub(crate) const MAX_BIGUINT_INDEX: u64 = 12_000;

/// Doubling in decimal starts from a pair of `BigUint`s below this index. They have fewer than a
/// thousand digits, and their conversion takes about as long as the shortest transforms.
const SEED_INDEX_LIMIT: u64 = 4_000;

/// From this number of points on, the two transforms of a step run on two threads. They then take
/// longer than the start of a thread.
const PARALLEL_POINTS: usize = 32_768;

/// The result of [`nth_digits`]: the digits of a term, and whether it had to be computed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NthDigits {
    /// The decimal digits, as ASCII, without leading zeros except for `0` itself.
    pub text: String,
    /// Whether the first result failed its check. `text` is then the result of a second
    /// computation, which passed. The cause can only be a hardware fault or a bug, so it is worth an
    /// alert.
    pub recomputed: bool,
}

/// Returns the decimal digits of F(`index`).
///
/// The digits are exact, and those of large terms are checked before they are returned: they must
/// be congruent, modulo 2^61 - 1, to the term as computed with integers. The check detects every
/// single wrong digit. If it fails, the term is computed once more, in the base with the wider
/// margin for rounding errors, and checked again. So a failure costs at most 2.5 times as much.
///
/// The result is the same as `nth(index).to_string()`.
///
/// # Cost
///
/// O(n log n) time and O(n) memory for n = `index`, up to about F(120 000 000). Larger terms cost as
/// much as [`nth`](crate::nth) and the conversion to decimal. From about F(590 000) on, two threads
/// share the work. Tables and
/// buffers of transforms stay in memory for the next terms, until [`release_memory`] frees them: tables
/// of about 70 MB, or those of one term of the largest recent size, and for each concurrent computation
/// about 15 bytes per digit of its term.
///
/// # Panics
///
/// If the second result is wrong, too: this machine cannot compute the term.
///
/// ```
/// # use fibonacci::nth_digits;
/// assert_eq!(nth_digits(100).text, "354224848179261915075");
/// assert_eq!(nth_digits(100_000).text.len(), 20_899);
/// ```
#[must_use]
pub fn nth_digits(index: u64) -> NthDigits {
    match Base::for_term(index) {
        Some(base) if index > MAX_BIGUINT_INDEX => {
            checked(index, base, |base| by_convolution(index, base))
        }
        _ => NthDigits { text: by_biguint(index), recomputed: false },
    }
}

/// Frees the tables and buffers that [`nth_digits`] keeps for the next terms.
///
/// The next terms take longer: making the tables costs as much as several transforms.
pub fn release_memory() {
    plans::clear();
    workspaces::clear();
}

/// Returns the digits that `compute` returns for `base` if they pass the check, else those that it
/// returns for [`Base::Thousand`].
fn checked(index: u64, base: Base, compute: impl Fn(Base) -> String) -> NthDigits {
    let expected = check::residue_of_term(index);
    let is_right = |text: &str| check::residue_of_text(text.as_bytes()) == expected;
    let text = compute(base);
    if is_right(&text) {
        return NthDigits { text, recomputed: false };
    }
    let text = compute(Base::Thousand);
    assert!(is_right(&text), "F({index}) was computed wrongly twice");
    NthDigits { text, recomputed: true }
}

fn by_biguint(index: u64) -> String {
    doubling::pair(index).0.to_string()
}

/// Computes the digits of F(`index`) in `base`. The index must be at least [`SEED_INDEX_LIMIT`].
fn by_convolution(index: u64, base: Base) -> String {
    // Each step reads one bit of the index; the bits above them are the index of the seed.
    let mut steps = 0;
    while index >> steps >= SEED_INDEX_LIMIT {
        steps += 1;
    }
    let seed = doubling::pair(index >> steps);
    let digits =
        usize::try_from(length::digits(index)).expect("a base exists only for fewer digits");
    let capacity = base.transform_length_for_term(index);
    let mut workspace = workspaces::take();
    let Workspace { term, next } = &mut workspace;
    term.set(base, &seed.0, capacity);
    next.set(base, &seed.1, capacity);
    for step in (0..steps).rev() {
        let odd = index >> step & 1 == 1;
        let plan = plans::plan(term.points(next));
        run_both(plan.length(), || term.transform(&plan), || next.transform(&plan));
        if step == 0 {
            term.double_term(next, odd);
            let text = term.text(&plan, digits);
            workspaces::put_back(workspace);
            return text;
        }
        term.double_pair(next, odd);
        run_both(plan.length(), || term.transform_back(&plan), || next.transform_back(&plan));
    }
    unreachable!("an index of at least SEED_INDEX_LIMIT has a step")
}

/// Runs two functions that transform this number of points: on two threads, if they take long.
fn run_both(points: usize, one: impl FnOnce(), other: impl FnOnce() + Send) {
    if points >= PARALLEL_POINTS {
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
    fn both_methods_agree_around_every_threshold() {
        // The thresholds of the seed, of the method, of the parallel transforms and of the base,
        // and the powers of two, from which there is one more step.
        let first = |condition: &dyn Fn(u64) -> bool| {
            (SEED_INDEX_LIMIT..1 << 24)
                .find(|&index| condition(index))
                .expect("an index below 2^24")
        };
        let parallel =
            first(&|index| Base::TenThousand.transform_length_for_term(index) >= PARALLEL_POINTS);
        let thousand = first(&|index| Base::for_term(index) != Some(Base::TenThousand));
        let thresholds = [
            SEED_INDEX_LIMIT,
            2 * SEED_INDEX_LIMIT,
            MAX_BIGUINT_INDEX,
            2 * MAX_BIGUINT_INDEX,
            1 << 16,
            1 << 18,
            parallel,
            thousand,
        ];
        for threshold in thresholds {
            for index in SEED_INDEX_LIMIT.max(threshold - 3)..=threshold + 3 {
                let base = Base::for_term(index).expect("a base for a term of this size");
                let digits = by_convolution(index, base);
                assert!(digits == by_biguint(index), "F({index})");
            }
        }
    }

    #[test]
    fn both_bases_give_the_same_digits() {
        for index in [SEED_INDEX_LIMIT, 9_999, 50_000, 123_456] {
            let digits = by_convolution(index, Base::Thousand);
            assert!(digits == by_convolution(index, Base::TenThousand), "F({index})");
        }
    }

    /// F(20 000) with a wrong digit at `position`.
    fn wrong_at(position: usize) -> String {
        let mut text = by_biguint(20_000).into_bytes();
        text[position] = if text[position] == b'7' { b'3' } else { b'7' };
        String::from_utf8(text).expect("ASCII digits")
    }

    #[test]
    fn a_term_with_a_wrong_digit_is_computed_again_in_the_other_base() {
        let right = by_biguint(20_000);
        for position in [0, 1, 2_000, 4_178, 4_179] {
            let digits = checked(20_000, Base::TenThousand, |base| match base {
                Base::TenThousand => wrong_at(position),
                Base::Thousand => right.clone(),
            });
            assert!(digits.recomputed && digits.text == right, "digit {position}");
        }
        let digits = checked(20_000, Base::TenThousand, |_| right.clone());
        assert!(!digits.recomputed && digits.text == right);
    }

    #[test]
    #[should_panic(expected = "F(20000) was computed wrongly twice")]
    fn a_term_that_is_wrong_twice_is_not_returned() {
        drop(checked(20_000, Base::TenThousand, |_| wrong_at(4_179)));
    }
}

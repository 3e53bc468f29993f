//! The number of digits of terms, without computing a term.
//!
//! # The formula
//!
//! For n ≥ 2, F(n) has ⌊n log₁₀ φ + 1 - log₁₀ √5⌋ digits, for the golden ratio φ.
//!
//! F(n) is the integer nearest to φⁿ/√5 (Binet). If a power of ten were between the two, it would
//! be F(n) itself. But for n ≥ 3, F(n) is not a power of ten: 15 is the first n > 0 for which 10
//! divides F(n), so 15 divides every such n; and 61, which divides F(15) = 610, divides every such
//! F(n). So F(n) has as many digits as the integer part of φⁿ/√5, which has ⌊log₁₀ (φⁿ/√5)⌋ + 1.
//! This is also true of F(2) = 1, where φⁿ/√5 is 1.17.
//!
//! # Why the floor is exact
//!
//! The formula is evaluated in fixed point. The two constants have 192 bits after the point and an
//! error of at most 2⁻¹⁹³, so that the error of the sum is less than 2⁻¹²⁸ for n < 2⁶⁴. For these n
//! the sum is never closer to an integer than 2⁻⁷⁰. It is closest at n = 8 625 812 162 537 945 092,
//! which was found by solving the linear inequality modulo 1 with the constants to 300 digits.

#![expect(clippy::cast_possible_truncation, reason = "the results fit in the narrower types")]

/// log₁₀ φ × 2¹⁹², rounded; the least significant word first.
const LOG10_PHI: [u64; 3] = [0x887a_5e47_e9bd_d71d, 0x65d3_db23_8455_99f5, 0x3580_36c8_2451_b7f3];

/// (1 - log₁₀ √5) × 2¹⁹², rounded; the least significant word first.
const OFFSET: [u64; 3] = [0x09ab_4c31_50f4_7cd2, 0x23e2_566b_02df_245e, 0xa688_26a1_3ef3_fde6];

/// Returns the number of decimal digits of F(`index`); F(0) = 0 has one.
///
/// Exact for every index, and the same as `nth(index).to_string().len()`. O(1): three
/// multiplications. The module documentation has the proof.
///
/// ```
/// # use fibonacci::length;
/// assert_eq!(length::digits(100), 21);
/// assert_eq!(length::digits(u64::MAX), 3_855_141_514_259_838_963);
/// ```
#[must_use]
pub fn digits(index: u64) -> u64 {
    // The formula gives 0 for F(0) and F(1), which have one digit each.
    floor_of_line(index, LOG10_PHI, OFFSET).max(1)
}

/// Returns ⌊`index` · `slope` + `offset`⌋, exactly. `slope` and `offset` are fractions less than
/// one, in units of 2⁻¹⁹², with the least significant word first.
pub(crate) fn floor_of_line(index: u64, slope: [u64; 3], offset: [u64; 3]) -> u64 {
    let mut carry = 0;
    for (slope, offset) in slope.into_iter().zip(offset) {
        carry = (u128::from(slope) * u128::from(index) + u128::from(offset) + carry) >> 64;
    }
    // The carry out of the fraction is the integer part, which is at most the index.
    carry as u64
}

/// Returns the total number of decimal digits of `count` terms from F(`from`) on.
///
/// Exact, and the same as the sum of [`digits`] over these terms, but in O(log n) for
/// n = `from + count`. F(2³²) has about 900 million digits.
///
/// # Panics
///
/// Panics if `from + count` is 2³² or more.
///
/// ```
/// # use fibonacci::length;
/// let digits = length::digits_of_terms(0, 10_000);
/// assert_eq!(digits + 10_000, 10_459_845); // with a line feed after each term
/// ```
#[must_use]
pub fn digits_of_terms(from: u64, count: u64) -> u64 {
    let end = from.checked_add(count).filter(|end| *end < 1 << 32);
    let end = end.expect("terms below F(2^32)");
    digits_before(end) - digits_before(from)
}

/// Returns the total number of digits of F(0) to F(`end` - 1), for `end` < 2³².
///
/// This is a sum of floors of an arithmetic progression, computed by the steps of Euclid's
/// algorithm (R. L. Graham, D. E. Knuth, O. Patashnik, *Concrete Mathematics*, section 3.5). 96
/// bits after the point are enough: the error of n log₁₀ φ + 1 - log₁₀ √5 is less than 2⁻⁶⁴, and
/// for n < 2³² it is never closer to an integer than 2⁻³⁶.
fn digits_before(end: u64) -> u64 {
    let top = |[_, middle, high]: [u64; 3]| u128::from(high) << 32 | u128::from(middle >> 32);
    let (mut slope, mut start, mut one) = (top(LOG10_PHI), top(OFFSET), 1_u128 << 96);
    let mut count = u128::from(end);
    // The formula gives 0 for F(0) and F(1), which have one digit each.
    let mut total = count.min(2);
    while count > 0 {
        // The integer parts of the slope and of the start contribute exactly.
        total += count * (count - 1) / 2 * (slope / one) + count * (start / one);
        slope %= one;
        start %= one;
        // Counts the remaining lattice points below the line along the other axis.
        let height = slope * count + start;
        count = height / one;
        start = height % one;
        (slope, one) = (one, slope);
    }
    // Fewer than 2^32 terms of fewer than 2^30 digits.
    total as u64
}

/// Returns an estimate of the total number of decimal digits of `count` terms from F(`from`) on.
///
/// For display only; [`digits_of_terms`] is exact. The estimate has the precision of an `f64` and
/// accepts any `from` and `count`. O(1).
///
/// F(n) has n log₁₀ φ + 1 - log₁₀ √5 digits, rounded down, and rounding down takes half a digit on
/// average. The average over the terms is the value for the term in the middle.
///
/// ```
/// # use fibonacci::length;
/// assert_eq!(length::approximate_digits_of_terms(0, 10_000).round(), 10_449_842.0);
/// assert_eq!(length::digits_of_terms(0, 10_000), 10_449_845);
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "the result is an estimate")]
pub fn approximate_digits_of_terms(from: u64, count: u64) -> f64 {
    let (from, count) = (from as f64, count as f64);
    let middle = from + (count - 1.0) / 2.0;
    count * (middle * 0.208_987_640_249_978_73 + 0.650_514_997_831_990_6 - 0.5)
}

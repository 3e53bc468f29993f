//! How long results are, exactly, without computing a term.
//!
//! F(n) is the integer nearest to φⁿ/√5 (Binet). For n ≥ 3 no power of ten lies between the two: it
//! would have to be F(n) itself, and 10, 100, … are not Fibonacci numbers (15 is the first n for which
//! ten divides F(n), so 15 divides every such n, and 61, which divides F(15), divides every such F(n)).
//! So F(n) has as many digits as φⁿ/√5 (and so has F(2) = 1, for that is 1.17), which are ⌊n log₁₀ φ + 1 - log₁₀ √5⌋.
//!
//! That is computed in fixed point. The two constants, as integers of 192 bits after the point, are
//! off by at most 2⁻¹⁹³, so that the sum is off by less than 2⁻¹²⁸; and for n < 2⁶⁴ it is nowhere
//! closer to an integer than 2⁻⁷⁰ (at n = 8 625 812 162 537 945 092; found by solving the linear
//! inequality modulo 1, with the constants to 300 digits), so that its floor is exact.

#![expect(
    clippy::cast_possible_truncation,
    reason = "the integers at the end are smaller than what they are counted in"
)]

/// log₁₀ φ × 2¹⁹², rounded; the least significant word first.
const LOG10_PHI: [u64; 3] = [
    0x887a_5e47_e9bd_d71d,
    0x65d3_db23_8455_99f5,
    0x3580_36c8_2451_b7f3,
];

/// (1 - log₁₀ √5) × 2¹⁹², rounded; the least significant word first.
const OFFSET: [u64; 3] = [
    0x09ab_4c31_50f4_7cd2,
    0x23e2_566b_02df_245e,
    0xa688_26a1_3ef3_fde6,
];

/// How many decimal digits F(`index`) has; F(0) = 0 has one.
///
/// Exact for every index, in a few multiplications.
///
/// ```
/// # use fibonacci_web::fibonacci::length;
/// assert_eq!(length::digits(100), 21);
/// assert_eq!(length::digits(u64::MAX), 3_855_141_514_259_838_963);
/// ```
#[must_use]
pub fn digits(index: u64) -> u64 {
    // F(0) and F(1) are short of what the formula is for.
    if index < 2 {
        return 1;
    }
    floor_of_line(index, LOG10_PHI, OFFSET)
}

/// ⌊`index` · `slope` + `offset`⌋, the last two less than one and in 192 bits, the least significant
/// word first: exact, in three multiplications.
pub(super) fn floor_of_line(index: u64, slope: [u64; 3], offset: [u64; 3]) -> u64 {
    let mut carry = 0;
    for (slope, offset) in slope.into_iter().zip(offset) {
        carry = (u128::from(slope) * u128::from(index) + u128::from(offset) + carry) >> 64;
    }
    // What is carried out of the fraction is the integer: no more than the index.
    carry as u64
}

/// How many digits the `count` terms from F(`from`) on have together.
///
/// Exact as long as `from + count` is less than 2³², where a term is 900 MB; O(log n). With `s`
/// bytes between each two terms, their text is `count - 1` times `s` longer.
///
/// # Panics
///
/// When `from + count` is 2³² or more.
///
/// ```
/// # use fibonacci_web::fibonacci::length;
/// let digits = length::digits_of_terms(0, 10_000);
/// assert_eq!(digits + 10_000, 10_459_845); // a term a line
/// ```
#[must_use]
pub fn digits_of_terms(from: u64, count: u64) -> u64 {
    let end = from.checked_add(count).filter(|end| *end < 1 << 32);
    let end = end.expect("terms below F(2^32)");
    digits_before(end) - digits_before(from)
}

/// How many digits F(0) to F(`end` - 1) have together, for `end` < 2³².
///
/// The sum of the floors of an arithmetic progression, by the same steps as Euclid's algorithm (R. L.
/// Graham, D. E. Knuth, O. Patashnik, *Concrete Mathematics*, section 3.5). 96 bits after the point
/// do: the sums are off by less than 2⁻⁶⁴, and below 2³² nowhere closer to an integer than 2⁻³⁶.
fn digits_before(end: u64) -> u64 {
    let top = |[_, middle, high]: [u64; 3]| u128::from(high) << 32 | u128::from(middle >> 32);
    let (mut slope, mut start, mut one) = (top(LOG10_PHI), top(OFFSET), 1_u128 << 96);
    let mut count = u128::from(end);
    // The formula gives the first two terms no digit, and they have one.
    let mut total = count.min(2);
    while count > 0 {
        // Whole steps of the slope and of the start, which count as they are.
        total += count * (count - 1) / 2 * (slope / one) + count * (start / one);
        slope %= one;
        start %= one;
        // What is left below the line, counted along the other axis.
        let height = slope * count + start;
        count = height / one;
        start = height % one;
        (slope, one) = (one, slope);
    }
    // Fewer than 2^32 terms of fewer than 2^30 digits.
    total as u64
}

/// About how many digits the `count` terms from F(`from`) on have together, for any window, as far as
/// an `f64` goes: for a sentence, never for a length to keep to.
///
/// Term k has k log₁₀ φ + 1 - log₁₀ √5 digits rounded down, which takes half a digit on average; the
/// term in the middle has as many as they do on average.
///
/// ```
/// # use fibonacci_web::fibonacci::length;
/// assert_eq!(length::about_digits_of_terms(0, 10_000).round(), 10_449_842.0); // they are 10 449 845
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "it is about")]
pub fn about_digits_of_terms(from: u64, count: u64) -> f64 {
    let (from, count) = (from as f64, count as f64);
    let middle = from + (count - 1.0) / 2.0;
    count * (middle * 0.208_987_640_249_978_73 + 0.650_514_997_831_990_6 - 0.5)
}

//! About how much text a result is, before a term of it is computed.
//!
//! F(n) is the whole number nearest to φⁿ/√5 (Binet), so its decimal logarithm is n log₁₀ φ - log₁₀ √5
//! but for a difference that vanishes as n grows. Good for a sentence that says what an answer would
//! have weighed; never a length to promise.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an estimate: never negative, and coarser than these roundings"
)]

/// log₁₀ of the golden ratio φ = (1 + √5)/2: the digits that each step of the sequence adds.
const LOG10_PHI: f64 = 0.208_987_640_249_978_73;

/// log₁₀ √5.
const LOG10_SQRT_5: f64 = 0.349_485_002_168_009_4;

/// About how many decimal digits F(`index`) has.
///
/// From 2^50 on, the count is as coarse as an `f64`: sixteen figures.
///
/// ```
/// # use fibonacci_web::fibonacci::size;
/// assert_eq!(size::digits(100), 21);
/// assert_eq!(size::digits(1_000_000), 208_988);
/// ```
#[must_use]
pub fn digits(index: u64) -> u64 {
    // F(0) = 0 and F(1) = 1: the logarithms below are for n of 2 and more.
    if index < 2 {
        return 1;
    }
    (index as f64 * LOG10_PHI - LOG10_SQRT_5) as u64 + 1
}

/// About how many bytes the first `count` terms are as text, one term a line.
///
/// ```
/// # use fibonacci_web::fibonacci::size;
/// assert_eq!(size::list_bytes(10_000).round(), 10_459_842.0); // it is 10 459 845
/// ```
#[must_use]
pub fn list_bytes(count: u64) -> f64 {
    // Term k has k log₁₀ φ - log₁₀ √5 + 1 digits rounded down, half a digit on average, and its LF.
    let terms = count as f64;
    let mean_line = (terms - 1.0) / 2.0 * LOG10_PHI - LOG10_SQRT_5 + 1.5;
    terms * mean_line
}

//! How close the ratio of neighbouring terms is to the golden ratio φ, without computing a term.
//!
//! F(m+1) - φ F(m) = ψᵐ for ψ = -1/φ (true for m = 0 and 1, and both sides follow the recurrence). So
//! F(m+1)/F(m) is off by φ⁻ᵐ/F(m) = √5/(φ²ᵐ - (-1)ᵐ), which is less than 10⁻ᵏ/2 when
//! (φ²ᵐ - (-1)ᵐ)/√5 is more than 2·10ᵏ. That and φ²ᵐ/√5 are less than one away from the integer F(2m) =
//! (φ²ᵐ - φ⁻²ᵐ)/√5, which is never 2·10ᵏ (2 is F(3) alone; and where ten divides a term, so does 61: see
//! [`length`](super::length)): both are on the same side of 2·10ᵏ. So the largest k is
//! ⌊2m log₁₀ φ - log₁₀ 2√5⌋, where that is not negative.
//!
//! It is computed as there, with one added, so that nothing is negative: 1 - log₁₀ 2√5 = log₁₀ √5. The
//! constants are off by at most 2⁻¹⁹³, so that the sum is off by less than 2⁻¹²⁸; and for
//! 1 ≤ m < 2⁶⁴ it is nowhere closer to an integer than 2⁻⁶⁷ (at m = 12 261 662 435 478 551 288; found as
//! there), so that its floor is exact.

use super::length::floor_of_line;

/// 2 log₁₀ φ × 2¹⁹², rounded; the least significant word first.
const TWICE_LOG10_PHI: [u64; 3] = [
    0x10f4_bc8f_d37b_ae3a,
    0xcba7_b647_08ab_33eb,
    0x6b00_6d90_48a3_6fe6,
];

/// log₁₀ √5 × 2¹⁹², rounded; the least significant word first.
const LOG10_ROOT_5: [u64; 3] = [
    0xf654_b3ce_af0b_832e,
    0xdc1d_a994_fd20_dba1,
    0x5977_d95e_c10c_0219,
];

/// To how many decimals F(`index`)/F(`index` - 1) is the golden ratio φ: the largest k for which it is
/// off by less than 10⁻ᵏ/2.
///
/// `None` where it is off by more than a half, or there is no ratio: up to the index 2. Exact for every
/// index, in a few multiplications.
///
/// ```
/// # use fibonacci_web::fibonacci::decimals_of_phi;
/// assert_eq!(decimals_of_phi(2), None); // 1/1
/// assert_eq!(decimals_of_phi(3), Some(0)); // 2/1
/// assert_eq!(decimals_of_phi(13), Some(4)); // 233/144 = 1.61805…, and φ = 1.61803…
/// assert_eq!(decimals_of_phi(u64::MAX), Some(7_710_283_028_519_677_925));
/// ```
#[must_use]
pub fn decimals_of_phi(index: u64) -> Option<u64> {
    let before = index.checked_sub(1)?;
    floor_of_line(before, TWICE_LOG10_PHI, LOG10_ROOT_5).checked_sub(1)
}

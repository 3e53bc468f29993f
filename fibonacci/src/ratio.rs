//! How close a ratio of consecutive terms is to the golden ratio φ, without computing a term.
//!
//! # The formula
//!
//! Let ψ = -1/φ. Then F(m+1) - φ F(m) = ψᵐ: this holds for m = 0 and 1, and both sides satisfy the
//! recurrence. So the distance of F(m+1)/F(m) from φ is φ⁻ᵐ/F(m) = √5/(φ²ᵐ - (-1)ᵐ). It is less
//! than 10⁻ᵏ/2 exactly if (φ²ᵐ - (-1)ᵐ)/√5 > 2·10ᵏ.
//!
//! That number and φ²ᵐ/√5 both differ by less than 1 from the integer F(2m) = (φ²ᵐ - φ⁻²ᵐ)/√5.
//! F(2m) is never 2·10ᵏ: 2 is F(3) only, and a term that 10 divides is also divisible by 61 (see
//! [`length`](crate::length)). So both are on the same side of 2·10ᵏ as F(2m), and the condition is
//! φ²ᵐ/√5 > 2·10ᵏ. The largest such k is ⌊2m log₁₀ φ - log₁₀ 2√5⌋, if that is not negative.
//!
//! # Why the floor is exact
//!
//! One is added, so that no value is negative: 1 - log₁₀ 2√5 = log₁₀ √5. The sum is evaluated as in
//! [`length`](crate::length). The constants have an error of at most 2⁻¹⁹³, so that the error of
//! the sum is less than 2⁻¹²⁸. For 1 ≤ m < 2⁶⁴ it is never closer to an integer than 2⁻⁶⁷. It is
//! closest at m = 12 261 662 435 478 551 288, which was found in the same way.

use crate::length::floor_of_line;

/// 2 log₁₀ φ × 2¹⁹², rounded; the least significant word first.
const TWICE_LOG10_PHI: [u64; 3] =
    [0x10f4_bc8f_d37b_ae3a, 0xcba7_b647_08ab_33eb, 0x6b00_6d90_48a3_6fe6];

/// log₁₀ √5 × 2¹⁹², rounded; the least significant word first.
const LOG10_ROOT_5: [u64; 3] =
    [0xf654_b3ce_af0b_832e, 0xdc1d_a994_fd20_dba1, 0x5977_d95e_c10c_0219];

/// Returns the number of decimals to which F(`index`)/F(`index` - 1) equals the golden ratio φ: the
/// largest k for which the ratio differs from φ by less than 10⁻ᵏ/2.
///
/// Returns `None` for an index of at most 2: there is no ratio, or it differs by more than 1/2. The
/// result is exact for every index. O(1): three multiplications.
///
/// ```
/// # use fibonacci::decimals_of_phi;
/// assert_eq!(decimals_of_phi(2), None); // 1/1
/// assert_eq!(decimals_of_phi(3), Some(0)); // 2/1
/// assert_eq!(decimals_of_phi(13), Some(4)); // 233/144 = 1.61805…, and φ = 1.61803…
/// assert_eq!(decimals_of_phi(u64::MAX), Some(7_710_283_028_519_677_925));
/// ```
#[must_use]
pub fn decimals_of_phi(index: u64) -> Option<u64> {
    let previous = index.checked_sub(1)?;
    floor_of_line(previous, TWICE_LOG10_PHI, LOG10_ROOT_5).checked_sub(1)
}

//! The base in which large terms are multiplied, and the proof that the products are exact.
//!
//! # Why the products are exact
//!
//! [`convolution`](crate::convolution) computes in floating point. Every coefficient of a product
//! is an integer, but it is computed with an error. If the error is less than 1/2, rounding to the
//! nearest integer gives the exact coefficient.
//!
//! The bound on the error is that of R. P. Brent and P. Zimmermann, *Modern Computer Arithmetic*
//! (2010), section 3.3.1, after C. Percival, *Rapid multiplication modulo the sum and difference of
//! highly composite numbers*, Math. Comp. 72 (2003). In a convolution of x and y by transforms of
//! length 2ⁿ, the error of every coefficient is at most
//!
//! ‖x‖ ‖y‖ ((1 + ε)³ⁿ (1 + ε√5)³ⁿ⁺¹ (1 + β)³ⁿ - 1),
//!
//! where ε = 2⁻⁵³ is the unit roundoff, β bounds the error of the precomputed roots of unity, and
//! ‖x‖² is the sum of the squares of the coefficients of x. The values for this crate are:
//!
//! - *Norms.* Coefficients are balanced: in base B they are between -B/2 and B/2, so that m of them
//!   have ‖x‖ ≤ √m B/2. The products of fast doubling are F(k) (2 F(k+1) - F(k)),
//!   F(k+1) (2 F(k) + F(k+1)) and F(k)² + F(k+1)². The sum in parentheses has a norm of at most
//!   3 √m B/2. So ‖x‖ ‖y‖ ≤ 3 m (B/2)² in each of them.
//! - *Levels.* n = ⌈log₂ N⌉ for N real points. The library transforms N real points as N/2 complex
//!   points and then separates the result; this is a transform of N complex points without the work
//!   of the first level. Where the library merges levels, there are fewer roots and fewer roundings
//!   than the bound counts. A factor 3 or 5 of N is a level of its own, with a few more roundings
//!   than a factor 2 and with inner roots of angles up to 4π/5. Its error is about 31 ε for 3 and
//!   39 ε for 5. The bound counts 20 ε for each of log₂ 3 or log₂ 5 levels: 32 ε and 47 ε.
//! - *Roots.* The library computes a root from an angle of at most 2π, whose relative error after
//!   three roundings is at most 2.4 ε, and rounds the sine and the cosine: β ≤ 17 ε.
//! - *Other operations.* The products of the points, their sums and the division by N take at most
//!   four more roundings.
//!
//! [`Base::for_term`] evaluates the bound for the last product of a term, which is the largest. The
//! products are exact in base 10 000 up to about F(2 200 000), and in base 1 000 up to about
//! F(120 000 000). For larger terms there is no base, and the term is computed with integers.

use crate::length;

/// The unit roundoff ε: the greatest relative error of one rounding.
const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// β, the greatest error of a precomputed root of unity.
const ROOT_ERROR: f64 = 17.0 * UNIT_ROUNDOFF;

/// The odd factors of a transform length. With these and powers of two, the library uses its
/// fastest algorithms.
const ODD_FACTORS: [usize; 8] = [1, 3, 5, 9, 15, 25, 27, 45];

/// A power of ten, the base of the coefficients of a number.
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    #[default]
    Thousand,
    TenThousand,
}

impl Base {
    /// Returns the largest base in which the products for F(`index`) are proved exact; `None` if
    /// the term is too large for either.
    pub(crate) fn for_term(index: u64) -> Option<Self> {
        [Self::TenThousand, Self::Thousand].into_iter().find(|base| base.error_bound(index) < 0.5)
    }

    /// Returns the bound on the error of a coefficient in the last product for F(`index`).
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub(crate) fn error_bound(self, index: u64) -> f64 {
        let coefficients = self.coefficients_of_factor(index);
        let half = self.radix() as f64 / 2.0;
        let norms = 3.0 * coefficients as f64 * half * half;
        let length = product_length(coefficients);
        let levels = f64::from(length.next_power_of_two().ilog2());
        let exponent = (3.0 * levels + 4.0) * UNIT_ROUNDOFF
            + (3.0 * levels + 1.0) * 5_f64.sqrt() * UNIT_ROUNDOFF
            + 3.0 * levels * ROOT_ERROR;
        // (1 + a) (1 + b) … - 1 ≤ e^(a + b + …) - 1
        norms * exponent.exp_m1()
    }

    /// Returns an upper bound on the number of coefficients of each factor of the last product for
    /// F(`index`): those of F(k) and F(k+1) for k = `index` / 2, and one for a carry.
    pub(crate) fn coefficients_of_factor(self, index: u64) -> usize {
        let digits = length::digits(index / 2 + 1);
        usize::try_from(digits).map_or(usize::MAX >> 4, |digits| digits.div_ceil(self.digits()) + 1)
    }

    /// Returns the transform length of the largest product for F(`index`).
    pub(crate) fn transform_length_for_term(self, index: u64) -> usize {
        product_length(self.coefficients_of_factor(index))
    }

    /// Returns the base as a number.
    pub(crate) const fn radix(self) -> u64 {
        match self {
            Self::Thousand => 1_000,
            Self::TenThousand => 10_000,
        }
    }

    /// Returns the number of decimal digits of a coefficient.
    pub(crate) const fn digits(self) -> usize {
        self.radix().ilog10() as usize
    }
}

/// Returns the transform length for a product of two factors with this many coefficients each:
/// those of the product, and one for the last carry.
pub(crate) fn product_length(coefficients: usize) -> usize {
    transform_length(2 * coefficients + 1)
}

/// Returns the shortest efficient transform length of at least `points`.
fn transform_length(points: usize) -> usize {
    // At least a few whole vectors of the processor.
    const MIN_POWER_OF_TWO: usize = 16;
    ODD_FACTORS
        .into_iter()
        .map(|factor| factor * points.div_ceil(factor).next_power_of_two().max(MIN_POWER_OF_TWO))
        .min()
        .unwrap_or(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::nth;

    /// Returns the greatest index for which the bound allows the base.
    fn last_index(base: Base) -> u64 {
        let (mut allowed, mut refused) = (1, 1 << 30);
        while refused - allowed > 1 {
            let middle = u64::midpoint(allowed, refused);
            if base.error_bound(middle) < 0.5 {
                allowed = middle;
            } else {
                refused = middle;
            }
        }
        allowed
    }

    #[test]
    fn bases_are_used_up_to_the_documented_indices() {
        let last = [Base::TenThousand, Base::Thousand].map(last_index);
        assert_eq!(last.map(|index| index / 100_000), [22, 1_204]);
        assert_eq!(Base::for_term(last[0]), Some(Base::TenThousand));
        assert_eq!(Base::for_term(2_500_000), Some(Base::Thousand));
        assert_eq!(Base::for_term(100_000_000), Some(Base::Thousand));
        assert_eq!(Base::for_term(u64::MAX), None);
    }

    #[test]
    fn bounds_are_those_of_the_formula() {
        // The formula of the module, with four more roundings, by Python's decimal with 80 digits.
        for (base, index, expected) in [
            (Base::TenThousand, 100_000, 0.017_313_544_495_8),
            (Base::TenThousand, 2_000_000, 0.451_703_842_195),
            (Base::Thousand, 5_000_000, 0.016_817_349_958_9),
            (Base::Thousand, 100_000_000, 0.406_772_503_954),
        ] {
            let bound = base.error_bound(index);
            assert!((bound / expected - 1.0).abs() < 1e-9, "F({index}) in {base:?}: {bound}");
        }
    }

    #[test]
    fn factors_have_room_for_the_digits_of_their_terms_and_a_carry() {
        for index in 0..3_000 {
            let digits = nth(index / 2 + 1).to_string().len();
            for (base, width) in [(Base::Thousand, 3), (Base::TenThousand, 4)] {
                let coefficients = base.coefficients_of_factor(index);
                assert_eq!(coefficients, digits.div_ceil(width) + 1, "F({index})");
                assert!(base.transform_length_for_term(index) > 2 * coefficients, "F({index})");
            }
        }
    }

    #[test]
    fn transform_lengths_are_sufficient_and_waste_at_most_a_fifth() {
        for points in 1..10_000 {
            let length = transform_length(points);
            assert!(length >= points && length.is_multiple_of(2), "{points}");
            assert!(length <= points + points / 5 || points < 200, "{points}: {length}");
        }
    }
}

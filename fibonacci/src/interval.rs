//! Interval arithmetic, for the leading digits of numbers that are too long to compute.

use num_bigint::BigUint;

/// A lower and an upper bound on a number, in units of a power of ten.
#[derive(Clone)]
pub(crate) struct Interval {
    low: BigUint,
    high: BigUint,
    /// The unit is 10^`exponent`.
    exponent: u64,
}

impl Interval {
    /// Returns bounds on F(`index`), of about `precision` digits.
    ///
    /// This is fast doubling with two bounds instead of each number. When the bounds of a product
    /// have more than `precision` digits, the lower one is rounded down and the upper one is
    /// rounded up.
    pub(crate) fn of_term(index: u128, precision: usize) -> Self {
        let mut term = Self::exact(BigUint::ZERO);
        let mut next = Self::exact(BigUint::ONE);
        for bit in (0..u128::BITS - index.leading_zeros()).rev() {
            // The term and the next one always have the same unit.
            let exponent = 2 * term.exponent;
            // F(2k) = F(k) (2 F(k+1) - F(k)). The subtrahend is the opposite bound.
            let even = Self {
                low: &term.low * (2_u32 * &next.low - &term.high),
                high: &term.high * (2_u32 * &next.high - &term.low),
                exponent,
            };
            // F(2k+1) = F(k)² + F(k+1)²
            let odd = Self {
                low: &term.low * &term.low + &next.low * &next.low,
                high: &term.high * &term.high + &next.high * &next.high,
                exponent,
            };
            (term, next) = if index >> bit & 1 == 0 {
                (even, odd)
            } else {
                let after =
                    Self { low: even.low + &odd.low, high: even.high + &odd.high, exponent };
                (odd, after)
            };
            let excess = excess_digits(&next.high, precision);
            term = term.with_larger_unit(excess);
            next = next.with_larger_unit(excess);
        }
        term
    }

    fn exact(number: BigUint) -> Self {
        Self { low: number.clone(), high: number, exponent: 0 }
    }

    /// Returns bounds on the same number in a unit that is 10^`by` times as large.
    fn with_larger_unit(&self, by: u64) -> Self {
        let exponent = self.exponent + by;
        match u32::try_from(by) {
            // Exact bounds remain exact.
            Ok(0) => self.clone(),
            Ok(by) if u64::from(by) <= self.high.bits() => {
                let unit = BigUint::from(10_u32).pow(by);
                Self { low: &self.low / &unit, high: &self.high / &unit + 1_u32, exponent }
            }
            // A number of b bits is less than 2^b, and so less than the unit.
            _ => Self { low: BigUint::ZERO, high: BigUint::ONE, exponent },
        }
    }

    /// Returns bounds on this number minus `other`.
    ///
    /// # Panics
    ///
    /// Panics if the lower bound would be negative. The bounds must be exact, or closer together
    /// than the numbers are.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        let exponent = self.exponent.max(other.exponent);
        let number = self.with_larger_unit(exponent - self.exponent);
        let other = other.with_larger_unit(exponent - other.exponent);
        Self { low: number.low - other.high, high: number.high - other.low, exponent }
    }

    /// Returns the length of the number in digits, and its first `max` digits, or all if it has
    /// fewer. `None` if the two bounds differ in either: the number has the digits that both share.
    pub(crate) fn leading_digits(&self, max: usize) -> Option<(u64, String)> {
        let (low, high) = (self.low.to_string(), self.high.to_string());
        let end = max.min(low.len());
        let equal = low.len() == high.len() && low[..end] == high[..end];
        equal.then(|| (low.len() as u64 + self.exponent, low[..end].to_owned()))
    }
}

/// Returns about how many digits more than `precision` the number has; never an overestimate.
fn excess_digits(number: &BigUint, precision: usize) -> u64 {
    // log₁₀ 2 is slightly greater than 3/10.
    let digits = number.bits() * 3 / 10;
    digits.saturating_sub(precision as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Fibonacci;

    fn interval(low: u32, high: u32, exponent: u64) -> Interval {
        Interval { low: low.into(), high: high.into(), exponent }
    }

    #[test]
    fn bounds_enclose_every_term_and_are_as_precise_as_requested() {
        for precision in [4, 5, 10, 20, 40] {
            for (index, term) in (0..1_000).zip(Fibonacci::new()) {
                let Interval { low, high, exponent } = Interval::of_term(index, precision);
                let unit = BigUint::from(10_u32).pow(u32::try_from(exponent).expect("few digits"));
                assert!(&low * &unit <= term && term <= &high * &unit, "F({index})");
                // At most ten doublings, each of which multiplies the relative error by less than
                // 2.4 and adds two units.
                assert!(&high - &low < BigUint::from(30_000_u32), "F({index})");
                let digits = high.to_string().len();
                assert!(digits <= precision + 2, "{digits} digits of F({index})");
            }
        }
    }

    #[test]
    fn a_larger_unit_keeps_the_bounds_around_the_number() {
        let larger = |by| {
            let Interval { low, high, exponent } = interval(4_321, 8_765, 7).with_larger_unit(by);
            (low.to_string(), high.to_string(), exponent)
        };
        let expected =
            |low: &str, high: &str, exponent| (low.to_owned(), high.to_owned(), exponent);
        assert_eq!(larger(0), expected("4321", "8765", 7));
        assert_eq!(larger(1), expected("432", "877", 8));
        assert_eq!(larger(3), expected("4", "9", 10));
        assert_eq!(larger(4), expected("0", "1", 11));
        assert_eq!(larger(1 << 40), expected("0", "1", (1 << 40) + 7));
    }

    #[test]
    fn leading_digits_are_those_that_both_bounds_share() {
        let leading = |low, high, max| interval(low, high, 3).leading_digits(max);
        let digits = |length, text: &str| Some((length, text.to_owned()));
        assert_eq!(leading(1_234, 1_239, 3), digits(7, "123"));
        assert_eq!(leading(1_234, 1_239, 4), None);
        assert_eq!(leading(1_234, 1_234, 50), digits(7, "1234"));
        // 123 and 1 234 have the same first digits, but not the same length.
        assert_eq!(leading(123, 1_234, 3), None);
    }
}

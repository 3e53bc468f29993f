//! Interval arithmetic in units of a power of ten, for numbers too long to compute.

use num_bigint::BigUint;

/// Interval of a number, in units of a power of ten.
#[derive(Clone)]
pub(super) struct Interval {
    low: BigUint,
    high: BigUint,
    /// The unit is 10^`places`.
    places: u64,
}

impl Interval {
    /// F(`index`), to about `precision` digits.
    ///
    /// Fast doubling, each number known to lie between two bounds of `precision` digits or so: where a
    /// product has more, the lower bound is cut and the upper one cut and raised.
    pub(super) fn of_term(index: u128, precision: usize) -> Self {
        let mut term = Self::exactly(BigUint::ZERO);
        let mut next = Self::exactly(BigUint::ONE);
        for bit in (0..u128::BITS - index.leading_zeros()).rev() {
            // The two are always in the same unit, and so are these.
            let places = 2 * term.places;
            // F(2k) = F(k) (2 F(k+1) - F(k)), each bound from the bounds that make it least or most.
            let even = Self {
                low: &term.low * (2_u32 * &next.low - &term.high),
                high: &term.high * (2_u32 * &next.high - &term.low),
                places,
            };
            // F(2k+1) = F(k)² + F(k+1)²
            let odd = Self {
                low: &term.low * &term.low + &next.low * &next.low,
                high: &term.high * &term.high + &next.high * &next.high,
                places,
            };
            (term, next) = if index >> bit & 1 == 0 {
                (even, odd)
            } else {
                let after = Self {
                    low: even.low + &odd.low,
                    high: even.high + &odd.high,
                    places,
                };
                (odd, after)
            };
            let excess = excess_digits(&next.high, precision);
            term = term.coarser(excess);
            next = next.coarser(excess);
        }
        term
    }

    fn exactly(number: BigUint) -> Self {
        Self {
            low: number.clone(),
            high: number,
            places: 0,
        }
    }

    /// The same number in units of 10^`by` times as much.
    fn coarser(&self, by: u64) -> Self {
        let places = self.places + by;
        match u32::try_from(by) {
            // What is exact stays so.
            Ok(0) => self.clone(),
            Ok(by) if u64::from(by) <= self.high.bits() / 3 => {
                let unit = BigUint::from(10_u32).pow(by);
                Self {
                    low: &self.low / &unit,
                    high: &self.high / &unit + 1_u32,
                    places,
                }
            }
            // b bits make less than 8^(b/3 + 1), so that the number is less than the unit.
            _ => Self {
                low: BigUint::ZERO,
                high: BigUint::ONE,
                places,
            },
        }
    }

    /// This number less `other`. The bounds have to be closer than the difference, or exact: else the
    /// lower one would be negative.
    pub(super) fn minus(&self, other: &Self) -> Self {
        let places = self.places.max(other.places);
        let number = self.coarser(places - self.places);
        let other = other.coarser(places - other.places);
        Self {
            low: number.low - other.high,
            high: number.high - other.low,
            places,
        }
    }

    /// How many digits the number has, and the first `most` of them, if the bounds settle both: what
    /// the two have in common are the number's own digits.
    pub(super) fn leading(&self, most: usize) -> Option<(u64, String)> {
        let (low, high) = (self.low.to_string(), self.high.to_string());
        let end = most.min(low.len());
        let settled = low.len() == high.len() && low[..end] == high[..end];
        settled.then(|| (low.len() as u64 + self.places, low[..end].to_owned()))
    }
}

/// About how many digits the number has over `precision`; never more than it has.
fn excess_digits(number: &BigUint, precision: usize) -> u64 {
    // log₁₀ 2 is a little more than 3/10.
    let digits = number.bits() * 3 / 10;
    digits.saturating_sub(precision as u64)
}

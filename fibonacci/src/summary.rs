//! The length, the first digits and the last digits of numbers that are too long to compute.

use std::cmp::Ordering;

use num_bigint::BigUint;

use crate::interval::Interval;

/// The number of digits at each end of a number in a [`Summary`].
pub const END_DIGITS: u8 = 50;

/// The digits of each bound in the first attempt. A doubling multiplies the relative error by less
/// than 2.4, so 65 doublings multiply it by less than 10²⁵: about 75 digits remain correct.
const FIRST_PRECISION: usize = 100;

/// The number 1 in units of 10⁻⁹, the last decimal of a [`Scientific`].
const MANTISSA_ONE: u64 = 1_000_000_000;

/// The length, the first digits and the last digits of a number, all exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The number of decimal digits; 0 has one.
    pub digits: u64,
    /// The first [`END_DIGITS`] digits, or all if there are fewer.
    pub leading: String,
    /// The last [`END_DIGITS`] digits, or all if there are fewer.
    pub trailing: String,
}

impl Summary {
    /// Returns the summary of the number with these decimal digits, of which there must be at least
    /// one. O(d) for d digits.
    ///
    /// ```
    /// # use fibonacci::{Summary, nth_digits, summary};
    /// assert_eq!(Summary::of_digits(&nth_digits(1_000).text), summary(1_000));
    /// ```
    #[must_use]
    pub fn of_digits(digits: &str) -> Self {
        let end = usize::from(END_DIGITS);
        Self {
            digits: digits.len() as u64,
            leading: digits.chars().take(end).collect(),
            trailing: digits.chars().skip(digits.len().saturating_sub(end)).collect(),
        }
    }

    /// Returns the term to ten significant digits, correctly rounded, with ties to even. O(1).
    ///
    /// The summary must be that of a term. For another number of more than [`END_DIGITS`] digits,
    /// the first digits may not show whether the number is a tie.
    ///
    /// ```
    /// # use fibonacci::{Scientific, summary};
    /// let Scientific { mantissa, exponent } = summary(100).scientific();
    /// assert_eq!((mantissa.as_str(), exponent), ("3.542248482", 20));
    /// // F(50) is a tie: 12 586 269 025.
    /// assert_eq!(summary(50).scientific().mantissa, "1.258626902");
    /// ```
    #[must_use]
    pub fn scientific(&self) -> Scientific {
        let (kept, removed) = self.leading.split_at(self.leading.len().min(10));
        let kept = format!("{kept:0<10}");
        let kept = kept.bytes().fold(0, |number, digit| 10 * number + u64::from(digit - b'0'));
        let up = match removed.trim_end_matches('0').cmp("5") {
            Ordering::Less => false,
            // The known removed digits are a 5 and zeros. If the term F(n) has d > 50 digits, the
            // rest is unknown, but it is not all zeros: else 10^(d-11) would divide F(n). F(n) has
            // as many factors 5 as n (T. Lengyel, *The order of the Fibonacci and Lucas numbers*,
            // 1995), so that 5^(d-11) ≤ n < 5d, which is false for every d > 50.
            Ordering::Equal => self.digits > END_DIGITS.into() || kept % 2 == 1,
            Ordering::Greater => true,
        };
        let (rounded, carry) = match kept + u64::from(up) {
            rounded if rounded == 10 * MANTISSA_ONE => (MANTISSA_ONE, 1),
            rounded => (rounded, 0),
        };
        Scientific {
            mantissa: format!("{}.{:09}", rounded / MANTISSA_ONE, rounded % MANTISSA_ONE),
            exponent: self.digits - 1 + carry,
        }
    }
}

/// A number in scientific notation, to ten significant digits: `mantissa` × 10^`exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scientific {
    /// One digit, a decimal point and nine digits, such as `3.542248482`.
    pub mantissa: String,
    /// The exponent of ten; 0 for the number 0.
    pub exponent: u64,
}

/// Returns the length, the first digits and the last digits of F(`index`).
///
/// # Cost
///
/// A fraction of a millisecond for any index: at most 64 doublings of numbers of a hundred digits.
/// The first digits come from interval arithmetic, the last ones from arithmetic modulo 10⁵⁰.
///
/// ```
/// # use fibonacci::summary;
/// let summary = summary(1_000);
/// assert_eq!(summary.digits, 209);
/// assert!(summary.leading.starts_with("43466557686937456435688527675040625802564660517371"));
/// assert!(summary.trailing.ends_with("76137795166849228875"));
/// ```
#[must_use]
pub fn summary(index: u64) -> Summary {
    let index = index.into();
    summary_of(|precision| Interval::of_term(index, precision), &residue(index))
}

/// Returns the length, the first digits and the last digits of the sum of `count` terms from
/// F(`from`) on. An empty sum is 0.
///
/// Each F(k) is F(k+2) - F(k+1), so that the sum telescopes to
/// F(`from` + `count` + 1) - F(`from` + 1).
///
/// # Cost
///
/// A fraction of a millisecond for any `from` and `count`: about two calls of [`summary()`].
///
/// ```
/// # use fibonacci::summary_of_sum;
/// let summary = summary_of_sum(10, 5); // 55 + 89 + 144 + 233 + 377
/// assert_eq!((summary.digits, summary.leading.as_str()), (3, "898"));
/// ```
#[must_use]
pub fn summary_of_sum(from: u64, count: u64) -> Summary {
    if count == 0 {
        return Summary::of_digits("0");
    }
    let first = u128::from(from) + 1;
    let end = first + u128::from(count);
    // The lower bound is never negative. If the sum is F(0) = 0, both terms are 1 and their bounds
    // are exact. Else the sum is at least a third of F(end), and the bounds are far closer than
    // that.
    let bounds =
        |precision| Interval::of_term(end, precision).minus(&Interval::of_term(first, precision));
    // Adding the modulus keeps the difference from being negative.
    let residue = (residue(end) + modulus() - residue(first)) % modulus();
    summary_of(bounds, &residue)
}

/// Returns the summary of a number with the given residue modulo 10⁵⁰. `bounds` returns bounds on
/// the number for a precision, which is doubled until they agree on the first digits.
fn summary_of(bounds: impl Fn(usize) -> Interval, residue: &BigUint) -> Summary {
    let mut precision = FIRST_PRECISION;
    let (digits, leading) = loop {
        if let Some(leading) = bounds(precision).leading_digits(END_DIGITS.into()) {
            break leading;
        }
        precision *= 2;
    };
    let width = leading.len();
    Summary { digits, trailing: format!("{:0>width$}", residue.to_string()), leading }
}

/// 10⁵⁰.
fn modulus() -> BigUint {
    BigUint::from(10_u32).pow(END_DIGITS.into())
}

/// Returns F(`index`) modulo 10⁵⁰, by fast doubling.
fn residue(index: u128) -> BigUint {
    let modulus = modulus();
    let (mut term, mut next) = (BigUint::ZERO, BigUint::ONE);
    for bit in (0..u128::BITS - index.leading_zeros()).rev() {
        // Adding the modulus keeps the difference from being negative.
        let even = &term * (2_u32 * &next + &modulus - &term) % &modulus;
        let odd = (&term * &term + &next * &next) % &modulus;
        (term, next) = if index >> bit & 1 == 0 {
            (even, odd)
        } else {
            let after = even + &odd;
            (odd, after)
        };
    }
    term
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::sequence::nth;

    #[test]
    fn the_precision_is_doubled_until_the_bounds_agree() {
        let precisions = RefCell::new(Vec::new());
        let bounds = |precision| {
            precisions.borrow_mut().push(precision);
            // Too few digits of F(1 000), which has 209, at first.
            Interval::of_term(1_000, precision / 8)
        };
        let expected = Summary::of_digits(&nth(1_000).to_string());
        assert_eq!(summary_of(bounds, &residue(1_000)), expected);
        assert_eq!(precisions.into_inner(), [100, 200, 400, 800]);
    }
}

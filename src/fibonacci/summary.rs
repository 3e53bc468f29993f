//! What can be said of a number that is too long to compute: how many digits it has, and its two ends.

use std::cmp::Ordering;

use num_bigint::BigUint;

use super::interval::Interval;

/// How many digits of each end a [`Summary`] has.
pub const END_DIGITS: u8 = 50;

/// The digits that the first try keeps of each number: every doubling multiplies what they are off in
/// proportion by less than 2.4, so by 2.4⁶⁵ < 10²⁵ in all, which takes twenty-five of them away.
const FIRST_PRECISION: usize = 100;

/// One, in units of the last of the nine decimals of a [`Scientific`].
const ONE: u64 = 1_000_000_000;

/// The length and the ends of a number, all exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many digits the number has.
    pub digits: u64,
    /// Its first 50 digits, or all where it has fewer.
    pub leading: String,
    /// Its last 50 digits, or all where it has fewer.
    pub trailing: String,
}

impl Summary {
    /// The summary of the number whose decimal digits these are: at least one.
    ///
    /// ```
    /// # use fibonacci_web::fibonacci::{Summary, nth_digits, summary};
    /// assert_eq!(Summary::of_digits(&nth_digits(1_000).text), summary(1_000));
    /// ```
    #[must_use]
    pub fn of_digits(digits: &str) -> Self {
        let end = usize::from(END_DIGITS);
        Self {
            digits: digits.len() as u64,
            leading: digits.chars().take(end).collect(),
            trailing: digits
                .chars()
                .skip(digits.len().saturating_sub(end))
                .collect(),
        }
    }

    /// The term to ten significant digits, correctly rounded, ties to even.
    ///
    /// For the summary of a term: of another number with more than fifty digits, the first fifty may
    /// not show which way a tie goes.
    ///
    /// ```
    /// # use fibonacci_web::fibonacci::{Scientific, summary};
    /// let Scientific { mantissa, exponent } = summary(100).scientific();
    /// assert_eq!((mantissa.as_str(), exponent), ("3.542248482", 20));
    /// // F(50) is a tie: 12 586 269 025.
    /// assert_eq!(summary(50).scientific().mantissa, "1.258626902");
    /// ```
    #[must_use]
    pub fn scientific(&self) -> Scientific {
        let (kept, cut) = self.leading.split_at(self.leading.len().min(10));
        let kept = format!("{kept:0<10}");
        let kept = kept
            .bytes()
            .fold(0, |number, digit| 10 * number + u64::from(digit - b'0'));
        let up = match cut.trim_end_matches('0').cmp("5") {
            Ordering::Less => false,
            // What is cut off is 5 and zeros, as far as it is known. Of a term F(n) with d > 50 digits
            // more is to come. Were it all zeros, 10^(d-11) would divide F(n). But five divides F(n) just
            // as often as n (T. Lengyel, *The order of the Fibonacci and Lucas numbers*, 1995), so that
            // 5^(d-11) ≤ n < 5d, which no d > 50 satisfies.
            Ordering::Equal => self.digits > END_DIGITS.into() || kept % 2 == 1,
            Ordering::Greater => true,
        };
        let (rounded, carry) = match kept + u64::from(up) {
            rounded if rounded == 10 * ONE => (ONE, 1),
            rounded => (rounded, 0),
        };
        Scientific {
            mantissa: format!("{}.{:09}", rounded / ONE, rounded % ONE),
            exponent: self.digits - 1 + carry,
        }
    }
}

/// A number to ten significant digits: `mantissa` × 10^`exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scientific {
    /// A digit, a point and nine more digits.
    pub mantissa: String,
    /// 0 for the number 0.
    pub exponent: u64,
}

/// The length and the ends of F(`index`).
///
/// Any index, in a fraction of a millisecond: 64 doublings of numbers of a hundred digits.
///
/// ```
/// # use fibonacci_web::fibonacci::summary;
/// let summary = summary(1_000);
/// assert_eq!(summary.digits, 209);
/// assert!(summary.leading.starts_with("43466557686937456435688527675040625802564660517371"));
/// assert!(summary.trailing.ends_with("76137795166849228875"));
/// ```
#[must_use]
pub fn summary(index: u64) -> Summary {
    let index = index.into();
    summary_of(
        |precision| Interval::of_term(index, precision),
        &trailing(index),
    )
}

/// The length and the ends of the sum of the `count` terms from F(`from`) on.
///
/// Any window, in a fraction of a millisecond: F(k) = F(k+2) - F(k+1), so that the sum is
/// F(`from` + `count` + 1) - F(`from` + 1), whose two terms are no more computed than those of
/// [`summary()`].
///
/// ```
/// # use fibonacci_web::fibonacci::summary_of_sum;
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
    // The terms are equal, and exact, only where the sum is F(0); else it is at least a third of
    // F(end), which the bounds are far closer to.
    let bounds =
        |precision| Interval::of_term(end, precision).minus(&Interval::of_term(first, precision));
    // The modulus keeps the difference from going below zero.
    let trailing = (trailing(end) + modulus() - trailing(first)) % modulus();
    summary_of(bounds, &trailing)
}

/// The summary of a number that is `trailing` modulo 10⁵⁰, and for each precision has these bounds.
fn summary_of(bounds: impl Fn(usize) -> Interval, trailing: &BigUint) -> Summary {
    let mut precision = FIRST_PRECISION;
    let (digits, leading) = loop {
        if let Some(settled) = bounds(precision).leading(END_DIGITS.into()) {
            break settled;
        }
        precision *= 2;
    };
    let width = leading.len();
    Summary {
        digits,
        trailing: format!("{:0>width$}", trailing.to_string()),
        leading,
    }
}

/// 10⁵⁰.
fn modulus() -> BigUint {
    BigUint::from(10_u32).pow(END_DIGITS.into())
}

/// F(`index`) modulo 10⁵⁰.
fn trailing(index: u128) -> BigUint {
    let modulus = modulus();
    let (mut term, mut next) = (BigUint::ZERO, BigUint::ONE);
    for bit in (0..u128::BITS - index.leading_zeros()).rev() {
        // The modulus keeps the difference from going below zero.
        let even = &term * (2_u32 * &next + &modulus - &term) % &modulus;
        let odd = (&term * &term + &next * &next) % &modulus;
        (term, next) = if index >> bit & 1 == 0 {
            (even, odd)
        } else {
            let after = (even + &odd) % &modulus;
            (odd, after)
        };
    }
    term
}

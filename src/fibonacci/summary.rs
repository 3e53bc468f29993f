//! What can be said of a term that is too long to compute: how many digits it has, and its two ends.

use num_bigint::BigUint;

/// How many digits of each end a [`Summary`] has.
pub const END_DIGITS: u8 = 50;

/// The digits that the first try keeps of each number: every doubling multiplies what they are off in
/// proportion by less than 2.4, so by 2.4⁶⁴ < 10²⁵ in all, which takes twenty-five of them away.
const FIRST_PRECISION: usize = 100;

/// The length and the ends of a term, all exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many digits the term has.
    pub digits: u64,
    /// Its first 50 digits, or all where it has fewer.
    pub leading: String,
    /// Its last 50 digits, or all where it has fewer.
    pub trailing: String,
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
    let mut precision = FIRST_PRECISION;
    let (digits, leading) = loop {
        if let Some(settled) = leading(index, precision) {
            break settled;
        }
        precision *= 2;
    };
    let width = leading.len();
    Summary {
        digits,
        trailing: format!("{:0>width$}", trailing(index).to_string()),
        leading,
    }
}

/// Bounds of a number, in units of a power of ten that is kept elsewhere.
struct Interval {
    low: BigUint,
    high: BigUint,
}

impl Interval {
    fn exactly(number: BigUint) -> Self {
        Self {
            low: number.clone(),
            high: number,
        }
    }

    /// The bounds in units of 10^`places` times as much.
    fn coarser(&self, places: u32) -> Self {
        let unit = BigUint::from(10_u32).pow(places);
        Self {
            low: &self.low / &unit,
            high: &self.high / &unit + 1_u32,
        }
    }
}

/// How many digits F(`index`) has, and the first of them, if working with `precision` digits settles
/// both.
///
/// Fast doubling, each number known to lie between two bounds of `precision` digits or so: where a
/// product has more, the lower bound is cut and the upper one cut and raised. What both bounds have
/// in common at the end are the number's own digits.
fn leading(index: u64, precision: usize) -> Option<(u64, String)> {
    let mut term = Interval::exactly(BigUint::ZERO);
    let mut next = Interval::exactly(BigUint::ONE);
    // Both are in units of 10^places.
    let mut places = 0;
    for bit in (0..u64::BITS - index.leading_zeros()).rev() {
        // F(2k) = F(k) (2 F(k+1) - F(k)), each bound from the bounds that make it least or most.
        let even = Interval {
            low: &term.low * (2_u32 * &next.low - &term.high),
            high: &term.high * (2_u32 * &next.high - &term.low),
        };
        // F(2k+1) = F(k)² + F(k+1)²
        let odd = Interval {
            low: &term.low * &term.low + &next.low * &next.low,
            high: &term.high * &term.high + &next.high * &next.high,
        };
        (term, next) = if index >> bit & 1 == 0 {
            (even, odd)
        } else {
            let after = Interval {
                low: even.low + &odd.low,
                high: even.high + &odd.high,
            };
            (odd, after)
        };
        places *= 2;
        if let Some(excess) = excess_digits(&next.high, precision) {
            places += u64::from(excess);
            term = term.coarser(excess);
            next = next.coarser(excess);
        }
    }
    let (low, high) = (term.low.to_string(), term.high.to_string());
    let end = usize::from(END_DIGITS).min(low.len());
    let settled = low.len() == high.len() && low[..end] == high[..end];
    settled.then(|| (low.len() as u64 + places, low[..end].to_owned()))
}

/// About how many digits the number has over `precision`; never more than it has.
fn excess_digits(number: &BigUint, precision: usize) -> Option<u32> {
    // log₁₀ 2 is a little more than 3/10.
    let digits = number.bits() * 3 / 10;
    let excess = digits.checked_sub(precision as u64)?;
    u32::try_from(excess).ok().filter(|excess| *excess > 0)
}

/// F(`index`) modulo 10⁵⁰.
fn trailing(index: u64) -> BigUint {
    let modulus = BigUint::from(10_u32).pow(END_DIGITS.into());
    let (mut term, mut next) = (BigUint::ZERO, BigUint::ONE);
    for bit in (0..u64::BITS - index.leading_zeros()).rev() {
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

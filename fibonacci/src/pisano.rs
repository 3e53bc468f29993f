//! The period of the sequence modulo a number.

use std::num::NonZeroU64;

use crate::factors::{factorize, gcd};
use crate::modular;

/// Returns the Pisano period of `modulus`: the least t > 0 for which F(n + t) and F(n) have the same
/// remainder for every n.
///
/// The period of 1 is 1. Others are at most six times the modulus, which is why the result has 128
/// bits (P. Freyd and K. S. Brown, *Solution to problem E3410*, American Mathematical Monthly 99,
/// 1992).
///
/// # Method
///
/// D. D. Wall, *Fibonacci series modulo m* (American Mathematical Monthly 67, 1960):
///
/// - The period of a number is the least common multiple of the periods of the prime powers that it
///   is the product of (theorem 2).
/// - The period of a prime p divides p - 1 if p is 1 or 9 modulo 10, and 2p + 2 if p is 3 or 7
///   (theorems 6 and 7); those of 2 and 5 are 3 and 20. It is the least divisor of that number after
///   which 0, 1 appear again.
/// - The period of pᵏ is the product of that of p and a divisor of pᵏ⁻¹ (theorem 5). For no known
///   prime is it less than pᵏ⁻¹, but there is no proof. So smaller divisors are tried.
///
/// # Cost
///
/// O(m^(1/4)) for a modulus m, from the factorization of m and of the numbers p ± 1: at most a few
/// milliseconds, and a millisecond for the product of two primes near 2^32.
///
/// ```
/// # use std::num::NonZeroU64;
/// # use fibonacci::pisano_period;
/// let period = |modulus| pisano_period(NonZeroU64::new(modulus).expect("not zero"));
/// assert_eq!(period(2), 3); // 0, 1, 1, 0, 1, 1, …
/// assert_eq!(period(10), 60); // the last digits
/// assert_eq!(period(10_u64.pow(19)), 15_000_000_000_000_000_000); // the last 19 digits
/// ```
#[must_use]
pub fn pisano_period(modulus: NonZeroU64) -> u128 {
    let periods = factorize(modulus).into_iter().map(|(prime, power)| of_power(prime, power));
    periods.fold(1, |total, period| total / gcd(total, period) * period)
}

/// Returns the period of `prime` to the power of `exponent`, which must be less than 2^64.
fn of_power(prime: u64, exponent: u32) -> u128 {
    let modulus = prime.pow(exponent);
    let mut period = of_prime(prime) * u128::from(prime).pow(exponent - 1);
    for _ in 1..exponent {
        let shorter = period / u128::from(prime);
        if !is_multiple_of_period(shorter, modulus) {
            break;
        }
        period = shorter;
    }
    period
}

/// Returns the period of a prime.
fn of_prime(prime: u64) -> u128 {
    let (base, twos) = match prime % 10 {
        1 | 9 => (prime - 1, 0),
        // The largest prime below 2^64 is 2^64 - 59.
        3 | 7 => (prime + 1, 1),
        2 => return 3,
        _ => return 20,
    };
    let factors = NonZeroU64::new(base).map(factorize).unwrap_or_default();
    let mut period = u128::from(base) << twos;
    for divisor in factors.into_iter().map(|(prime, _)| u128::from(prime)) {
        while period.is_multiple_of(divisor) && is_multiple_of_period(period / divisor, prime) {
            period /= divisor;
        }
    }
    period
}

/// Returns whether the terms after F(`index`) are those after F(0).
fn is_multiple_of_period(index: u128, modulus: u64) -> bool {
    let bits = (0..u128::BITS - index.leading_zeros()).rev().map(|bit| index >> bit & 1 == 1);
    modular::pair(bits, modulus) == (0, 1 % modulus)
}

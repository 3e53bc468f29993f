//! The remainder of a term divided by a small number, for an index of any size.

use std::num::NonZeroU64;

use num_bigint::BigUint;

use crate::modular;

/// Returns F(n) modulo `modulus`, for the n with these decimal digits.
///
/// The result is less than the modulus; modulo 1, it is 0. For an index below 2^64, it is the same
/// as `nth(index) % modulus`.
///
/// # Cost
///
/// O(d²) for d digits, from their conversion to binary; then two multiplications and divisions of
/// machine words for each bit. An index of 10 000 digits takes about a millisecond. The method is
/// fast doubling, for which [`nth`](crate::nth) names the source, with one product less for each
/// bit.
///
/// # Panics
///
/// Panics if `index` is not a decimal number. ASCII digits, at least one, never panic.
///
/// ```
/// # use std::num::NonZeroU64;
/// # use fibonacci::nth_mod;
/// let hundred = NonZeroU64::new(100).expect("not zero");
/// assert_eq!(nth_mod("100", hundred), 75); // 354 224 848 179 261 915 075
/// assert_eq!(nth_mod("1000000000000000000000000000000", hundred), 75);
/// ```
#[must_use]
pub fn nth_mod(index: &str, modulus: NonZeroU64) -> u64 {
    of_index(&parse(index), modulus)
}

/// Returns F(-n) modulo `modulus`, for the n with these decimal digits, which have no sign.
///
/// The result is not negative, and less than the modulus. By the recurrence, F(-n) is (-1)ⁿ⁺¹ F(n):
/// F(-1) = F(1) - F(0) = 1, F(-2) = F(0) - F(-1) = -1, and so on.
///
/// # Cost
///
/// The same as that of [`nth_mod()`].
///
/// # Panics
///
/// Panics if `index` is not a decimal number. ASCII digits, at least one, never panic.
///
/// ```
/// # use std::num::NonZeroU64;
/// # use fibonacci::nth_mod_of_negative;
/// let hundred = NonZeroU64::new(100).expect("not zero");
/// assert_eq!(nth_mod_of_negative("7", hundred), 13);
/// assert_eq!(nth_mod_of_negative("8", hundred), 79); // F(-8) = -21
/// ```
#[must_use]
pub fn nth_mod_of_negative(index: &str, modulus: NonZeroU64) -> u64 {
    let index = parse(index);
    let term = of_index(&index, modulus);
    if index.bit(0) { term } else { modular::difference(0, term, modulus.get()) }
}

fn parse(index: &str) -> BigUint {
    index.parse().expect("decimal digits")
}

fn of_index(index: &BigUint, modulus: NonZeroU64) -> u64 {
    let bits = (0..index.bits()).rev().map(|bit| index.bit(bit));
    modular::pair(bits, modulus.get()).0
}

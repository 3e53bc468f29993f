//! Which terms are prime.

use crate::factors::is_prime;

/// The last index up to which it is known of every term whether it is prime.
const KNOWN_TO: u64 = 50_000;

/// The indices up to [`KNOWN_TO`] of prime terms (OEIS A001605).
///
/// H. Dubner and W. Keller, *New Fibonacci and Lucas primes* (Mathematics of Computation 68, 1999),
/// section 1, state that no other term up to F(50 000) is a prime or a probable prime, and that
/// those up to F(9 311) are proved to be prime. C. K. Caldwell's *The Top Twenty: Fibonacci number*
/// (The Prime Pages) lists the proofs for F(9 677), by elliptic curves, in 2000; F(14 431),
/// F(25 561), F(30 757) and F(35 999), in 2001; and F(37 511), in 2005.
const PRIME_INDICES: [u64; 31] = [
    3, 4, 5, 7, 11, 13, 17, 23, 29, 43, 47, 83, 131, 137, 359, 431, 433, 449, 509, 569, 571, 2_971,
    4_723, 5_387, 9_311, 9_677, 14_431, 25_561, 30_757, 35_999, 37_511,
];

/// Returns whether F(`index`) is prime, or `None` if this crate does not know.
///
/// It knows for every index up to 50 000, from published proofs, and for every composite index:
/// except for F(4) = 3, such a term is composite, because F(d) divides F(n) for each divisor d of n,
/// and is neither 1 nor F(n) for 2 < d < n. It does not know for a prime index beyond 50 000,
/// although some such terms are proved to be prime, such as F(81 839).
///
/// # Cost
///
/// A few microseconds: a search in a table, or a test of whether the index is prime.
///
/// ```
/// # use fibonacci::term_is_prime;
/// assert_eq!(term_is_prime(83), Some(true)); // 99 194 853 094 755 497
/// assert_eq!(term_is_prime(19), Some(false)); // 4 181 = 37 · 113
/// assert_eq!(term_is_prime(1_000_000), Some(false));
/// assert_eq!(term_is_prime(1_000_003), None);
/// ```
#[must_use]
pub fn term_is_prime(index: u64) -> Option<bool> {
    if index <= KNOWN_TO {
        return Some(PRIME_INDICES.binary_search(&index).is_ok());
    }
    if is_prime(index) { None } else { Some(false) }
}

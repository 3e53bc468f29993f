//! The terms that divide a term.

use std::num::NonZeroU64;

use crate::factors::factorize;

/// The result of [`divisor_indices`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DivisorIndices {
    /// The smallest of the divisors, in ascending order: as many as requested, or all if there are
    /// fewer.
    pub smallest: Vec<u64>,
    /// The number of all these divisors.
    pub count: u64,
}

/// Returns the divisors d of `index` with 2 < d < `index`: the `limit` smallest ones, and how many
/// there are.
///
/// These are the indices for which F(d) divides F(n) for n = `index`, leaving out n itself, and
/// F(1) and F(2), which are 1. For F(d) > 1, F(d) divides F(n) exactly if d divides n (D. E. Knuth,
/// *The Art of Computer Programming*, volume 1, section 1.2.8, which proves that the greatest common
/// divisor of two terms is the term at that of their indices).
///
/// # Cost
///
/// The factorization of n, in O(n^(1/4)): at most a few milliseconds. Memory is O(`limit`). An index
/// below 2^64 has at most 184 320 divisors (OEIS A002182, A002183).
///
/// ```
/// # use std::num::NonZeroU64;
/// # use fibonacci::divisor_indices;
/// let divisors = divisor_indices(NonZeroU64::new(60).expect("not zero"), 4);
/// assert_eq!(divisors.smallest, [3, 4, 5, 6]); // 2, 3, 5 and 8 divide F(60)
/// assert_eq!(divisors.count, 9); // and 10, 12, 15, 20, 30
/// ```
#[must_use]
pub fn divisor_indices(index: NonZeroU64, limit: usize) -> DivisorIndices {
    let factors = factorize(index);
    let index = index.get();
    // The divisors 1, 2 and `index` are left out, of which some may be equal.
    let omitted = match index {
        1 | 2 => index,
        _ if index.is_multiple_of(2) => 3,
        _ => 2,
    };
    let all: u64 = factors.iter().map(|(_, exponent)| u64::from(exponent + 1)).product();
    // 1 and 2 may be before those that are returned.
    let kept = limit.saturating_add(2);
    let mut smallest = vec![1];
    for (prime, exponent) in factors {
        // If d is one of the smallest divisors of a multiple, d without this prime is one of the
        // smallest of the number: so the others are not needed.
        let powers: Vec<u64> = (0..=exponent).map(|exponent| prime.pow(exponent)).collect();
        let divisors =
            smallest.iter().flat_map(|divisor| powers.iter().map(move |power| divisor * power));
        smallest = divisors.collect();
        smallest.sort_unstable();
        smallest.truncate(kept);
    }
    smallest.retain(|divisor| 2 < *divisor && *divisor < index);
    smallest.truncate(limit);
    DivisorIndices { smallest, count: all - omitted }
}

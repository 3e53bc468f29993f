//! Reverse lookup: from a number to its index in the sequence.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use crate::length;
use crate::list::DecimalFibonacci;

/// The result of [`find_index`]: the indices of a number, or the terms next to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The number is a term with these indices: 1 and 2 for the number 1, one index for any other.
    Term(RangeInclusive<u64>),
    /// The number is not a term. It is between two consecutive terms, each given as its index and
    /// its decimal digits.
    Between {
        /// The greatest term that is less than the number.
        below: (u64, String),
        /// The least term that is greater than the number.
        above: (u64, String),
    },
}

impl Lookup {
    /// Returns how many of the terms F(0), F(1), F(2), … are not greater than the number. F(1) and
    /// F(2), which are equal, count as two. O(1).
    ///
    /// ```
    /// # use fibonacci::find_index;
    /// assert_eq!(find_index("1000").lookup.terms_up_to(), 17); // F(0) to F(16) = 987
    /// assert_eq!(find_index("0").lookup.terms_up_to(), 1);
    /// assert_eq!(find_index("1").lookup.terms_up_to(), 3);
    /// ```
    #[must_use]
    pub const fn terms_up_to(&self) -> u64 {
        match self {
            Self::Term(indices) => *indices.end() + 1,
            Self::Between { above: (index, _), .. } => *index,
        }
    }
}

/// A [`Lookup`], and whether a term had to be computed again for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexLookup {
    /// The indices of the number, or the terms next to it.
    pub lookup: Lookup,
    /// Whether a term that the number was compared with had to be computed again: see
    /// [`NthDigits::recomputed`](crate::NthDigits::recomputed). The result is exact in either case.
    pub recomputed: bool,
}

/// Returns the index of the number with these decimal digits, or the terms that it is between.
///
/// `digits` must be ASCII digits, at least one, without leading zeros except for `0` itself. The
/// function does not validate this: the result for any other text is meaningless.
///
/// The result is exact. The digits are not converted to an integer; they are compared with the
/// digits of the terms of the same length, of which there are at most five.
///
/// # Cost
///
/// O(d log d) for d digits: two terms of that length, computed by
/// [`nth_digits`](crate::nth_digits()), and up to five additions.
///
/// ```
/// # use fibonacci::{Lookup, find_index};
/// assert_eq!(find_index("144").lookup, Lookup::Term(12..=12));
/// assert_eq!(find_index("1").lookup, Lookup::Term(1..=2));
/// let (below, above) = ((12, "144".to_owned()), (13, "233".to_owned()));
/// assert_eq!(find_index("150").lookup, Lookup::Between { below, above });
/// ```
#[must_use]
pub fn find_index(digits: &str) -> IndexLookup {
    // The last term with fewer digits, which is less than the number; or F(0), the least term.
    let start = first_index_with_digits(digits.len() as u64).saturating_sub(1);
    let terms = DecimalFibonacci::starting_at(start);
    IndexLookup { recomputed: terms.was_recomputed(), lookup: search(digits, start, terms) }
}

/// Compares the number with `terms`, which start at F(`index`). F(`index`) must not be greater than
/// the number.
fn search(digits: &str, mut index: u64, mut terms: DecimalFibonacci) -> Lookup {
    let mut below = terms.term().to_string();
    // Invariant: `below` is F(`index`), and is not greater than the number.
    loop {
        if digits == below {
            let last = if index == 1 { 2 } else { index };
            return Lookup::Term(index..=last);
        }
        terms.advance();
        let above = terms.term().to_string();
        if compare(digits, &above).is_lt() {
            return Lookup::Between { below: (index, below), above: (index + 1, above) };
        }
        (index, below) = (index + 1, above);
    }
}

/// Returns the index of the first term with at least `digits` digits.
pub(crate) fn first_index_with_digits(digits: u64) -> u64 {
    // F(5d) has at least d digits: F(5) has one, and five indices later, a term is more than ten
    // times as large.
    let (mut first, mut end) = (0, 5 * digits);
    while first < end {
        let middle = first.midpoint(end);
        if length::digits(middle) < digits {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    first
}

/// Compares two numbers by their decimal digits.
fn compare(one: &str, other: &str) -> Ordering {
    (one.len().cmp(&other.len())).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Fibonacci;

    #[test]
    fn a_search_starts_at_the_first_term_of_each_length() {
        let mut digits = 0;
        for (index, term) in (0..3_000).zip(Fibonacci::new()) {
            let length = term.to_string().len() as u64;
            if length > digits {
                digits = length;
                assert_eq!(first_index_with_digits(digits), index, "{digits} digits");
            }
        }
    }
}

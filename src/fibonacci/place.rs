//! Where a number stands in the sequence.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use super::{DecimalFibonacci, length};

/// Where a natural number stands in the sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is the terms with these indices: two for 1, one for any other.
    Term(RangeInclusive<u64>),
    /// It is between two neighbouring terms, given as index and digits.
    Gap {
        /// The last term that is less.
        below: (u64, String),
        /// The first term that is greater.
        above: (u64, String),
    },
}

/// A place, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Where the number stands.
    pub place: Place,
    /// Whether a term that it was compared with failed its check and was computed again the slow way:
    /// see [`NthDigits::recomputed`](super::NthDigits::recomputed).
    pub recomputed: bool,
}

/// Where the number with these decimal digits stands: at least one digit, no leading zeros but in `0`
/// itself.
///
/// Exact, and the digits are not converted: they are compared with those of the terms that have as
/// many. Costs what two terms of that length cost to compute in decimal, O(n log n) for n digits, and
/// five additions.
///
/// ```
/// # use fibonacci_web::fibonacci::{Place, locate};
/// assert_eq!(locate("144").place, Place::Term(12..=12));
/// assert_eq!(locate("1").place, Place::Term(1..=2));
/// let (below, above) = ((12, "144".to_owned()), (13, "233".to_owned()));
/// assert_eq!(locate("150").place, Place::Gap { below, above });
/// ```
#[must_use]
pub fn locate(digits: &str) -> Located {
    // The last term with fewer digits, which is less; or F(0), which nothing is less than.
    let start = first_of_length(digits.len() as u64).saturating_sub(1);
    let terms = DecimalFibonacci::starting_at(start);
    Located {
        recomputed: terms.was_recomputed(),
        place: place_among(digits, start, terms),
    }
}

/// Where the number stands among terms of which the first, F(`index`), is not greater.
fn place_among(digits: &str, mut index: u64, mut terms: DecimalFibonacci) -> Place {
    let mut below = terms.term().to_string();
    // The number is never less than the term `below`.
    loop {
        if digits == below {
            let last = if index == 1 { 2 } else { index };
            return Place::Term(index..=last);
        }
        terms.advance();
        let above = terms.term().to_string();
        if by_value(digits, &above).is_lt() {
            return Place::Gap {
                below: (index, below),
                above: (index + 1, above),
            };
        }
        (index, below) = (index + 1, above);
    }
}

/// The index of the first term with `digits` digits or more.
fn first_of_length(digits: u64) -> u64 {
    // F(5d + 2) has more than d digits: five terms on, a number is more than ten times as large.
    let (mut first, mut end) = (0, 5 * digits + 2);
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

/// The order of two numbers, given their digits.
fn by_value(one: &str, other: &str) -> Ordering {
    (one.len().cmp(&other.len())).then_with(|| one.cmp(other))
}

//! Numbers as sums of terms.

use num_bigint::BigUint;

use crate::find_index::first_index_with_digits;
use crate::sequence::Fibonacci;

/// Returns the Zeckendorf representation of the number with these decimal digits: the indices of the
/// terms that it is the sum of, in descending order.
///
/// Every natural number is the sum of terms from F(2) on of which no two are neighbours, in exactly
/// one way (C. G. Lekkerkerker, *Voorstelling van natuurlijke getallen door een som van getallen van
/// Fibonacci*, Simon Stevin 29, 1952; E. Zeckendorf, *Représentation des nombres naturels par une
/// somme de nombres de Fibonacci ou de nombres de Lucas*, Bulletin de la Société Royale des Sciences
/// de Liège 41, 1972). The sum for 0 is empty.
///
/// The greatest term that is not greater than the number is always part of the sum, and the rest is
/// less than the term before it. So this subtracts the greatest term as often as possible:
///
/// ```
/// # use fibonacci::{nth, zeckendorf};
/// assert_eq!(zeckendorf("100"), [11, 6, 4]); // 89 + 8 + 3
/// assert_eq!(zeckendorf("0"), []);
/// ```
///
/// # Cost
///
/// O(d²) for d digits, from about 4.8 d subtractions; about ten milliseconds for 10 000 digits. The
/// result has 1.3 d indices on average, and at most 2.4 d + 1.
///
/// # Panics
///
/// Panics if `digits` is not a decimal number. ASCII digits, at least one, never panic.
#[must_use]
pub fn zeckendorf(digits: &str) -> Vec<u64> {
    let mut rest: BigUint = digits.parse().expect("decimal digits");
    // The first term with more digits, which is greater than the number.
    let mut index = first_index_with_digits(digits.len() as u64 + 1);
    let Fibonacci { mut term, next } = Fibonacci::starting_at(index);
    // F(n-1) = F(n+1) - F(n)
    let mut before = next - &term;
    let mut indices = Vec::new();
    // Invariant: `rest` is less than F(`index` + 1).
    while rest != BigUint::ZERO {
        if rest >= term {
            rest -= &term;
            indices.push(index);
        }
        term -= &before;
        std::mem::swap(&mut term, &mut before);
        index -= 1;
    }
    indices
}

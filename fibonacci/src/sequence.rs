//! The definition of the sequence, as an iterator over `BigUint`s.

use std::iter::FusedIterator;
use std::mem;

use num_bigint::BigUint;

use crate::doubling;

/// An endless iterator over F(0) = 0, F(1) = 1, F(2) = 1, …, or over the terms from any index on.
///
/// Every term is exact. The iterator never returns `None`; only memory limits it. It returns the
/// same terms as this code:
///
/// ```
/// # use fibonacci::Fibonacci;
/// # use num_bigint::BigUint;
/// let mut pair = (BigUint::ZERO, BigUint::ONE);
/// for term in Fibonacci::new().take(500) {
///     assert_eq!(term, pair.0);
///     pair = (pair.1.clone(), pair.0 + pair.1);
/// }
/// ```
///
/// # Cost
///
/// F(n) has about 0.694 n bits. A step is one addition, O(n), which allocates only when one of the
/// two buffers has to grow; n steps from F(0) are O(n²). [`next`](Iterator::next) also returns a
/// copy of the term. [`term`](Self::term) and [`advance`](Self::advance) avoid the copy:
///
/// ```
/// # use fibonacci::Fibonacci;
/// let mut terms = Fibonacci::new();
/// while terms.term().bits() <= 64 {
///     terms.advance();
/// }
/// assert_eq!(terms.term().to_string(), "19740274219868223167"); // F(94), the first over 64 bits
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fibonacci {
    pub(crate) term: BigUint,
    pub(crate) next: BigUint,
}

impl Fibonacci {
    /// Returns the sequence from F(0) = 0 on.
    #[must_use]
    pub const fn new() -> Self {
        Self { term: BigUint::ZERO, next: BigUint::ONE }
    }

    /// Returns the sequence from F(`index`) on, without computing the terms before it.
    ///
    /// # Cost
    ///
    /// O(M(n)) for n = `index`, where M(n) is the cost of a product of n-bit numbers. Fast doubling
    /// needs O(log n) products, and the last ones cost as much as all the others together.
    ///
    /// ```
    /// # use fibonacci::Fibonacci;
    /// let skipped = Fibonacci::new().skip(1000);
    /// assert!(Fibonacci::starting_at(1000).zip(skipped).take(10).all(|(a, b)| a == b));
    /// ```
    #[must_use]
    pub fn starting_at(index: u64) -> Self {
        let (term, next) = doubling::pair(index);
        Self { term, next }
    }

    /// Returns the current term, which is the one that [`next`](Iterator::next) would return.
    #[must_use]
    pub const fn term(&self) -> &BigUint {
        &self.term
    }

    /// Moves to the next term: one addition.
    pub fn advance(&mut self) {
        self.term += &self.next;
        mem::swap(&mut self.term, &mut self.next);
    }
}

impl Default for Fibonacci {
    fn default() -> Self {
        Self::new()
    }
}

impl Iterator for Fibonacci {
    type Item = BigUint;

    fn next(&mut self) -> Option<BigUint> {
        let term = self.term.clone();
        self.advance();
        Some(term)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl FusedIterator for Fibonacci {}

/// Returns F(`index`), by fast doubling.
///
/// # Cost
///
/// O(M(n)) for n = `index`, where M(n) is the cost of a product of n-bit numbers. To print the
/// result costs more than to compute it: for the digits, use [`nth_digits`](crate::nth_digits()).
///
/// ```
/// # use fibonacci::nth;
/// assert_eq!(nth(93).to_string(), "12200160415121876738"); // the last that fits in 64 bits
/// ```
#[must_use]
pub fn nth(index: u64) -> BigUint {
    Fibonacci::starting_at(index).term
}

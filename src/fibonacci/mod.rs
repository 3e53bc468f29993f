//! The mathematics: exact Fibonacci numbers of any size, and their decimal digits.
//!
//! F(0) = 0, F(1) = 1, F(n) = F(n-1) + F(n-2). [`Fibonacci`] is that definition as an iterator over
//! `BigUint`s; it starts at F(0), or at any index at once, so [`nth`] is its first term there. It is
//! plain, and what everything else here is tested against.
//!
//! What takes time is not to compute a term but to print it: a `BigUint` is binary, and converting it
//! to decimal costs more than all else. So what is to be read is computed in decimal from the start:
//!
//! | what | how |
//! |---|---|
//! | [`Decimal`] | a number whose memory is its text, and addition of such numbers |
//! | [`DecimalFibonacci`], [`ListText`] | the sequence by that addition, and its text in pieces |
//! | [`nth_digits()`] | one term, by doubling in a base that is a power of ten |
//! | [`summary()`], [`summary_of_sum`] | the length and the ends of a term or a sum too long for that |
//! | [`decimals_of_phi`] | how close two neighbouring terms come to the golden ratio |
//! | [`locate`] | where a number stands in the sequence, by comparing digits |
//! | [`length`] | how long results are, before a term of them is computed |
//!
//! Nothing here knows HTTP, pages, settings or logs.
//!
//! ```
//! use fibonacci_web::fibonacci::{Fibonacci, nth, nth_digits};
//!
//! let first_ten: Vec<String> = Fibonacci::new().take(10).map(|term| term.to_string()).collect();
//! assert_eq!(first_ten.join(" "), "0 1 1 2 3 5 8 13 21 34");
//! assert_eq!(nth(100).to_string(), "354224848179261915075");
//! assert_eq!(nth_digits(100).text, "354224848179261915075");
//! ```

mod check;
mod convolution;
mod decimal;
mod doubling;
mod interval;
pub mod length;
mod list;
mod nth_digits;
mod place;
mod ratio;
mod summary;

use std::iter::FusedIterator;
use std::mem;

use num_bigint::BigUint;

pub use self::decimal::Decimal;
pub use self::list::{DecimalFibonacci, Layout, ListText};
pub use self::nth_digits::{NthDigits, nth_digits};
pub use self::place::{Located, Place, locate};
pub use self::ratio::decimals_of_phi;
pub use self::summary::{END_DIGITS, Scientific, Summary, summary, summary_of_sum};

/// An endless iterator over F(0) = 0, F(1) = 1, F(2) = 1, …, or over the same terms from any index
/// on.
///
/// Every term is exact; the sequence ends only where memory does. It yields what this yields:
///
/// ```
/// # use fibonacci_web::fibonacci::Fibonacci;
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
/// F(n) has about 0.694 n bits. A step from it is one addition in place, O(n), and allocates nothing
/// once the two buffers have grown; n steps from F(0) are O(n²). [`next`](Iterator::next) also
/// copies the term it gives away, an allocation that [`term`](Self::term) and
/// [`advance`](Self::advance) avoid:
///
/// ```
/// # use fibonacci_web::fibonacci::Fibonacci;
/// let mut terms = Fibonacci::new();
/// while terms.term().bits() <= 64 {
///     terms.advance();
/// }
/// assert_eq!(terms.term().to_string(), "19740274219868223167"); // F(94), the first past 64 bits
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fibonacci {
    term: BigUint,
    next: BigUint,
}

impl Fibonacci {
    /// The sequence from F(0) = 0.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            term: BigUint::ZERO,
            next: BigUint::ONE,
        }
    }

    /// The sequence from F(`index`), without the terms before it.
    ///
    /// Fast doubling: O(log n) multiplications, of which the last is as dear as all the others
    /// together, so O(M(n)) for a multiplication of n-bit numbers.
    ///
    /// ```
    /// # use fibonacci_web::fibonacci::Fibonacci;
    /// let skipped = Fibonacci::new().skip(1000);
    /// assert!(Fibonacci::starting_at(1000).zip(skipped).take(10).all(|(a, b)| a == b));
    /// ```
    #[must_use]
    pub fn starting_at(index: u64) -> Self {
        let (term, next) = doubling::pair(index);
        Self { term, next }
    }

    /// The term that [`next`](Iterator::next) would give, without moving on.
    #[must_use]
    pub const fn term(&self) -> &BigUint {
        &self.term
    }

    /// Moves on by one term: one addition in place.
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

/// F(`index`), by fast doubling: O(M(n)) for a multiplication of n-bit numbers.
///
/// ```
/// # use fibonacci_web::fibonacci::nth;
/// assert_eq!(nth(93).to_string(), "12200160415121876738"); // the last that fits 64 bits
/// ```
#[must_use]
pub fn nth(index: u64) -> BigUint {
    Fibonacci::starting_at(index).term
}

/// The same cases in every run of a property: a failure is a change of the code.
#[cfg(test)]
fn test_cases(cases: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        cases,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(0x0011_2358_1321),
        ..Default::default()
    }
}

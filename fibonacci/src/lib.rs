//! Exact Fibonacci numbers of any size, and their decimal digits.
//!
//! The sequence is F(0) = 0, F(1) = 1, F(n) = F(n-1) + F(n-2). This crate computes single terms,
//! ranges of terms, and facts about terms that are far too long to compute.
//!
//! ```
//! use fibonacci::{Fibonacci, nth, nth_digits};
//!
//! let first_ten: Vec<String> = Fibonacci::new().take(10).map(|term| term.to_string()).collect();
//! assert_eq!(first_ten.join(" "), "0 1 1 2 3 5 8 13 21 34");
//! assert_eq!(nth(100).to_string(), "354224848179261915075");
//! assert_eq!(nth_digits(100).text, "354224848179261915075");
//! ```
//!
//! # Which function for which question
//!
//! | question | function |
//! |---|---|
//! | What are the terms, one after another? | [`Fibonacci`]; in decimal, [`DecimalFibonacci`] |
//! | What is F(n), as an integer? | [`nth`] |
//! | What are the digits of F(n)? | [`nth_digits()`] |
//! | What is the text of a list of terms, or of a part of it? | [`ListText`] |
//! | How does F(n) begin and end, if it is too long to compute? | [`summary()`] |
//! | How does the sum of a range of terms begin and end? | [`summary_of_sum`] |
//! | What is F(n) in scientific notation? | [`Summary::scientific`] |
//! | How many digits does F(n) have, or a range of terms? | [`length`] |
//! | Is this number a Fibonacci number, and which one? | [`find_index()`] |
//! | How many terms are not greater than this number? | [`Lookup::terms_up_to`] |
//! | Which terms is this number the sum of? | [`zeckendorf()`] |
//! | What is the remainder of F(n) divided by m, for n of any size? | [`nth_mod()`], [`nth_mod_of_negative`] |
//! | After how many terms do the remainders repeat? | [`pisano_period`] |
//! | Is F(n) prime? | [`term_is_prime`] |
//! | Which terms divide F(n)? | [`divisor_indices`] |
//! | Are these the digits of F(n), of any length? | [`check`] |
//! | How close is F(n)/F(n-1) to the golden ratio? | [`decimals_of_phi`] |
//!
//! # Guarantees
//!
//! - **Exact.** Every digit and every length is exact; only
//!   [`length::approximate_digits_of_terms`] is an estimate, as its name says.
//! - **Proved and checked.** [`nth_digits()`] multiplies large numbers in floating point, with a
//!   base for which the rounding error is proved to be less than 1/2. It still checks the digits
//!   modulo the prime 2^61 - 1 before it returns them. If the check fails, it computes the term
//!   again in a smaller base and sets [`NthDigits::recomputed`].
//! - **Safe.** The crate contains no `unsafe` code. It does no input or output.
//!
//! # Costs
//!
//! F(n) has about 0.694 n bits, or 0.209 n decimal digits. M(n) is the cost of a product of two
//! `BigUint`s of n bits, for large n O(n^1.46) (Toom-3).
//!
//! | operation | cost |
//! |---|---|
//! | the next term, from [`Fibonacci`], [`DecimalFibonacci`] or [`ListText`] | O(n), one addition |
//! | [`nth`] | O(M(n)) |
//! | [`nth_digits()`] | O(n log n) time and O(n) memory, up to about F(120 000 000) |
//! | [`summary()`], [`summary_of_sum`] | a fraction of a millisecond for any n |
//! | [`find_index()`] of a number of d digits | O(d log d) |
//! | [`zeckendorf()`] of a number of d digits | O(d²), about ten milliseconds for 10 000 digits |
//! | [`nth_mod()`] for an index of d digits | O(d²), about a millisecond for 10 000 digits |
//! | [`pisano_period`], [`divisor_indices`] | O(m^(1/4)) for a number m: at most a few milliseconds |
//! | [`length`], [`decimals_of_phi`] | a few multiplications of machine words |
//! | [`term_is_prime`], [`check::residue_of_term`] | a few microseconds |
//!
//! # Why there are two kinds of number
//!
//! Printing a Fibonacci number takes longer than computing it: a [`BigUint`] is binary, and the
//! conversion of F(1 000 000) to decimal takes 1.5 times as long as its computation. So the
//! functions that return text compute in decimal from the start. A [`Decimal`] stores its digits as
//! text and adds at least eight of them at a time. [`nth_digits()`] multiplies in a base that is a
//! power of ten.
//!
//! [`Fibonacci`] is the plain definition over [`BigUint`]. It is the oracle: the tests compare the
//! other functions with it.
//!
//! [`BigUint`]: num_bigint::BigUint

mod base;
pub mod check;
mod convolution;
mod decimal;
mod divisors;
mod doubling;
mod factors;
mod find_index;
mod interval;
pub mod length;
mod list;
mod modular;
mod nth_digits;
mod nth_mod;
mod pisano;
mod plans;
mod prime_terms;
mod ratio;
mod sequence;
mod summary;
mod workspaces;
mod zeckendorf;

pub use self::decimal::Decimal;
pub use self::divisors::{DivisorIndices, divisor_indices};
pub use self::find_index::{IndexLookup, Lookup, find_index};
pub use self::list::{DecimalFibonacci, Layout, ListText};
pub use self::nth_digits::{NthDigits, nth_digits, release_memory};
pub use self::nth_mod::{nth_mod, nth_mod_of_negative};
pub use self::pisano::pisano_period;
pub use self::prime_terms::term_is_prime;
pub use self::ratio::decimals_of_phi;
pub use self::sequence::{Fibonacci, nth};
pub use self::summary::{END_DIGITS, Scientific, Summary, summary, summary_of_sum};
pub use self::zeckendorf::zeckendorf;

/// Runs the examples of the README as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

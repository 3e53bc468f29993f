//! Tests of the public API against oracles that share no code with it.

mod decimal;
mod divisors;
mod find_index;
mod fuzz;
mod length;
mod list;
mod nth_mod;
mod pisano;
mod prime_terms;
mod ratio;
mod sequence;
mod summary;
mod support;
mod zeckendorf;

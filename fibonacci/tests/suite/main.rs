//! Tests of the public API against oracles that share no code with it.

mod decimal;
mod find_index;
mod fuzz;
mod length;
mod list;
mod nth_mod;
mod pisano;
mod ratio;
mod sequence;
mod summary;
mod support;

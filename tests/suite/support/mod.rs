//! What the tests share.

pub mod in_process;
pub mod service;

use proptest::test_runner::{Config, RngSeed};

/// The configuration of a property test with this number of cases, which are the same in every run.
pub fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x0011_2358_1321),
        ..Config::default()
    }
}

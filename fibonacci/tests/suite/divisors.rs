//! The terms that divide a term, against divisions.

use std::num::NonZeroU64;

use fibonacci::{DivisorIndices, Fibonacci, divisor_indices};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::cases;

fn divisors(index: u64, limit: usize) -> DivisorIndices {
    divisor_indices(NonZeroU64::new(index).expect("not zero"), limit)
}

/// The divisors, by division by every number up to the index.
fn expected(index: u64, limit: usize) -> DivisorIndices {
    let all: Vec<u64> = (3..index).filter(|divisor| index.is_multiple_of(*divisor)).collect();
    let count = all.len() as u64;
    DivisorIndices { smallest: all.into_iter().take(limit).collect(), count }
}

#[test]
fn every_small_index_has_the_divisors_that_division_finds() {
    for index in 1..2_000 {
        for limit in [0, 1, 2, 3, 5, 100, usize::MAX] {
            assert_eq!(divisors(index, limit), expected(index, limit), "{index}, {limit}");
        }
    }
}

#[test]
fn the_terms_at_these_indices_are_those_that_divide_the_term() {
    let terms: Vec<BigUint> = Fibonacci::new().take(300).collect();
    for index in 1..300 {
        let divides = |other: &u64| {
            let other = usize::try_from(*other).expect("a small index");
            &terms[index] % &terms[other] == BigUint::ZERO
        };
        let expected: Vec<u64> = (3..index as u64).filter(divides).collect();
        assert_eq!(divisors(index as u64, usize::MAX).smallest, expected, "F({index})");
    }
}

#[test]
fn the_index_with_the_most_divisors_has_as_many_as_are_known() {
    // The greatest highly composite number below 2^64 has 184 320 divisors: OEIS A002182, A002183.
    let index = 18_401_055_938_125_660_800;
    let few = divisors(index, 20);
    assert_eq!(few.count, 184_320 - 3);
    let all = divisors(index, usize::MAX);
    assert_eq!(all.smallest.len() as u64, all.count);
    assert_eq!(few.smallest, all.smallest[..20]);
    assert!(all.smallest.is_sorted_by(|one, next| one < next));
    assert!(all.smallest.iter().all(|divisor| index.is_multiple_of(*divisor)));
}

#[test]
fn a_prime_index_and_the_greatest_indices_have_the_divisors_of_their_factors() {
    let none = DivisorIndices { smallest: vec![], count: 0 };
    assert_eq!(divisors(u64::MAX - 58, 10), none);
    // 2^64 - 1 = 3 · 5 · 17 · 257 · 641 · 65 537 · 6 700 417
    let many = divisors(u64::MAX, 8);
    assert_eq!(many, DivisorIndices { smallest: vec![3, 5, 15, 17, 51, 85, 255, 257], count: 126 });
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_index_has_the_divisors_that_division_finds(index in 1..100_000_u64, limit in 0..20_usize) {
        prop_assert_eq!(divisors(index, limit), expected(index, limit));
    }
}

//! Which terms are prime, against a test of the terms.

use fibonacci::{Fibonacci, term_is_prime};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::cases;

/// Whether a number is a strong probable prime to these bases, of which none may divide it unless
/// they are equal. What is not is composite.
fn is_probable_prime(number: &BigUint) -> bool {
    let minus_one = match number.to_u64_digits().first() {
        Some(low) if number % 2_u32 == BigUint::ONE && (*low > 1 || number.bits() > 64) => {
            number - 1_u32
        }
        _ => return *number == BigUint::from(2_u32),
    };
    let twos = minus_one.trailing_zeros().expect("not zero");
    [2_u32, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37].map(BigUint::from).iter().all(|base| {
        if number % base == BigUint::ZERO {
            return number == base;
        }
        let mut power = base.modpow(&(&minus_one >> twos), number);
        let mut passes = power == BigUint::ONE || power == minus_one;
        for _ in 1..twos {
            power = &power * &power % number;
            passes |= power == minus_one;
        }
        passes
    })
}

#[test]
fn every_term_up_to_1_000_is_prime_if_it_passes_a_test() {
    for (index, term) in (0..=1_000).zip(Fibonacci::new()) {
        assert_eq!(term_is_prime(index), Some(is_probable_prime(&term)), "F({index})");
    }
}

#[test]
fn every_prime_term_but_one_has_a_prime_index() {
    let is_prime = |index: u64| (2..=index.isqrt()).all(|divisor| !index.is_multiple_of(divisor));
    let indices: Vec<u64> = (0..=50_000).filter(|n| term_is_prime(*n) == Some(true)).collect();
    assert_eq!(indices.len(), 31);
    assert!(indices.iter().all(|index| *index == 4 || is_prime(*index)));
    assert!((0..=50_000).all(|index| term_is_prime(index).is_some()));
}

#[test]
fn beyond_the_list_only_terms_with_a_composite_index_are_known() {
    assert_eq!(term_is_prime(50_001), Some(false)); // 3 · 7 · 2381
    assert_eq!(term_is_prime(50_021), None);
    assert_eq!(term_is_prime(81_839), None);
    assert_eq!(term_is_prime(u64::MAX), Some(false));
    assert_eq!(term_is_prime(u64::MAX - 58), None); // 2^64 - 59 is prime.
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn a_term_with_a_composite_index_is_composite(a in 2..=u32::MAX, b in 5..=u32::MAX) {
        prop_assert_eq!(term_is_prime(u64::from(a) * u64::from(b)), Some(false));
    }
}

//! Periods, against the first repetition of 0, 1.

use std::num::NonZeroU64;

use fibonacci::{nth_mod, pisano_period};
use proptest::prelude::*;

use crate::support::cases;

fn period(modulus: u64) -> u128 {
    pisano_period(NonZeroU64::new(modulus).expect("not zero"))
}

/// The period of a small modulus, by one addition after another.
fn period_by_addition(modulus: u64) -> u128 {
    let (mut term, mut next) = (0, 1 % modulus);
    for count in 1.. {
        (term, next) = (next, (term + next) % modulus);
        if (term, next) == (0, 1 % modulus) {
            return count;
        }
    }
    unreachable!("every period ends")
}

/// Whether 0, 1 appear after `index` terms.
fn repeats_after(index: u128, modulus: u64) -> bool {
    let modulus = NonZeroU64::new(modulus).expect("not zero");
    let term = |index: u128| nth_mod(&index.to_string(), modulus);
    (term(index), term(index + 1)) == (0, 1 % modulus)
}

/// The prime factors of a number, by trial division. Periods of two large primes have small ones.
fn prime_factors(mut number: u128) -> Vec<u128> {
    let mut primes = Vec::new();
    for divisor in 2.. {
        if divisor * divisor > number {
            break;
        }
        if number.is_multiple_of(divisor) {
            primes.push(divisor);
            while number.is_multiple_of(divisor) {
                number /= divisor;
            }
        }
    }
    primes.extend((number > 1).then_some(number));
    primes
}

/// Checks that the sequence repeats after the period, and after no proper divisor of it.
fn assert_is_least(modulus: u64) {
    let period = period(modulus);
    assert!(repeats_after(period, modulus), "{modulus}");
    for prime in prime_factors(period) {
        assert!(!repeats_after(period / prime, modulus), "{modulus} after 1/{prime}");
    }
}

#[test]
fn every_small_period_is_that_of_the_definition() {
    for modulus in 1..=5_000 {
        assert_eq!(period(modulus), period_by_addition(modulus), "{modulus}");
    }
}

#[test]
fn known_periods() {
    // OEIS A001175.
    let first = [1, 3, 8, 6, 20, 24, 16, 12, 24, 60, 10, 24, 28, 48, 40, 24, 36, 24, 18, 60];
    for (modulus, expected) in (1..).zip(first) {
        assert_eq!(period(modulus), expected, "{modulus}");
    }
    assert_eq!((period(10), period(100)), (60, 300));
    for exponent in 3..=19 {
        let expected = 15 * 10_u128.pow(exponent - 1);
        assert_eq!(period(10_u64.pow(exponent)), expected, "10^{exponent}");
    }
    for exponent in 1..=63 {
        assert_eq!(period(1 << exponent), 3 << (exponent - 1), "2^{exponent}");
    }
    // The greatest ratio of a period to its modulus is six, which only 2 · 5^k have.
    for exponent in 1..=27 {
        let modulus = 2 * 5_u64.pow(exponent);
        assert_eq!(period(modulus), 6 * u128::from(modulus), "2 · 5^{exponent}");
    }
}

#[test]
fn periods_of_powers_of_primes_are_least() {
    for prime in [3_u64, 7, 11, 13, 47, 61, 101, 9_973, 65_537, 4_294_967_291] {
        for exponent in (1..).take_while(|exponent| prime.checked_pow(*exponent).is_some()) {
            assert_is_least(prime.pow(exponent));
        }
    }
}

#[test]
fn periods_of_large_products_of_two_primes_are_least() {
    // The greatest primes below 2^32, and one near 2^31 and 2^16.
    let primes = [4_294_967_291_u64, 4_294_967_279, 4_294_967_231, 2_147_483_647, 65_521];
    for (position, one) in primes.into_iter().enumerate() {
        for other in &primes[position..] {
            assert_is_least(one * other);
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn periods_agree_with_the_definition(modulus in 1..300_000_u64) {
        prop_assert_eq!(period(modulus), period_by_addition(modulus));
    }

    #[test]
    fn the_sequence_repeats_after_the_period_of_any_number(modulus in 1..=u64::MAX) {
        let period = period(modulus);
        prop_assert!(repeats_after(period, modulus));
        prop_assert!(period <= 6 * u128::from(modulus));
        // Without a factorization of the period, which may have large factors.
        for prime in [2, 3, 5, 7, 11, 13, 17, 19, 23] {
            if period.is_multiple_of(prime) {
                prop_assert!(!repeats_after(period / prime, modulus));
            }
        }
    }
}

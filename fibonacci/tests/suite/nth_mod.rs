//! Remainders of terms, against the terms of the definition and the identity of addition.

use std::num::NonZeroU64;

use fibonacci::{Fibonacci, check, nth, nth_mod, nth_mod_of_negative, summary};
use num_bigint::{BigInt, BigUint};
use proptest::prelude::*;

use crate::support::cases;

fn modulus(modulus: u64) -> NonZeroU64 {
    NonZeroU64::new(modulus).expect("not zero")
}

/// The remainder of a number, which is not negative.
fn remainder(number: &BigInt, modulus: NonZeroU64) -> u64 {
    let modulus = BigInt::from(modulus.get());
    let remainder = (number % &modulus + &modulus) % &modulus;
    remainder.try_into().expect("less than the modulus")
}

#[test]
fn every_small_term_has_the_remainder_of_the_definition() {
    let large = [u64::from(u32::MAX), 1 << 63, u64::MAX - 58, u64::MAX - 1, u64::MAX];
    for modulus in (1..50).chain(large).map(modulus) {
        for (index, term) in (0..300_i32).zip(Fibonacci::new()) {
            let (text, term) = (index.to_string(), BigInt::from(term));
            assert_eq!(nth_mod(&text, modulus), remainder(&term, modulus), "{index}, {modulus}");
            // F(-n) has the sign (-1)^(n+1).
            let negative = if index % 2 == 0 { -term } else { term };
            let expected = remainder(&negative, modulus);
            assert_eq!(nth_mod_of_negative(&text, modulus), expected, "-{index}, {modulus}");
        }
    }
}

#[test]
fn every_remainder_modulo_one_is_zero() {
    for index in ["0", "1", "2", "99999999999999999999999999"] {
        assert_eq!(nth_mod(index, NonZeroU64::MIN), 0);
        assert_eq!(nth_mod_of_negative(index, NonZeroU64::MIN), 0);
    }
}

#[test]
fn an_index_of_ten_thousand_digits_is_reduced_modulo_the_period() {
    // The last digits repeat after 60, 300, 1 500, 15 000 and 150 000 terms.
    for digit in '1'..='9' {
        let index: String = std::iter::repeat_n(digit, 10_000).collect();
        let number: BigUint = index.parse().expect("decimal digits");
        for (power, period) in [(10, 60_u32), (100, 300), (1_000, 1_500), (10_000, 15_000)] {
            let same = u64::try_from(&number % period).expect("less than the period");
            let expected = u64::try_from(nth(same) % power).expect("less than the modulus");
            assert_eq!(nth_mod(&index, modulus(power)), expected, "{digit}…, {power}");
        }
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn remainders_agree_with_the_definition(index in 0..20_000_u64, divisor in 1..=u64::MAX) {
        let expected = nth(index) % divisor;
        prop_assert_eq!(BigUint::from(nth_mod(&index.to_string(), modulus(divisor))), expected);
    }

    #[test]
    fn remainders_agree_with_the_last_digits_and_the_check(index: u64) {
        let text = index.to_string();
        let digits = summary(index).trailing;
        let last = &digits[digits.len().saturating_sub(19)..];
        let power = modulus(10_u64.pow(19));
        prop_assert_eq!(nth_mod(&text, power), last.parse::<u64>().expect("19 digits"));
        prop_assert_eq!(nth_mod(&text, modulus(check::PRIME)), check::residue_of_term(index));
    }

    #[test]
    fn long_indices_satisfy_the_identity_of_addition(
        a in "[1-9][0-9]{0,300}", b in "[1-9][0-9]{0,300}", divisor in 1..=u64::MAX
    ) {
        // F(a + b) = F(a) F(b + 1) + F(a - 1) F(b)
        let [a, b] = [a, b].map(|text| text.parse::<BigUint>().expect("decimal digits"));
        let term = |index: BigUint| u128::from(nth_mod(&index.to_string(), modulus(divisor)));
        let wide = u128::from(divisor);
        let products = [
            term(a.clone()) * term(&b + 1_u32) % wide,
            term(&a - 1_u32) * term(b.clone()) % wide,
        ];
        prop_assert_eq!(term(a + b), (products[0] + products[1]) % wide);
    }
}

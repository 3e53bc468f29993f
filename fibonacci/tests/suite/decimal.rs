//! Decimal numbers and the digits of terms, against `BigUint`.

use fibonacci::{Decimal, DecimalFibonacci, Fibonacci, nth, nth_digits};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::{cases, sha256};

/// SHA-256 of the digits of F(10 000 000), from GMP 6.3.0 through Python's gmpy2 2.3.2:
/// `hashlib.sha256(gmpy2.fib(10**7).digits().encode()).hexdigest()`.
const TEN_MILLION: &str = "dee686d8c2407fb7fae2c58f8096d07baa790709d489454691af77d29cf3fb4d";

#[test]
fn every_term_up_to_5_000_has_the_digits_of_the_definition() {
    let mut terms = DecimalFibonacci::from(Fibonacci::new());
    for (index, term) in (0..=5_000).zip(Fibonacci::new()) {
        let text = term.to_string();
        assert_eq!(terms.term().to_string(), text, "F({index})");
        assert_eq!(terms.term().digits(), text.len(), "F({index})");
        assert_eq!(nth_digits(index).text, text, "F({index})");
        terms.advance();
    }
}

#[test]
fn term_ten_million_has_the_digits_that_gmp_computes() {
    let digits = nth_digits(10_000_000);
    assert!(!digits.recomputed);
    assert_eq!(sha256(&digits.text), TEN_MILLION);
}

#[test]
fn a_carry_passes_through_any_number_of_nines() {
    for digits in 1..200 {
        let nines = Decimal::from(&(BigUint::from(10_u32).pow(digits) - 1_u32));
        let one = Decimal::from(&BigUint::ONE);
        let power = format!("1{}", "0".repeat(digits as usize));
        let mut sum = nines.clone();
        sum += &one;
        assert_eq!(sum.to_string(), power);
        assert_eq!(sum.digits(), power.len());
        let mut sum = one;
        sum += &nines;
        assert_eq!(sum.to_string(), power);
    }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn nth_digits_agrees_with_nth(index in 0..300_000_u64) {
        prop_assert!(nth_digits(index).text == nth(index).to_string(), "F({})", index);
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn decimal_addition_agrees_with_biguint(
        a in "0|[1-9][0-9]{0,300}|[1-9]?9{1,200}",
        b in "0|[1-9][0-9]{0,300}|[1-9]0{1,200}[0-9]",
    ) {
        let [x, y] = [a, b].map(|text| text.parse::<BigUint>().expect("decimal digits"));
        let mut sum = Decimal::from(&x);
        sum += &Decimal::from(&y);
        prop_assert_eq!(sum, Decimal::from(&(x + y)));
    }

    #[test]
    fn decimal_addition_carries_through_words_of_nines(
        a in "[1-9][0-9]{0,300}", zeros in 0..40_u32, excess in 0..3_u32
    ) {
        // The sum of a and b is a power of ten, one less or one more, so that most words of the sum
        // are nines before the carries, with and without a carry into them.
        let a: BigUint = a.parse().expect("decimal digits");
        let power = BigUint::from(10_u32).pow(u32::try_from(a.to_string().len()).expect("few digits"));
        let b = &power * BigUint::from(10_u32).pow(8 * zeros) - 1_u32 - &a + excess;
        let mut sum = Decimal::from(&a);
        sum += &Decimal::from(&b);
        prop_assert_eq!(sum, Decimal::from(&(&a + &b)));
        let mut sum = Decimal::from(&b);
        sum += &Decimal::from(&a);
        prop_assert_eq!(sum, Decimal::from(&(a + b)));
    }
}

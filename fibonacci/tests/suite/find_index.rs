//! Reverse lookup, against comparisons with the terms of the definition.

use fibonacci::{Fibonacci, Lookup, find_index};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::cases;

/// The lookup of `number`, by comparing it with the terms from F(`from`) on.
fn expected_lookup(number: &BigUint, from: u64) -> Lookup {
    let mut terms = (from..).zip(Fibonacci::starting_at(from));
    let (mut index, mut below) = terms.next().expect("the sequence is endless");
    for (next, above) in terms {
        if *number == below {
            let last = if below == BigUint::ONE { 2 } else { index };
            return Lookup::Term(index..=last);
        }
        if *number < above {
            return Lookup::Between {
                below: (index, below.to_string()),
                above: (next, above.to_string()),
            };
        }
        (index, below) = (next, above);
    }
    unreachable!("the sequence is endless")
}

#[test]
fn every_small_number_is_found() {
    for number in 0..=100_000_u32 {
        let expected = expected_lookup(&number.into(), 0);
        assert_eq!(find_index(&number.to_string()).lookup, expected, "{number}");
    }
}

#[test]
fn terms_and_their_neighbours_are_found() {
    for (index, term) in (5..=2_000).zip(Fibonacci::starting_at(5)) {
        for number in [&term - 1_u32, term.clone(), term + 1_u32] {
            let expected = expected_lookup(&number, index - 3);
            assert_eq!(find_index(&number.to_string()).lookup, expected, "next to F({index})");
        }
    }
}

#[test]
fn numbers_of_ten_thousand_digits_are_found() {
    let power = BigUint::from(10_u32).pow(9_999);
    let mut numbers = vec![power.clone(), 10_u32 * &power - 1_u32];
    // F(47 847) to F(47 851) have 10 000 digits. These and the two terms before them, the numbers
    // next to each, and the numbers that differ from it by one in a digit in the middle.
    for term in Fibonacci::starting_at(47_845).take(7) {
        let half = BigUint::from(10_u32).pow(5_000);
        numbers.extend([&term - 1_u32, &term + 1_u32, &term - &half, &term + half, term]);
    }
    for number in numbers {
        let digits = number.to_string();
        assert!(
            find_index(&digits).lookup == expected_lookup(&number, 47_840),
            "{} digits from {}",
            digits.len(),
            &digits[..10]
        );
    }
}

#[test]
fn terms_up_to_a_number_are_counted() {
    let count = |number: &BigUint| find_index(&number.to_string()).lookup.terms_up_to();
    for number in 0..2_000_u32 {
        let number = number.into();
        let expected = Fibonacci::new().take_while(|term| *term <= number).count();
        assert_eq!(count(&number), expected as u64, "{number}");
    }
    // F(n - 1) < F(n) - 1 for these n, and F(n) + 1 < F(n + 1).
    let small = (5..=400).zip(Fibonacci::starting_at(5));
    // The first term of 10 000 digits, the last one, and those next to them.
    let large = (47_845..).zip(Fibonacci::starting_at(47_845).take(8));
    for (index, term) in small.chain(large) {
        assert_eq!(count(&(&term - 1_u32)), index, "F({index}) - 1");
        assert_eq!(count(&term), index + 1, "F({index})");
        assert_eq!(count(&(&term + 1_u32)), index + 1, "F({index}) + 1");
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn any_number_is_found(digits in "[1-9][0-9]{0,400}") {
        let number = digits.parse().expect("decimal digits");
        prop_assert_eq!(find_index(&digits).lookup, expected_lookup(&number, 0));
    }
}

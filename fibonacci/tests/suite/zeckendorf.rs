//! Sums of terms, against the numbers that they are the sums of.

use fibonacci::{Fibonacci, nth, zeckendorf};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::cases;

/// Checks that the sum is the number, and that its terms are from F(2) on, in descending order,
/// without neighbours. There is only one such sum.
fn assert_is_representation(digits: &str) {
    let indices = zeckendorf(digits);
    assert!(indices.is_sorted_by(|one, next| *one > next + 1), "{digits}");
    assert!(indices.last().is_none_or(|least| *least >= 2), "{digits}");
    let mut sum = BigUint::ZERO;
    let mut ascending = indices.iter().rev().peekable();
    for (index, term) in (0..).zip(Fibonacci::new()) {
        if ascending.next_if_eq(&&index).is_some() {
            sum += term;
        }
        if ascending.peek().is_none() {
            break;
        }
    }
    assert!(sum.to_string() == digits, "{digits}");
}

#[test]
fn known_representations() {
    for (digits, indices) in [
        ("0", vec![]),
        ("1", vec![2]),
        ("2", vec![3]),
        ("3", vec![4]),
        ("4", vec![4, 2]),
        ("64", vec![10, 6, 2]),
        ("100", vec![11, 6, 4]),
        ("1000000", vec![30, 26, 24, 12, 10]),
    ] {
        assert_eq!(zeckendorf(digits), indices, "{digits}");
    }
}

#[test]
fn every_small_number_has_a_representation() {
    for number in 0..=10_000 {
        assert_is_representation(&number.to_string());
    }
}

#[test]
fn terms_and_their_neighbours_have_the_representations_that_follow_from_the_recurrence() {
    for (index, term) in (4..=1_000_u64).zip(Fibonacci::starting_at(4)) {
        assert_eq!(zeckendorf(&term.to_string()), [index]);
        // F(n) - 1 = F(n-1) + F(n-3) + …, down to F(2) or F(3) (Lucas).
        let alternate: Vec<u64> = (2..index).rev().step_by(2).collect();
        assert_eq!(zeckendorf(&(&term - 1_u32).to_string()), alternate);
        if index > 4 {
            let more = if index == 5 { vec![5, 2] } else { vec![index, 2] };
            assert_eq!(zeckendorf(&(term + 1_u32).to_string()), more);
        }
    }
}

#[test]
fn numbers_of_up_to_ten_thousand_digits_have_a_representation() {
    for digits in (1..=60).chain([100, 1_000, 9_999, 10_000]) {
        assert_is_representation(&"9".repeat(digits));
        assert_is_representation(&format!("1{}", "0".repeat(digits - 1)));
    }
    // The last term of 10 000 digits.
    assert_eq!(zeckendorf(&nth(47_851).to_string()), [47_851]);
    let less: Vec<u64> = (2..47_851).rev().step_by(2).collect();
    assert_eq!(zeckendorf(&(nth(47_851) - 1_u32).to_string()), less);
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_number_has_a_representation(digits in "[1-9][0-9]{0,600}") {
        assert_is_representation(&digits);
    }

    #[test]
    fn any_sum_without_neighbours_is_its_own_representation(
        gaps in prop::collection::vec(2..40_u64, 0..60)
    ) {
        let mut indices: Vec<u64> = gaps.iter().scan(0, |index, gap| {
            *index += gap;
            Some(*index)
        }).collect();
        let sum: BigUint = indices.iter().map(|index| nth(*index)).sum();
        indices.reverse();
        prop_assert_eq!(zeckendorf(&sum.to_string()), indices);
    }
}

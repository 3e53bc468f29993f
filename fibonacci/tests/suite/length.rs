//! The lengths of terms, against the definition and against summaries.

use fibonacci::{Fibonacci, length, summary};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::cases;

#[test]
fn lengths_up_to_200_000_are_those_of_the_terms() {
    // Each term is compared with powers of ten, so that no term is converted to decimal.
    let mut terms = Fibonacci::new();
    let mut power = BigUint::from(10_u32);
    let (mut digits, mut total) = (1, 0);
    for index in 0..=200_000_u64 {
        if *terms.term() >= power {
            digits += 1;
            power *= 10_u32;
        }
        assert_eq!(length::digits(index), digits, "F({index})");
        if index % 97 == 0 || index < 1_000 {
            assert_eq!(length::digits_of_terms(0, index), total, "{index} terms");
        }
        total += digits;
        terms.advance();
    }
}

#[test]
fn totals_are_those_of_the_single_lengths_up_to_the_last_term() {
    // The formula for totals has fewer bits than the one for a single length. At the first two
    // indices its value is closest to an integer, from above and from below, of all below 2^32.
    for index in [3_316_234_264, 519_112_806, (1 << 32) - 2] {
        let total = length::digits_of_terms(index, 1);
        assert_eq!(total, length::digits(index), "F({index})");
    }
}

#[test]
#[should_panic(expected = "terms below F(2^32)")]
fn totals_of_more_terms_are_refused() {
    let _ = length::digits_of_terms(1, (1 << 32) - 1);
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "the expected value is an estimate, too")]
fn an_estimated_total_is_off_by_a_few_digits_at_most() {
    for (from, count) in [(0, 1_000), (5, 10_000), (1_000, 77), (123_456, 50_000)] {
        let exact = length::digits_of_terms(from, count) as f64;
        let error = length::approximate_digits_of_terms(from, count) - exact;
        assert!(error.abs() < 5.0, "{count} terms from F({from}): {error}");
    }
    let last = length::approximate_digits_of_terms(u64::MAX, 1);
    assert!((last / length::digits(u64::MAX) as f64 - 1.0).abs() < 1e-12);
}

#[test]
fn lengths_are_exact_for_the_terms_closest_to_a_power_of_ten() {
    // Of all indices below 2^64, these terms are relatively closest to a power of ten from above
    // and from below: see the module `length`.
    let above = summary(8_625_812_162_537_945_092);
    assert!(above.leading.starts_with("1000000000000000000002"));
    assert_eq!(above.digits, length::digits(8_625_812_162_537_945_092));
    let below = summary(17_400_852_738_312_695_671);
    assert!(below.leading.starts_with("9999999999999999999"));
    assert_eq!(below.digits, length::digits(17_400_852_738_312_695_671));
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn lengths_grow_by_one_or_two_in_five_terms(index in 2..u64::MAX - 5) {
        // F(n+5) is 11.09 times F(n).
        let growth = length::digits(index + 5) - length::digits(index);
        prop_assert!((1..=2).contains(&growth), "F({})", index);
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn lengths_agree_with_summaries(index in 0..=u64::MAX) {
        // A summary computes the length independently, by interval arithmetic.
        let summary = summary(index);
        prop_assert_eq!(summary.digits, length::digits(index));
        prop_assert_eq!(summary.leading.len(), summary.digits.min(50) as usize);
    }
}

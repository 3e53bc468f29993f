//! Random input, for as many cases as requested.

use fibonacci::{length, nth, nth_digits, summary};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::{LINES, expected_lines, list_text};

/// `PROPTEST_CASES` sets the number of cases, which differ in each run. A failure prints its
/// smallest input; add a test for that input.
#[test]
#[ignore = "takes minutes, depending on PROPTEST_CASES"]
fn fuzz() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let list = (0..40_000_u64, 0..40_u64, 1..70_000_usize);
    let input = (0..2_500_000_u64, list, any::<u64>());
    let outcome = TestRunner::new(config).run(&input, |(index, (from, count, buffer), any)| {
        let digits = nth_digits(index);
        prop_assert!(!digits.recomputed);
        prop_assert!(digits.text == nth(index).to_string(), "F({})", index);
        let text = expected_lines(from, count);
        let length = length::digits_of_terms(from, count) + count.saturating_sub(1);
        prop_assert_eq!(length, text.len() as u64);
        prop_assert!(list_text(from, count, LINES, buffer) == text);
        prop_assert_eq!(summary(any).digits, length::digits(any));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

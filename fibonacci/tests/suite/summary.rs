//! Summaries of terms and of sums, and scientific notation, against plain arithmetic.

use std::num::NonZeroU64;

use bigdecimal::{BigDecimal, RoundingMode};
use fibonacci::{Fibonacci, Scientific, Summary, nth_digits, summary, summary_of_sum};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::cases;

/// An index, the number of digits of its term, and the first and the last fifty of them. The first
/// digits are those of 10^(n log10 phi - log10 sqrt 5), by mpmath 1.3 with 120 digits; the last
/// ones are from doubling modulo 10^50 with Python's integers.
#[rustfmt::skip]
const TERMS: [(u64, u64, &str, &str); 6] = [
    (18_446_744_073_709_551_615, 3_855_141_514_259_838_963, "69070289095496942236899376918430605787071238750704", "75082396738061408938727462723566019507593362999010"),
    (9_223_372_036_854_775_808, 1_927_570_757_129_919_482, "22356146964997755118863314364740337009289416764218", "39702153919761382980590732055628743962677220871621"),
    (10_000_001, 2_089_877, "18281104256268009166357225240325359571024516797589", "87753510310493689586409618892410416153997120937501"),
    (1_000_000_000_000, 208_987_640_250, "42584226889958835886348336943722259069350042910725", "54500903485157945490660548450347722470299560546875"),
    (10_000_000_000_000_000_000, 2_089_876_402_499_787_338, "22041233236015343583064006979459206416375776690474", "85243201781793449713469333243179183788299560546875"),
    (10_000_000_000, 2_089_876_403, "14135212296147024564096151864184089768135166603147", "03027506624071560136288493237299069175119560546875"),
];

/// The first index, the number of terms, the number of digits of their sum, and the first and the
/// last fifty of them. By mpmath 1.3 with 200 digits and Python's integers, as [`TERMS`].
#[rustfmt::skip]
const SUMS: [(u64, u64, u64, &str, &str); 5] = [
    (18_446_744_073_709_551_615, 18_446_744_073_709_551_615, 7_710_283_028_519_677_927, "17260572245984609091178377720957876764176008574403", "00698360077946640527030484404012176975204371334882"),
    (18_446_744_073_709_551_615, 2, 3_855_141_514_259_838_964, "18082836446479222648298992528644564137972644147824", "26447242170057421692190210840383549307941452839197"),
    (0, 18_446_744_073_709_551_615, 3_855_141_514_259_838_964, "11175807536929528424609054836801503559265520272754", "51364845431996012753462748116817529800348089840186"),
    (1_000_000_000_000_000_000, 1_000_000_000_000, 208_987_849_237_618_984, "40504986950533207835190566553203982417490375457196", "13030993213912307562008803689414382427700439453125"),
    (1_000_000_000_000, 37, 208_987_640_258, "37220233090945377901165782870809111123359200295176", "10640409722241507455087391309920529677770302760043"),
];

/// The sum of `count` terms from F(`from`) on, by addition.
fn expected_sum(from: u64, count: u64) -> BigUint {
    (0..count).zip(Fibonacci::starting_at(from)).map(|(_, term)| term).sum()
}

/// The number to ten significant digits, rounded by another library.
fn rounded(digits: &str) -> BigDecimal {
    let number: BigDecimal = digits.parse().expect("decimal digits");
    let ten = NonZeroU64::new(10).expect("ten is not zero");
    number.with_precision_round(ten, RoundingMode::HalfEven)
}

fn assert_scientific(digits: &str, summary: &Summary) {
    let Scientific { mantissa, exponent } = summary.scientific();
    assert_eq!(mantissa.len(), 11, "{digits}");
    assert!(!mantissa.starts_with('0') || digits == "0", "{digits}");
    let number: BigDecimal = format!("{mantissa}e{exponent}").parse().expect("a number");
    assert_eq!(number, rounded(digits), "{digits}");
}

#[test]
fn a_summary_has_the_first_and_last_fifty_digits() {
    for digits in [1, 2, 49, 50, 51, 99, 100, 101, 1_000] {
        let text: String = "1234567890".chars().cycle().take(digits).collect();
        let end = digits.min(50);
        let summary = Summary::of_digits(&text);
        assert_eq!(summary.digits, digits as u64);
        assert_eq!(summary.leading, text[..end]);
        assert_eq!(summary.trailing, text[digits - end..]);
    }
}

#[test]
fn summaries_of_small_terms_agree_with_the_definition() {
    for (index, term) in (0..400).zip(Fibonacci::new()) {
        let text = term.to_string();
        let end = text.len().min(50);
        let summary = summary(index);
        assert_eq!(summary.digits, text.len() as u64, "F({index})");
        assert_eq!(summary.leading, text[..end], "F({index})");
        assert_eq!(summary.trailing, text[text.len() - end..], "F({index})");
    }
}

#[test]
fn summaries_of_huge_terms_agree_with_mpmath() {
    for (index, digits, leading, trailing) in TERMS {
        let summary = summary(index);
        assert_eq!(summary.digits, digits, "F({index})");
        assert_eq!(summary.leading, leading, "F({index})");
        assert_eq!(summary.trailing, trailing, "F({index})");
    }
}

#[test]
fn every_small_sum_agrees_with_addition() {
    for from in 0..300 {
        let mut sum = BigUint::ZERO;
        for (count, term) in (0..=100).zip(Fibonacci::starting_at(from)) {
            let expected = Summary::of_digits(&sum.to_string());
            assert_eq!(summary_of_sum(from, count), expected, "{count} terms from F({from})");
            sum += term;
        }
    }
}

#[test]
fn sums_of_large_terms_agree_with_addition() {
    for (from, count) in [(100_000, 37), (50_000, 1), (0, 10_000), (9_999, 2), (1, 20_000)] {
        let sum = expected_sum(from, count).to_string();
        assert_eq!(
            summary_of_sum(from, count),
            Summary::of_digits(&sum),
            "{count} terms from F({from})"
        );
    }
}

#[test]
fn sums_of_huge_terms_agree_with_mpmath() {
    for (from, count, digits, leading, trailing) in SUMS {
        let expected =
            Summary { digits, leading: leading.to_owned(), trailing: trailing.to_owned() };
        assert_eq!(summary_of_sum(from, count), expected, "{count} terms from F({from})");
    }
}

#[test]
fn scientific_notation_agrees_with_bigdecimal() {
    for (index, term) in (0..3_000).zip(Fibonacci::new()) {
        assert_scientific(&term.to_string(), &summary(index));
    }
    for index in [10_000, 99_999, 100_000, 123_456, 1_000_000] {
        assert_scientific(&nth_digits(index).text, &summary(index));
    }
}

#[test]
fn scientific_notation_pads_carries_and_rounds_ties_to_even() {
    for (digits, mantissa, exponent) in [
        ("0", "0.000000000", 0),
        ("55", "5.500000000", 1),
        ("1234567890", "1.234567890", 9),
        ("12586269025", "1.258626902", 10),
        ("12586269035", "1.258626904", 10),
        ("125862690250", "1.258626902", 11),
        ("125862690251", "1.258626903", 11),
        ("12586269024999", "1.258626902", 13),
        // Ties of fifty digits, and a number just above a tie whose 51st digit is not known.
        ("12586269025000000000000000000000000000000000000000", "1.258626902", 49),
        ("12586269035000000000000000000000000000000000000000", "1.258626904", 49),
        ("125862690250000000000000000000000000000000000000001", "1.258626903", 50),
        ("99999999994", "9.999999999", 10),
        ("99999999995", "1.000000000", 11),
        ("99999999996", "1.000000000", 11),
    ] {
        let expected = Scientific { mantissa: mantissa.to_owned(), exponent };
        assert_eq!(Summary::of_digits(digits).scientific(), expected, "{digits}");
    }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn a_summary_agrees_with_the_digits_of_the_term(index in 300..300_000_u64) {
        let text = nth_digits(index).text;
        let summary = summary(index);
        prop_assert_eq!(summary.digits, text.len() as u64);
        prop_assert_eq!(&summary.leading, &text[..50]);
        prop_assert_eq!(&summary.trailing, &text[text.len() - 50..]);
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn sums_of_one_and_of_two_terms_are_terms(from in 0..=u64::MAX - 2) {
        prop_assert_eq!(summary_of_sum(from, 1), summary(from));
        prop_assert_eq!(summary_of_sum(from, 2), summary(from + 2));
    }

    #[test]
    fn a_sum_from_zero_is_one_less_than_a_term(count in 300..=u64::MAX - 1) {
        // F(0) + … + F(n-1) = F(n+1) - 1 (Lucas). The first digits are equal, unless the term ends
        // in zeros.
        let (sum, term) = (summary_of_sum(0, count), summary(count + 1));
        prop_assert_eq!((sum.digits, sum.leading), (term.digits, term.leading));
    }
}

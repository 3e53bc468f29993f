//! What is told of numbers: sums, scientific notation, the golden ratio and places in the sequence,
//! against plain arithmetic.

use std::num::NonZeroU64;

use bigdecimal::{BigDecimal, RoundingMode};
use fibonacci_web::fibonacci::{
    Fibonacci, Place, Scientific, Summary, decimals_of_phi, locate, nth, nth_digits, summary,
    summary_of_sum,
};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::cases;

/// From, count, the digits of the sum, the first and the last fifty. By mpmath 1.3 with 200 figures
/// and Python's integers, as those of single terms in `decimal`.
#[rustfmt::skip]
const SUMS: [(u64, u64, u64, &str, &str); 5] = [
    (18_446_744_073_709_551_615, 18_446_744_073_709_551_615, 7_710_283_028_519_677_927, "17260572245984609091178377720957876764176008574403", "00698360077946640527030484404012176975204371334882"),
    (18_446_744_073_709_551_615, 2, 3_855_141_514_259_838_964, "18082836446479222648298992528644564137972644147824", "26447242170057421692190210840383549307941452839197"),
    (0, 18_446_744_073_709_551_615, 3_855_141_514_259_838_964, "11175807536929528424609054836801503559265520272754", "51364845431996012753462748116817529800348089840186"),
    (1_000_000_000_000_000_000, 1_000_000_000_000, 208_987_849_237_618_984, "40504986950533207835190566553203982417490375457196", "13030993213912307562008803689414382427700439453125"),
    (1_000_000_000_000, 37, 208_987_640_258, "37220233090945377901165782870809111123359200295176", "10640409722241507455087391309920529677770302760043"),
];

/// An index and its decimals of φ: ⌊2(n-1) log10 phi - log10(2 sqrt 5)⌋ by mpmath 1.3 with 200 figures.
/// The last four are around where that comes closest to an integer from above and from below.
const DECIMALS: [(u64, u64); 6] = [
    (18_446_744_073_709_551_615, 7_710_283_028_519_677_925),
    (1_000_000_000_000_000_000, 417_975_280_499_957_466),
    (12_261_662_435_478_551_289, 5_125_071_795_864_939_107),
    (12_261_662_435_478_551_288, 5_125_071_795_864_939_106),
    (4_462_134_494_505_778_034, 1_865_061_916_969_588_495),
    (4_462_134_494_505_778_033, 1_865_061_916_969_588_495),
];

/// The sum by addition.
fn plain_sum(from: u64, count: u64) -> BigUint {
    (0..count)
        .zip(Fibonacci::starting_at(from))
        .map(|(_, term)| term)
        .sum()
}

/// Whether `term`/`before` is off φ by less than 10^-`decimals`/2. Multiplied by what it is divided by,
/// that is |a - b√5| 10ᵏ < b for a = 2 `term` - `before` and b = `before`, which squares make exact.
fn is_phi(term: &BigUint, before: &BigUint, decimals: u64) -> bool {
    let power = BigUint::from(10_u32).pow(u32::try_from(decimals).expect("few decimals"));
    let root = BigUint::from(5_u32) * (before * &power).pow(2);
    let middle = (2_u32 * term - before) * &power;
    let above_low = middle < *before || (&middle - before).pow(2) < root;
    above_low && root < (middle + before).pow(2)
}

/// The place by comparing numbers with the terms from F(`from`) on.
fn plain_place(number: &BigUint, from: u64) -> Place {
    let mut terms = (from..).zip(Fibonacci::starting_at(from));
    let (mut index, mut below) = terms.next().expect("no end");
    for (next, above) in terms {
        if *number == below {
            let last = if below == BigUint::ONE { 2 } else { index };
            return Place::Term(index..=last);
        }
        if *number < above {
            return Place::Gap {
                below: (index, below.to_string()),
                above: (next, above.to_string()),
            };
        }
        (index, below) = (next, above);
    }
    unreachable!("no end")
}

/// The term as another library rounds it.
fn rounded(digits: &str) -> BigDecimal {
    let number: BigDecimal = digits.parse().expect("digits");
    let ten = NonZeroU64::new(10).expect("ten");
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
fn a_summary_of_digits_has_their_ends() {
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
fn the_sum_of_every_small_window_is_that_by_addition() {
    for from in 0..300 {
        let mut sum = BigUint::ZERO;
        for (count, term) in (0..=100).zip(Fibonacci::starting_at(from)) {
            let expected = Summary::of_digits(&sum.to_string());
            assert_eq!(
                summary_of_sum(from, count),
                expected,
                "{count} from F({from})"
            );
            sum += term;
        }
    }
}

#[test]
fn sums_of_large_terms_are_those_by_addition() {
    for (from, count) in [
        (100_000, 37),
        (50_000, 1),
        (0, 10_000),
        (9_999, 2),
        (1, 20_000),
    ] {
        let sum = plain_sum(from, count).to_string();
        assert_eq!(
            summary_of_sum(from, count),
            Summary::of_digits(&sum),
            "{count} from F({from})"
        );
    }
}

#[test]
fn sums_are_those_of_another_program() {
    for (from, count, digits, leading, trailing) in SUMS {
        let expected = Summary {
            digits,
            leading: leading.to_owned(),
            trailing: trailing.to_owned(),
        };
        assert_eq!(
            summary_of_sum(from, count),
            expected,
            "{count} from F({from})"
        );
    }
}

#[test]
fn scientific_notation_is_as_another_library_rounds() {
    for (index, term) in (0..3_000).zip(Fibonacci::new()) {
        assert_scientific(&term.to_string(), &summary(index));
    }
    for index in [10_000, 99_999, 100_000, 123_456, 1_000_000] {
        assert_scientific(&nth_digits(index).text, &summary(index));
    }
}

#[test]
fn scientific_notation_pads_carries_and_ties_to_even() {
    for (digits, mantissa, exponent) in [
        ("0", "0.000000000", 0),
        ("55", "5.500000000", 1),
        ("1234567890", "1.234567890", 9),
        ("12586269025", "1.258626902", 10),
        ("12586269035", "1.258626904", 10),
        ("125862690250", "1.258626902", 11),
        ("125862690251", "1.258626903", 11),
        ("12586269024999", "1.258626902", 13),
        ("99999999994", "9.999999999", 10),
        ("99999999995", "1.000000000", 11),
        ("99999999996", "1.000000000", 11),
    ] {
        let expected = Scientific {
            mantissa: mantissa.to_owned(),
            exponent,
        };
        assert_eq!(
            Summary::of_digits(digits).scientific(),
            expected,
            "{digits}"
        );
    }
}

#[test]
fn ratios_are_as_close_to_phi_as_exact_fractions_say() {
    for index in (2..=800).chain([1_597, 5_000, 19_999, 20_000]) {
        let (term, before) = (nth(index), nth(index - 1));
        let decimals = decimals_of_phi(index);
        assert_eq!(decimals.is_none(), index == 2, "F({index})");
        if let Some(decimals) = decimals {
            assert!(is_phi(&term, &before, decimals), "F({index})");
        }
        let next = decimals.map_or(0, |decimals| decimals + 1);
        assert!(!is_phi(&term, &before, next), "F({index})");
    }
    assert_eq!([0, 1].map(decimals_of_phi), [None, None]);
}

#[test]
fn ratios_are_certain_where_an_integer_is_closest() {
    for (index, decimals) in DECIMALS {
        assert_eq!(decimals_of_phi(index), Some(decimals), "F({index})");
    }
}

#[test]
fn every_small_number_has_its_place() {
    for number in 0..=100_000_u32 {
        let expected = plain_place(&number.into(), 0);
        assert_eq!(locate(&number.to_string()).place, expected, "{number}");
    }
}

#[test]
fn terms_and_their_neighbours_have_their_places() {
    for (index, term) in (5..=2_000).zip(Fibonacci::starting_at(5)) {
        for number in [&term - 1_u32, term.clone(), term + 1_u32] {
            let expected = plain_place(&number, index - 3);
            assert_eq!(locate(&number.to_string()).place, expected, "by F({index})");
        }
    }
}

#[test]
fn numbers_of_as_many_digits_as_are_read_have_their_places() {
    let power = BigUint::from(10_u32).pow(9_999);
    let mut numbers = vec![power.clone(), 10_u32 * &power - 1_u32];
    // F(47 845) to F(47 851) are around the terms of 10 000 digits. Each, one off, and a digit off in
    // the middle.
    for term in Fibonacci::starting_at(47_845).take(7) {
        let half = BigUint::from(10_u32).pow(5_000);
        numbers.extend([
            &term - 1_u32,
            &term + 1_u32,
            &term - &half,
            &term + half,
            term,
        ]);
    }
    for number in numbers {
        let digits = number.to_string();
        assert!(
            locate(&digits).place == plain_place(&number, 47_840),
            "{} digits from {}",
            digits.len(),
            &digits[..10]
        );
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
    fn sums_from_zero_are_one_less_than_a_term(count in 300..=u64::MAX - 1) {
        // F(0) + … + F(n-1) = F(n+1) - 1 (Lucas): the same first digits, unless the term ends in zeros.
        let (sum, term) = (summary_of_sum(0, count), summary(count + 1));
        prop_assert_eq!((sum.digits, sum.leading), (term.digits, term.leading));
    }

    #[test]
    fn decimals_grow_by_four_or_five_in_ten_terms(index in 3..=u64::MAX - 10) {
        let grown = decimals_of_phi(index + 10).zip(decimals_of_phi(index));
        let grown = grown.map(|(after, before)| after - before);
        prop_assert!(matches!(grown, Some(4 | 5)), "F({})", index);
    }

    #[test]
    fn any_number_has_its_place(digits in "[1-9][0-9]{0,400}") {
        let number = digits.parse().expect("digits");
        prop_assert_eq!(locate(&digits).place, plain_place(&number, 0));
    }
}

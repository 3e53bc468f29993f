//! The distance of ratios from the golden ratio, against exact fractions.

use fibonacci::{decimals_of_phi, nth};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::cases;

/// An index n and the decimals of φ: ⌊2(n-1) log10 phi - log10(2 sqrt 5)⌋, by mpmath 1.3 with 200
/// digits. The last four are around the indices where the value is closest to an integer from above
/// and from below.
const DECIMALS: [(u64, u64); 6] = [
    (18_446_744_073_709_551_615, 7_710_283_028_519_677_925),
    (1_000_000_000_000_000_000, 417_975_280_499_957_466),
    (12_261_662_435_478_551_289, 5_125_071_795_864_939_107),
    (12_261_662_435_478_551_288, 5_125_071_795_864_939_106),
    (4_462_134_494_505_778_034, 1_865_061_916_969_588_495),
    (4_462_134_494_505_778_033, 1_865_061_916_969_588_495),
];

/// Whether `term`/`previous` differs from φ by less than 10^-`decimals`/2.
///
/// For a = 2 `term` - `previous` and b = `previous`, that is |a - b√5| 10ᵏ < b. Comparing squares
/// makes the comparison exact.
fn is_phi(term: &BigUint, previous: &BigUint, decimals: u64) -> bool {
    let power = BigUint::from(10_u32).pow(u32::try_from(decimals).expect("few decimals"));
    let root = BigUint::from(5_u32) * (previous * &power).pow(2);
    let middle = (2_u32 * term - previous) * &power;
    let above_low = middle < *previous || (&middle - previous).pow(2) < root;
    above_low && root < (middle + previous).pow(2)
}

#[test]
fn decimals_of_phi_agree_with_exact_fractions() {
    for index in (2..=800).chain([1_597, 5_000, 19_999, 20_000]) {
        let (term, previous) = (nth(index), nth(index - 1));
        let decimals = decimals_of_phi(index);
        assert_eq!(decimals.is_none(), index == 2, "F({index})");
        if let Some(decimals) = decimals {
            assert!(is_phi(&term, &previous, decimals), "F({index})");
        }
        let next = decimals.map_or(0, |decimals| decimals + 1);
        assert!(!is_phi(&term, &previous, next), "F({index})");
    }
    assert_eq!([0, 1].map(decimals_of_phi), [None, None]);
}

#[test]
fn decimals_of_phi_are_exact_where_the_formula_is_closest_to_an_integer() {
    for (index, decimals) in DECIMALS {
        assert_eq!(decimals_of_phi(index), Some(decimals), "F({index})");
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn decimals_of_phi_grow_by_four_or_five_in_ten_terms(index in 3..=u64::MAX - 10) {
        let decimals = decimals_of_phi(index + 10).zip(decimals_of_phi(index));
        let growth = decimals.map(|(later, earlier)| later - earlier);
        prop_assert!(matches!(growth, Some(4 | 5)), "F({})", index);
    }
}

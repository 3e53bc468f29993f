//! Numbers as people write them: which are clear, and what they mean.

use fibonacci_web::web::request::lenient::{Unclear, guesses, index, number};
use num_bigint::{BigInt, BigUint};
use proptest::prelude::*;

use crate::support::cases;

/// Texts that can only mean one number.
const CLEAR: &[(&str, &str)] = &[
    // Plain, but not canonical.
    ("0", "0"),
    ("007", "7"),
    ("-0", "0"),
    ("-007", "-7"),
    (" 5\t", "5"),
    ("\u{A0}5\u{3000}", "5"),
    ("\"5\"", "5"),
    ("“144”", "144"),
    // Separators.
    ("1,000", "1000"),
    ("1,000,000", "1000000"),
    ("001,000", "1000"),
    ("1，000", "1000"),
    ("1٬000", "1000"),
    ("1、000", "1000"),
    ("1'000", "1000"),
    ("1’000’000", "1000000"),
    ("1_000", "1000"),
    ("1_0", "10"),
    ("1.000.000", "1000000"),
    ("1·000·000", "1000000"),
    ("12,34,567", "1234567"),
    ("1,00,000", "100000"),
    ("1,0000,0000", "100000000"),
    ("1 000", "1000"),
    ("1\u{A0}000", "1000"),
    ("1\u{202F}000\u{2009}000", "1000000"),
    ("1\u{3000}000", "1000"),
    ("12 34 567", "1234567"),
    ("1 0000", "10000"),
    ("3542248481\n7926191507\n5", "354224848179261915075"),
    ("354224848\r\n179261915075\n", "354224848179261915075"),
    // Signs.
    ("+5", "5"),
    ("+ 5", "5"),
    ("＋5", "5"),
    ("−5", "-5"),
    ("− 5", "-5"),
    ("– 5", "-5"),
    ("-1,000", "-1000"),
    ("-1e3", "-1000"),
    // Digits of other scripts.
    ("５", "5"),
    ("１０", "10"),
    ("1２", "12"),
    ("١٠", "10"),
    ("۱۲۳", "123"),
    ("१२,३४,५६७", "1234567"),
    ("๑๐", "10"),
    ("𝟏𝟎", "10"),
    ("5\u{FE0F}\u{20E3}", "5"),
    // Invisible characters.
    ("\u{FEFF}5", "5"),
    ("5\u{200B}", "5"),
    ("\u{202D}1\u{AD}0\u{202C}", "10"),
    // Powers.
    ("1e6", "1000000"),
    ("1E6", "1000000"),
    ("1e+6", "1000000"),
    ("1.5e3", "1500"),
    ("99999999999^2", "9999999999800000000001"),
    ("99999999999^1", "99999999999"),
    ("1.50e1", "15"),
    ("10e-1", "1"),
    ("1e-0", "1"),
    ("0.010e+2", "1"),
    ("0e99999999999999999999", "0"),
    ("10^6", "1000000"),
    ("10**6", "1000000"),
    ("10⁶", "1000000"),
    ("10^{12}", "1000000000000"),
    ("1×10^6", "1000000"),
    ("1.5 × 10⁶", "1500000"),
    ("2*10^3", "2000"),
    ("2^10", "1024"),
    ("1²", "1"),
    ("0^0", "1"),
    ("1 million", "1000000"),
    ("10 thousand", "10000"),
];

/// Texts that can only mean one index.
const INDICES: &[(&str, &str)] = &[
    ("F(100)", "100"),
    ("f(-8)", "-8"),
    ("F( 1,000 )", "1000"),
    ("F100", "100"),
    ("F_100", "100"),
    ("F_{100}", "100"),
    ("F₁₀₀", "100"),
    ("F₋₈", "-8"),
    ("F[7]", "7"),
    ("fib(10)", "10"),
    ("Fibonacci(10)", "10"),
    ("100th", "100"),
    ("1st", "1"),
    ("2nd", "2"),
    ("3rd", "3"),
    ("#5", "5"),
    ("№ 5", "5"),
    ("n=5", "5"),
    ("n = -5", "-5"),
    ("ｎ＝５", "5"),
];

/// Texts that are not a number, may mean several, or are between two or too long; and guesses.
const UNCLEAR: &[(&str, Unclear, &[&str])] = &[
    ("", Unclear::NotANumber, &[]),
    ("abc", Unclear::NotANumber, &[]),
    ("10abc", Unclear::NotANumber, &[]),
    ("-", Unclear::NotANumber, &[]),
    ("--5", Unclear::NotANumber, &[]),
    ("+-5", Unclear::NotANumber, &[]),
    ("5-", Unclear::NotANumber, &[]),
    ("(5)", Unclear::NotANumber, &[]),
    ("-F(8)", Unclear::NotANumber, &[]),
    ("F(F(5))", Unclear::NotANumber, &[]),
    ("F()", Unclear::NotANumber, &[]),
    ("th", Unclear::NotANumber, &[]),
    ("e", Unclear::NotANumber, &[]),
    ("1e", Unclear::NotANumber, &[]),
    ("1e+-5", Unclear::NotANumber, &[]),
    ("^6", Unclear::NotANumber, &[]),
    ("²", Unclear::NotANumber, &[]),
    ("5₂", Unclear::NotANumber, &[]),
    ("2×2", Unclear::NotANumber, &[]),
    ("0 1 1 2", Unclear::NotANumber, &[]),
    ("1 1 2 3", Unclear::NotANumber, &[]),
    ("100 2", Unclear::NotANumber, &[]),
    ("89 144 2584", Unclear::NotANumber, &["891442584"]),
    ("12 34", Unclear::NotANumber, &["1234"]),
    ("1,2,3", Unclear::NotANumber, &[]),
    ("1, 000", Unclear::NotANumber, &["1000"]),
    ("100 ,000", Unclear::Fraction, &["100000", "100"]),
    ("5!", Unclear::NotANumber, &[]),
    ("1 000,000", Unclear::Fraction, &["1000"]),
    ("192.168.1.1", Unclear::NotANumber, &[]),
    ("0,123,456", Unclear::NotANumber, &[]),
    ("0x", Unclear::NotANumber, &[]),
    ("0x10", Unclear::NotANumber, &["16"]),
    ("0XfF", Unclear::NotANumber, &["255"]),
    ("0b11", Unclear::NotANumber, &["3"]),
    ("-0o17", Unclear::NotANumber, &["-15"]),
    ("0x10^6", Unclear::NotANumber, &[]),
    ("10k", Unclear::NotANumber, &["10000"]),
    ("1.5M", Unclear::NotANumber, &["1500000"]),
    ("1 billion", Unclear::NotANumber, &["1000000000"]),
    ("10.", Unclear::NotANumber, &["10"]),
    ("1,000;", Unclear::NotANumber, &["1000"]),
    ("1.5", Unclear::Fraction, &[]),
    ("1,5", Unclear::Fraction, &[]),
    ("-1.5", Unclear::Fraction, &[]),
    (".5", Unclear::Fraction, &[]),
    ("0,123", Unclear::Fraction, &[]),
    ("1/2", Unclear::Fraction, &[]),
    ("½", Unclear::Fraction, &[]),
    ("1½", Unclear::Fraction, &[]),
    ("1,234.56", Unclear::Fraction, &[]),
    ("1e-3", Unclear::Fraction, &[]),
    ("10e-2", Unclear::Fraction, &[]),
    ("1e-99999999999999999999", Unclear::Fraction, &[]),
    ("1.5e0", Unclear::Fraction, &[]),
    ("10^-3", Unclear::Fraction, &[]),
    ("10⁻³", Unclear::NotANumber, &[]),
    ("5.0", Unclear::Fraction, &["5"]),
    ("1.000", Unclear::Fraction, &["1000", "1"]),
    ("1.234", Unclear::Fraction, &["1234"]),
    ("-1.000", Unclear::Fraction, &["-1000", "-1"]),
    ("1,0000", Unclear::Fraction, &["10000", "1"]),
    ("1000,000", Unclear::Fraction, &["1000"]),
    ("1,000.00", Unclear::Fraction, &["1000"]),
    ("1.000.000,00", Unclear::Fraction, &["1000000"]),
    ("1٫000", Unclear::Fraction, &["1000", "1"]),
    ("1e10000", Unclear::TooLong, &[]),
    ("1e99999999999999999999", Unclear::TooLong, &[]),
    ("10^10000", Unclear::TooLong, &[]),
    ("4294967295^4294967295", Unclear::TooLong, &[]),
];

#[test]
fn what_can_only_mean_one_number_is_that_number() {
    for (typed, meant) in CLEAR {
        assert_eq!(number(typed).as_deref(), Ok(*meant), "{typed}");
        assert_eq!(index(typed).as_deref(), Ok(*meant), "{typed}");
    }
    assert_eq!(number("1e9999"), Ok(format!("1{}", "0".repeat(9_999))));
    assert_eq!(number("10^9999"), Ok(format!("1{}", "0".repeat(9_999))));
}

#[test]
fn the_notation_of_an_index_is_no_number_to_look_up() {
    for (typed, meant) in INDICES {
        assert_eq!(index(typed).as_deref(), Ok(*meant), "{typed}");
        assert_eq!(number(typed), Err(Unclear::NotANumber), "{typed}");
    }
}

#[test]
fn what_is_unclear_has_a_reason_and_guesses() {
    for (typed, reason, meant) in UNCLEAR {
        assert_eq!(index(typed), Err(*reason), "{typed}");
        assert_eq!(guesses(typed), *meant, "{typed}");
    }
}

/// The digits of a number in groups of these sizes from the right; the last size repeats.
fn grouped(digits: &str, sizes: &[usize], separator: &str) -> String {
    let (mut rest, mut groups, mut sizes) = (digits, Vec::new(), sizes.iter().copied().peekable());
    let mut size = 0;
    while !rest.is_empty() {
        size = sizes.next().unwrap_or(size);
        let (start, group) = rest.split_at(rest.len().saturating_sub(size));
        groups.insert(0, group);
        rest = start;
    }
    groups.join(separator)
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_number_is_read_however_it_is_grouped_signed_and_surrounded(
        value in any::<i64>(),
        separator in proptest::sample::select(
            ",|，|٬|'|’|_|\u{A0}|\u{202F}|\u{2009}|\u{2007}|\u{3000}| |\n|".split('|').collect::<Vec<_>>(),
        ),
        sizes in proptest::sample::select(vec![&[3_usize][..], &[3, 2]]),
        minus in proptest::sample::select("-−–—‐‑‒―－﹣ー➖".chars().collect::<Vec<_>>()),
        zero in proptest::sample::select("0٠۰०০๐０𝟎".chars().collect::<Vec<_>>()),
        around in proptest::sample::select(vec!["", " ", "\u{A0}", "\u{FEFF}", "\u{200B}", "\u{202A}", "\u{AD}"]),
    ) {
        let digits = grouped(&value.unsigned_abs().to_string(), sizes, separator);
        let typed: String = digits
            .chars()
            .map(|char| match char.to_digit(10) {
                Some(digit) => char::from_u32(u32::from(zero) + digit).expect("a digit"),
                None => char,
            })
            .collect();
        let sign = if value < 0 { minus.to_string() } else { String::new() };
        prop_assert_eq!(number(&format!("{around}{sign}{around}{typed}{around}")), Ok(value.to_string()));
    }

    /// The oracle does arithmetic on the number in question.
    #[test]
    fn a_power_is_what_arithmetic_says(base in prop_oneof![0_u64..100_000, (1_u64 << 31)..(1 << 40)], exponent in 0_u32..3_000, zeros in 0_usize..50) {
        let expected = BigUint::from(base).pow(exponent).to_string();
        let power = number(&format!("{base}^{exponent}"));
        if expected.len() <= 10_000 {
            prop_assert_eq!(power, Ok(expected));
        } else {
            prop_assert_eq!(power, Err(Unclear::TooLong));
        }
        let scaled = (BigUint::from(base) * BigUint::from(10_u8).pow(u32::try_from(zeros).expect("small"))).to_string();
        prop_assert_eq!(number(&format!("{scaled}e-{zeros}")), Ok(base.to_string()));
        for typed in [format!("{base}e{zeros}"), format!("{base} × 10^{zeros}"), format!("{base}.0e{}", zeros + 1)] {
            let expected = if typed.contains(".0") { format!("{scaled}0") } else { scaled.clone() };
            let expected = if base == 0 { "0".to_owned() } else { expected };
            if base > 0 || !typed.contains('×') {
                prop_assert_eq!(number(&typed), Ok(expected), "{}", typed);
            }
        }
    }

    #[test]
    fn what_is_read_is_in_plain_digits_and_read_as_itself(
        typed in r"[-−+ \u{A0}0-9０-９,，.'’_e^*×xFnth()=#²₁½/kM\u{200B}]{0,12}|\PC{0,12}",
    ) {
        for meant in index(&typed).into_iter().chain(number(&typed)).chain(guesses(&typed)) {
            let value: BigInt = meant.parse().expect("plain digits");
            prop_assert_eq!(&value.to_string(), &meant);
            prop_assert_eq!(index(&meant), Ok(meant.clone()));
            prop_assert_eq!(number(&meant), Ok(meant.clone()));
        }
    }

    /// The digits of what is read are those that were typed, unless there is a power, a word or another radix.
    #[test]
    fn no_digit_is_lost_or_added(typed in r"[-+ 0-9,.'_]{1,12}") {
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        if let Ok(meant) = number(&typed) {
            let value: BigUint = digits.parse().expect("digits");
            prop_assert_eq!(meant.trim_start_matches('-'), value.to_string());
            prop_assert_eq!(meant.starts_with('-'), typed.contains('-') && value != BigUint::ZERO);
        }
    }
}

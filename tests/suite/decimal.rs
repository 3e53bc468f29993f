//! What is fast, in decimal, against what is plain, in `BigUint`s.

use fibonacci_web::fibonacci::{
    Decimal, DecimalFibonacci, Fibonacci, Layout, ListText, length, nth, nth_digits, summary,
};
use num_bigint::BigUint;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::{cases, sha256};

/// SHA-256 of the digits of F(10 000 000), from GMP 6.3.0 through Python's gmpy2 2.3.2:
/// `hashlib.sha256(gmpy2.fib(10**7).digits().encode()).hexdigest()`.
const TEN_MILLION: &str = "dee686d8c2407fb7fae2c58f8096d07baa790709d489454691af77d29cf3fb4d";

/// An index, the digits of its term, the first and the last fifty. The first are those of
/// 10^(n log10 phi - log10 sqrt 5) by mpmath 1.3 with 120 figures, the last those of doubling modulo
/// 10^50 in Python's integers.
#[rustfmt::skip]
const BORDERS: [(u64, u64, &str, &str); 6] = [
    (18_446_744_073_709_551_615, 3_855_141_514_259_838_963, "69070289095496942236899376918430605787071238750704", "75082396738061408938727462723566019507593362999010"),
    (9_223_372_036_854_775_808, 1_927_570_757_129_919_482, "22356146964997755118863314364740337009289416764218", "39702153919761382980590732055628743962677220871621"),
    (10_000_001, 2_089_877, "18281104256268009166357225240325359571024516797589", "87753510310493689586409618892410416153997120937501"),
    (1_000_000_000_000, 208_987_640_250, "42584226889958835886348336943722259069350042910725", "54500903485157945490660548450347722470299560546875"),
    (10_000_000_000_000_000_000, 2_089_876_402_499_787_338, "22041233236015343583064006979459206416375776690474", "85243201781793449713469333243179183788299560546875"),
    (10_000_000_000, 2_089_876_403, "14135212296147024564096151864184089768135166603147", "03027506624071560136288493237299069175119560546875"),
];

/// Terms alone.
fn plain(separator: &'static str) -> Layout {
    Layout {
        separator: separator.as_bytes(),
        numbered: false,
    }
}

/// A term a row, after its index.
const NUMBERED: Layout = Layout {
    separator: b"\r\n",
    numbered: true,
};

/// The text of a window, read through buffers of one size.
fn list_text(from: u64, count: u64, layout: Layout, buffer: usize) -> String {
    read(ListText::new(from, count, layout), buffer)
}

fn read(mut list: ListText, buffer: usize) -> String {
    let mut buffer = vec![0; buffer];
    let mut text = Vec::new();
    loop {
        let length = list.fill(&mut buffer);
        if length == 0 {
            return String::from_utf8(text).expect("ASCII");
        }
        text.extend_from_slice(&buffer[..length]);
    }
}

/// The same by the definition.
fn plain_text(from: u64, count: u64, separator: &str) -> String {
    let terms: Vec<String> = (0..count)
        .zip(Fibonacci::starting_at(from))
        .map(|(_, term)| term.to_string())
        .collect();
    terms.join(separator)
}

/// The same with the index before each term.
fn plain_rows(from: u64, count: u64) -> String {
    let rows: Vec<String> = (from..from + count)
        .zip(Fibonacci::starting_at(from))
        .map(|(index, term)| format!("{index},{term}"))
        .collect();
    rows.join("\r\n")
}

#[test]
fn every_term_to_5_000_is_the_same_in_decimal() {
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
fn ten_million_has_the_digits_that_gmp_gives() {
    let digits = nth_digits(10_000_000);
    assert!(!digits.recomputed);
    assert_eq!(sha256(&digits.text), TEN_MILLION);
}

#[test]
fn a_list_is_the_same_whatever_the_buffer() {
    let whole = plain_text(0, 300, "\n");
    for buffer in [1, 2, 7, 8, 9, 63, 64, 65, 1_000, 100_000] {
        assert!(list_text(0, 300, plain("\n"), buffer) == whole, "{buffer}");
    }
    assert_eq!(list_text(0, 0, plain("\n"), 10), "");
    assert_eq!(list_text(0, 1, plain("\n"), 10), "0");
    assert_eq!(list_text(7, 3, plain("\",\""), 2), "13\",\"21\",\"34");
}

#[test]
fn a_list_that_starts_deep_is_the_same() {
    for from in [11_998, 12_000, 20_000] {
        let text = plain_text(from, 5, "\n");
        assert!(list_text(from, 5, plain("\n"), 4_096) == text, "{from}");
    }
}

#[test]
fn numbered_rows_start_with_their_index_wherever_they_are_read_from() {
    assert_eq!(list_text(10, 2, NUMBERED, 100), "10,55\r\n11,89");
    // Where indices grow by a digit, and where terms do.
    for from in [0, 1, 5, 8, 95, 995, 9_998] {
        for count in 0..=7 {
            let whole = plain_rows(from, count);
            assert_eq!(
                ListText::length(from, count, NUMBERED),
                whole.len() as u64,
                "{count} from F({from})"
            );
            for offset in 0..whole.len() {
                let (rows, bytes) = ListText::locate(from, count, NUMBERED, offset as u64);
                let list = ListText::new(from + rows, count - rows, NUMBERED).skipping(bytes);
                assert!(
                    read(list, 64) == whole[offset..],
                    "byte {offset} of {count} from F({from})"
                );
            }
        }
    }
}

#[test]
fn numbered_rows_are_the_same_whatever_the_buffer() {
    let whole = plain_rows(0, 1_100);
    for buffer in [1, 2, 3, 7, 64, 65, 1_000, 1_000_000] {
        assert!(list_text(0, 1_100, NUMBERED, buffer) == whole, "{buffer}");
    }
}

#[test]
fn carries_run_through_any_number_of_words() {
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

#[test]
fn lengths_are_those_of_the_sequence() {
    // 200 000 terms, each compared with the power of ten that its length says it is below.
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
fn lengths_and_ends_are_certain_where_a_power_of_ten_is_closest() {
    // Of all indices below 2^64 these come closest to a power of ten from above and from below: see
    // the module `length`.
    let above = summary(8_625_812_162_537_945_092);
    assert!(above.leading.starts_with("1000000000000000000002"));
    assert_eq!(above.digits, length::digits(8_625_812_162_537_945_092));
    let below = summary(17_400_852_738_312_695_671);
    assert!(below.leading.starts_with("9999999999999999999"));
    assert_eq!(below.digits, length::digits(17_400_852_738_312_695_671));
}

#[test]
fn summaries_are_those_of_another_program() {
    for (index, digits, leading, trailing) in BORDERS {
        let summary = summary(index);
        assert_eq!(summary.digits, digits, "F({index})");
        assert_eq!(summary.leading, leading, "F({index})");
        assert_eq!(summary.trailing, trailing, "F({index})");
    }
}

#[test]
fn a_short_term_is_its_own_ends() {
    for (index, term) in (0..400).zip(Fibonacci::new()) {
        let text = term.to_string();
        let end = text.len().min(50);
        let summary = summary(index);
        assert_eq!(summary.digits, text.len() as u64, "F({index})");
        assert_eq!(summary.leading, text[..end], "F({index})");
        assert_eq!(summary.trailing, text[text.len() - end..], "F({index})");
    }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn a_term_is_the_same_both_ways(index in 0..300_000_u64) {
        prop_assert!(nth_digits(index).text == nth(index).to_string(), "F({})", index);
    }

    #[test]
    fn a_summary_is_that_of_the_term(index in 300..300_000_u64) {
        let text = nth_digits(index).text;
        let summary = summary(index);
        prop_assert_eq!(summary.digits, text.len() as u64);
        prop_assert_eq!(&summary.leading, &text[..50]);
        prop_assert_eq!(&summary.trailing, &text[text.len() - 50..]);
    }

    #[test]
    fn a_window_is_the_same_both_ways(from in 0..15_000_u64, count in 0..20_u64, buffer in 1..9_000_usize) {
        let text = plain_text(from, count, "\n");
        prop_assert_eq!(length::digits_of_terms(from, count) + count.saturating_sub(1), text.len() as u64);
        prop_assert!(list_text(from, count, plain("\n"), buffer) == text);
        let rows = plain_rows(from, count);
        prop_assert_eq!(ListText::length(from, count, NUMBERED), rows.len() as u64);
        prop_assert!(list_text(from, count, NUMBERED, buffer) == rows);
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn addition_is_that_of_numbers(a in "0|[1-9][0-9]{0,300}|[1-9]?9{1,200}", b in "0|[1-9][0-9]{0,300}|[1-9]0{1,200}[0-9]") {
        let [x, y] = [a, b].map(|text| text.parse::<BigUint>().expect("digits"));
        let mut sum = Decimal::from(&x);
        sum += &Decimal::from(&y);
        prop_assert_eq!(sum, Decimal::from(&(x + y)));
    }

    #[test]
    fn addition_carries_where_digits_make_nines(
        a in "[1-9][0-9]{0,300}", zeros in 0..40_u32, more in 0..3_u32
    ) {
        // a and what is nearly its complement to nines, and further on: words of nines, with and
        // without a carry into them.
        let a: BigUint = a.parse().expect("digits");
        let power = BigUint::from(10_u32).pow(u32::try_from(a.to_string().len()).expect("short"));
        let b = &power * BigUint::from(10_u32).pow(8 * zeros) - 1_u32 - &a + more;
        let mut sum = Decimal::from(&a);
        sum += &Decimal::from(&b);
        prop_assert_eq!(sum, Decimal::from(&(&a + &b)));
        let mut sum = Decimal::from(&b);
        sum += &Decimal::from(&a);
        prop_assert_eq!(sum, Decimal::from(&(a + b)));
    }

    #[test]
    fn lengths_follow_one_another(index in 2..u64::MAX - 5) {
        // Five terms on, a number is 11.09 times as large: its length grows by one or two.
        let grown = length::digits(index + 5) - length::digits(index);
        prop_assert!((1..=2).contains(&grown), "F({})", index);
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn lengths_are_those_that_summaries_count(index in 0..=u64::MAX) {
        // The summary settles its first digits by intervals; the length has to suit them.
        let summary = summary(index);
        prop_assert_eq!(summary.digits, length::digits(index));
        prop_assert_eq!(summary.leading.len(), summary.digits.min(50) as usize);
    }
}

/// As many cases as `PROPTEST_CASES` says, other ones in each run: `just fuzz`. A failure prints its
/// smallest input, which then becomes a test of its own above.
#[test]
#[ignore = "takes as long as it is told to"]
fn fuzz() {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let window = (0..40_000_u64, 0..40_u64, 1..70_000_usize);
    let input = (0..2_500_000_u64, window, any::<u64>());
    let outcome = TestRunner::new(config).run(&input, |(index, (from, count, buffer), any)| {
        let digits = nth_digits(index);
        prop_assert!(!digits.recomputed);
        prop_assert!(digits.text == nth(index).to_string(), "F({})", index);
        let text = plain_text(from, count, "\n");
        let length = length::digits_of_terms(from, count) + count.saturating_sub(1);
        prop_assert_eq!(length, text.len() as u64);
        prop_assert!(list_text(from, count, plain("\n"), buffer) == text);
        prop_assert_eq!(summary(any).digits, length::digits(any));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

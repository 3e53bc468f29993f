//! The functions of the crate `fibonacci`, compared with additions of decimal digits by hand.
//!
//! The input is a question in the binary form of `arbitrary`.

#![no_main]

use std::num::NonZeroU64;
use std::sync::LazyLock;

use arbitrary::Arbitrary;
use bigdecimal::{BigDecimal, RoundingMode};
use fibonacci::{
    Layout, ListText, Lookup, Scientific, Summary, check, decimals_of_phi, divisor_indices,
    find_index, length, nth, nth_digits, nth_mod, nth_mod_of_negative, pisano_period, summary,
    summary_of_sum, term_is_prime, zeckendorf,
};
use libfuzzer_sys::fuzz_target;
use num_bigint::BigUint;

/// The number of terms in the table. From F(12 001) on, terms are computed by convolution.
const TERMS: usize = 14_000;

/// The last terms of the table are there for comparison.
const LAST: usize = TERMS - 300;

/// F(0), F(1) and so on, in decimal.
static TABLE: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut terms = vec!["0".to_owned(), "1".to_owned()];
    while let [.., before, last] = terms.as_slice()
        && terms.len() < TERMS
    {
        terms.push(sum(before, last));
    }
    terms
});

#[derive(Arbitrary, Debug)]
enum Question<'a> {
    /// Everything about F(`index`).
    Term { index: u16 },
    /// A list, read from `offset` on through a buffer of this size.
    List { from: u16, count: u8, numbered: bool, separator: u8, offset: u32, buffer: u16 },
    /// The sum of terms.
    Sum { from: u16, count: u8 },
    /// The index of F(`index`) + `steps`.
    Near { index: u16, steps: i16 },
    /// The index of the number with these digits.
    Number { digits: &'a [u8] },
    /// Terms that are too long to compute.
    Long { index: u64, count: u64 },
    /// The remainder of a term.
    Remainder { index: u16, modulus: NonZeroU64 },
    /// The period of the remainders.
    Period { modulus: NonZeroU64 },
    /// The terms that divide a term.
    Divisors { index: NonZeroU64, limit: u8 },
}

fuzz_target!(|question: Question| match question {
    Question::Term { index } => check_term(small(index)),
    Question::List { from, count, numbered, separator, offset, buffer } => {
        let separators: [&[u8]; 4] = [b"\n", b"\r\n", b"\",\"", b""];
        let layout = Layout { separator: separators[usize::from(separator % 4)], numbered };
        check_list(small(from), few(count), layout, offset.into(), usize::from(buffer) + 1);
    }
    Question::Sum { from, count } => check_sum(small(from), few(count)),
    Question::Near { index, steps } => {
        let term: BigUint = term(small(index)).parse().expect("digits");
        let steps_abs = steps.unsigned_abs();
        if steps >= 0 {
            check_index(&(term + steps_abs).to_string());
        } else if term >= steps_abs.into() {
            check_index(&(term - steps_abs).to_string());
        }
    }
    Question::Number { digits } => {
        let digits: String =
            digits.iter().map(|byte| char::from(b'0' + byte.wrapping_sub(b'0') % 10)).collect();
        let digits = digits.trim_start_matches('0');
        if !digits.is_empty() && digits.len() < TABLE[LAST].len() {
            check_index(digits);
        }
    }
    Question::Long { index, count } => check_long(index, count),
    Question::Remainder { index, modulus } => check_remainder(small(index), modulus),
    Question::Period { modulus } => check_period(modulus),
    Question::Divisors { index, limit } => check_divisors(index, limit.into()),
});

/// An index that the table has.
fn small(index: u16) -> u64 {
    u64::from(index) % LAST as u64
}

/// A number of terms whose addition by hand is fast.
fn few(count: u8) -> u64 {
    u64::from(count % 64)
}

fn term(index: u64) -> &'static str {
    &TABLE[usize::try_from(index).expect("a small index")]
}

/// The sum of two numbers, digit by digit from the right.
fn sum(one: &str, other: &str) -> String {
    let mut ones = one.bytes().rev();
    let mut others = other.bytes().rev();
    let (mut digits, mut carry) = (Vec::with_capacity(one.len().max(other.len()) + 1), 0);
    loop {
        let (one, other) = (ones.next(), others.next());
        if one.is_none() && other.is_none() && carry == 0 {
            break;
        }
        let digit = |digit: Option<u8>| digit.map_or(0, |digit| digit - b'0');
        let column = digit(one) + digit(other) + carry;
        digits.push(b'0' + column % 10);
        carry = column / 10;
    }
    digits.reverse();
    String::from_utf8(digits).expect("digits")
}

fn check_term(index: u64) {
    let expected = term(index);
    let digits = nth_digits(index);
    assert!(!digits.recomputed && digits.text == expected, "F({index})");
    assert_eq!(nth(index).to_string(), expected, "F({index})");
    assert_eq!(length::digits(index), expected.len() as u64);
    let summary = summary(index);
    assert_eq!(summary, Summary::of_digits(expected), "F({index})");
    let Scientific { mantissa, exponent } = summary.scientific();
    let rounded: BigDecimal = format!("{mantissa}e{exponent}").parse().expect("a number");
    let ten = NonZeroU64::new(10).expect("not zero");
    let exact: BigDecimal = expected.parse().expect("digits");
    assert_eq!(rounded, exact.with_precision_round(ten, RoundingMode::HalfEven), "F({index})");
}

fn check_list(from: u64, count: u64, layout: Layout, offset: u64, buffer: usize) {
    let row = |index| {
        if layout.numbered { format!("{index},{}", term(index)) } else { term(index).to_owned() }
    };
    let rows: Vec<String> = (from..from + count).map(row).collect();
    let separator = str::from_utf8(layout.separator).expect("ASCII");
    let expected = rows.join(separator);
    let digits: usize = (from..from + count).map(|index| term(index).len()).sum();
    assert_eq!(length::digits_of_terms(from, count), digits as u64);
    assert_eq!(ListText::length(from, count, layout), expected.len() as u64);
    let offset = offset % (expected.len() as u64 + 1);
    let (rows, bytes) = ListText::position(from, count, layout, offset);
    let mut list = ListText::new(from + rows, count - rows, layout).skipping(bytes);
    let (mut text, mut buffer) = (Vec::new(), vec![0; buffer]);
    loop {
        let filled = list.fill(&mut buffer);
        text.extend_from_slice(&buffer[..filled]);
        if filled == 0 {
            break;
        }
    }
    let offset = usize::try_from(offset).expect("a short text");
    assert!(text == expected.as_bytes()[offset..], "{count} terms from F({from}), byte {offset}");
}

fn check_sum(from: u64, count: u64) {
    let terms = (from..from + count).map(term);
    let expected = terms.fold("0".to_owned(), |total, term| sum(&total, term));
    assert_eq!(summary_of_sum(from, count), Summary::of_digits(&expected));
}

fn check_index(digits: &str) {
    let is_less = |term: &String| (term.len(), term.as_str()) < (digits.len(), digits);
    // The first term that is not less than the number.
    let index = TABLE.partition_point(is_less);
    let at = |index: usize| (index as u64, TABLE[index].clone());
    let expected = match index {
        1 => Lookup::Term(1..=2),
        _ if TABLE[index] == digits => Lookup::Term(index as u64..=index as u64),
        _ => Lookup::Between { below: at(index - 1), above: at(index) },
    };
    let found = find_index(digits);
    assert!(!found.recomputed);
    assert_eq!(found.lookup, expected);
    let up_to = TABLE.partition_point(|term| is_less(term) || term == digits);
    assert_eq!(found.lookup.terms_up_to(), up_to as u64);
    let indices = zeckendorf(digits);
    assert!(indices.is_sorted_by(|one, next| *one > next + 1), "neighbours in {indices:?}");
    assert!(indices.last().is_none_or(|least| *least >= 2), "F(0) or F(1) in {indices:?}");
    let terms = indices.into_iter().map(term);
    assert_eq!(terms.fold("0".to_owned(), |total, term| sum(&total, term)), digits);
}

/// The remainder is that of the term in the table.
fn check_remainder(index: u64, modulus: NonZeroU64) {
    let number: BigUint = term(index).parse().expect("digits");
    let remainder = nth_mod(&index.to_string(), modulus);
    assert_eq!(BigUint::from(remainder), number % modulus.get());
    let negative = nth_mod_of_negative(&index.to_string(), modulus);
    let sign_changes = index.is_multiple_of(2) && remainder > 0;
    assert_eq!(negative, if sign_changes { modulus.get() - remainder } else { remainder });
    let residue = check::residue_of_term(index);
    assert_eq!(check::residue_of_text(term(index).as_bytes()), residue);
}

/// The remainders repeat after the period, and not after a part of it.
fn check_period(modulus: NonZeroU64) {
    let period = pisano_period(modulus);
    assert!(period <= 6 * u128::from(modulus.get()));
    let remainder = |index: u128| nth_mod(&index.to_string(), modulus);
    let repeats = |index| remainder(index) == 0 && remainder(index + 1) == 1 % modulus.get();
    assert!(repeats(period), "{period}");
    for part in (2..100).filter(|part| period.is_multiple_of(*part)) {
        assert!(!repeats(period / part), "{period} / {part}");
    }
}

/// The divisors divide the index, and an index that has some is that of a composite term.
fn check_divisors(index: NonZeroU64, limit: usize) {
    let divisors = divisor_indices(index, limit);
    let (index, smallest) = (index.get(), &divisors.smallest);
    assert!(smallest.len() == limit || smallest.len() as u64 == divisors.count);
    assert!(smallest.is_sorted_by(|one, next| one < next));
    let range = 3..index;
    assert!(smallest.iter().all(|divisor| range.contains(divisor) && index % divisor == 0));
    let end = smallest.last().map_or(1_000, |last| *last);
    let complete = limit > 0 || divisors.count == 0;
    if complete && end <= 100_000 {
        let counted = (3..index.min(end + 1)).filter(|divisor| index.is_multiple_of(*divisor));
        assert_eq!(counted.count(), smallest.len());
    }
    if divisors.count > 0 {
        assert_eq!(term_is_prime(index), Some(false));
    }
}

/// The facts about long terms agree with each other.
fn check_long(index: u64, count: u64) {
    let one = summary(index);
    assert_eq!(one.digits, length::digits(index));
    assert_eq!(decimals_of_phi(index).is_some(), index > 2);
    assert!(length::approximate_digits_of_terms(index, count).is_finite());
    let total = summary_of_sum(index, count);
    if let (Some(next), Some(after)) = (index.checked_add(1), index.checked_add(2)) {
        let (next, after) = (summary(next), summary(after));
        assert_eq!(last_digits(&one, &next), last_digits(&after, &Summary::of_digits("0")));
        assert_eq!(summary_of_sum(index, 2), after);
    }
    // The sum of one term more has the last digits of this sum and that term.
    if let (Some(more), Some(next)) = (count.checked_add(1), index.checked_add(count)) {
        let more = summary_of_sum(index, more);
        assert_eq!(
            last_digits(&total, &summary(next)),
            last_digits(&more, &Summary::of_digits("0"))
        );
    }
}

/// The last fifty digits of the sum of two numbers.
fn last_digits(one: &Summary, other: &Summary) -> BigUint {
    let number = |summary: &Summary| summary.trailing.parse::<BigUint>().expect("digits");
    (number(one) + number(other)) % BigUint::from(10_u32).pow(50)
}

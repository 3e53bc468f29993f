//! A check of the digits of a large term: their residue modulo the prime 2^61 - 1 must be that of
//! the term, which is computed independently, with integers.
//!
//! An error goes undetected only if it is a multiple of the prime. The error of a single wrong
//! digit, ±d × 10^k with 1 ≤ d ≤ 9, never is.

#![expect(
    clippy::cast_possible_truncation,
    reason = "reduction modulo 2^61 - 1 takes the lower bits"
)]

/// The Mersenne prime 2^61 - 1. Reduction modulo this prime is a shift and an addition.
pub const PRIME: u64 = (1 << 61) - 1;

/// The number of digits that are reduced at once. Their value fits in 64 bits.
const CHUNK_DIGITS: usize = 16;

/// 10^16, the weight of a chunk relative to the next one.
const CHUNK_WEIGHT: u64 = 10_u64.pow(CHUNK_DIGITS as u32);

/// Returns the residue modulo 2^61 - 1 of the number with these ASCII digits, and 0 if there are
/// none. O(d) for d digits: one pass over the text.
///
/// The function does not validate the text: for any other text the result is meaningless.
///
/// # Panics
///
/// With debug assertions, panics if a byte is not an ASCII digit.
///
/// ```
/// # use fibonacci::check;
/// let digits = check::PRIME.to_string();
/// assert_eq!(check::residue_of_text(digits.as_bytes()), 0);
/// assert_eq!(check::residue_of_text(b"144"), 144);
/// ```
#[must_use]
pub fn residue_of_text(text: &[u8]) -> u64 {
    debug_assert!(text.iter().all(u8::is_ascii_digit));
    let (head, tail) = text.split_at(text.len() % CHUNK_DIGITS);
    let head = head.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    let (chunks, _) = tail.as_chunks::<CHUNK_DIGITS>();
    chunks.iter().fold(reduce(head.into()), |residue, chunk| {
        let (high, low) = chunk.split_at(CHUNK_DIGITS / 2);
        let number = parse_eight_digits(high) * 100_000_000 + parse_eight_digits(low);
        reduce(u128::from(residue) * u128::from(CHUNK_WEIGHT) + u128::from(number))
    })
}

/// Returns F(`index`) modulo 2^61 - 1, by fast doubling: three multiplications for each bit of the
/// index.
///
/// The identities are those of E. W. Dijkstra, *In honour of Fibonacci*, EWD654, 1978. The prime is
/// added before a subtraction, so that the difference is not negative.
///
/// ```
/// # use fibonacci::{check, nth_digits};
/// let digits = nth_digits(100_000).text;
/// assert_eq!(check::residue_of_text(digits.as_bytes()), check::residue_of_term(100_000));
/// ```
#[must_use]
pub fn residue_of_term(index: u64) -> u64 {
    let (mut term, mut next) = (0, 1);
    for bit in (0..u64::BITS - index.leading_zeros()).rev() {
        let even = product(term, reduce(u128::from(next) * 2 + u128::from(PRIME - term)));
        let odd = sum(product(term, term), product(next, next));
        (term, next) = if index >> bit & 1 == 0 { (even, odd) } else { (odd, sum(even, odd)) };
    }
    term
}

fn sum(a: u64, b: u64) -> u64 {
    reduce(u128::from(a) + u128::from(b))
}

fn product(a: u64, b: u64) -> u64 {
    reduce(u128::from(a) * u128::from(b))
}

/// Returns `number` modulo 2^61 - 1, for numbers of at most (2^61 - 2)².
fn reduce(number: u128) -> u64 {
    // 2^61 is congruent to 1, so the upper bits are added to the lower ones.
    let folded = (number as u64 & PRIME) + (number >> 61) as u64;
    if folded >= PRIME { folded - PRIME } else { folded }
}

/// Returns the value of eight ASCII digits. Adjacent digits are combined into pairs, pairs into
/// groups of four, and those into the result, each with one multiplication (D. Lemire, *Quickly
/// parsing eight digits*, 2018).
fn parse_eight_digits(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(text);
    let digits = u64::from_le_bytes(bytes) & 0x0F0F_0F0F_0F0F_0F0F;
    let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;
    use crate::sequence::Fibonacci;

    /// A fixed seed, so that every run tests the same cases.
    fn config() -> Config {
        Config {
            cases: 256,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(0x0011_2358_1321),
            ..Config::default()
        }
    }

    fn residue(number: &BigUint) -> u64 {
        u64::try_from(number % PRIME).expect("a residue below 2^61")
    }

    #[test]
    fn both_residues_are_correct_for_every_small_term() {
        for (index, term) in (0..2_000).zip(Fibonacci::new()) {
            let expected = residue(&term);
            assert_eq!(residue_of_term(index), expected, "F({index})");
            let text = term.to_string();
            assert_eq!(residue_of_text(text.as_bytes()), expected, "F({index})");
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn the_residue_of_a_text_is_that_of_its_number(text in "[1-9][0-9]{0,99}") {
            let number: BigUint = text.parse().expect("decimal digits");
            prop_assert_eq!(residue_of_text(text.as_bytes()), residue(&number));
        }

        #[test]
        fn a_wrong_digit_at_any_position_changes_the_residue(
            text in "[1-9][0-9]{0,99}", position: prop::sample::Index, change in 1..10_u8
        ) {
            let mut wrong = text.clone().into_bytes();
            let position = position.index(wrong.len());
            wrong[position] = b'0' + (wrong[position] - b'0' + change) % 10;
            prop_assert_ne!(residue_of_text(&wrong), residue_of_text(text.as_bytes()));
        }
    }
}

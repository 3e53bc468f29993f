//! A check of a large term against an independent way to a part of it: its residue modulo a prime.
//!
//! A wrong digit changes the residue unless the number is off by a multiple of the prime; by
//! a single wrong digit, d × 10^k, it never is. Both ways are exact in integers, and the digits' takes
//! one pass.

#![expect(
    clippy::cast_possible_truncation,
    reason = "taking the lower bits is what reduction modulo 2^61 - 1 is made of"
)]

/// The Mersenne prime 2^61 - 1: reducing modulo it is a shift and an addition.
const PRIME: u64 = (1 << 61) - 1;

/// How many digits are folded at once: two eights, which fit 64 bits.
const CHUNK: usize = 16;

/// 10^16, what [`CHUNK`] digits weigh.
const CHUNK_WEIGHT: u64 = 10_u64.pow(CHUNK as u32);

/// The number whose ASCII digits these are, modulo 2^61 - 1. One pass over the text.
pub(super) fn residue_of_text(text: &[u8]) -> u64 {
    debug_assert!(text.iter().all(u8::is_ascii_digit));
    let (head, tail) = text.split_at(text.len() % CHUNK);
    let head = head
        .iter()
        .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    let (chunks, _) = tail.as_chunks::<CHUNK>();
    chunks.iter().fold(reduce(head.into()), |residue, chunk| {
        let (high, low) = chunk.split_at(CHUNK / 2);
        let number = number_of_eight(high) * 100_000_000 + number_of_eight(low);
        reduce(u128::from(residue) * u128::from(CHUNK_WEIGHT) + u128::from(number))
    })
}

/// F(`index`) modulo 2^61 - 1, by doubling: three multiplications for each bit of the index.
///
/// The identities are those of fast doubling, with a multiple of the prime added where a subtraction
/// would go below zero.
pub(super) fn residue_of_term(index: u64) -> u64 {
    let (mut term, mut next) = (0, 1);
    for bit in (0..u64::BITS - index.leading_zeros()).rev() {
        let even = product(
            term,
            reduce(u128::from(next) * 2 + u128::from(PRIME - term)),
        );
        let odd = sum(product(term, term), product(next, next));
        (term, next) = if index >> bit & 1 == 0 {
            (even, odd)
        } else {
            (odd, sum(even, odd))
        };
    }
    term
}

fn sum(a: u64, b: u64) -> u64 {
    reduce(u128::from(a) + u128::from(b))
}

fn product(a: u64, b: u64) -> u64 {
    reduce(u128::from(a) * u128::from(b))
}

/// The number modulo 2^61 - 1, for numbers of at most (2^61 - 2)².
fn reduce(number: u128) -> u64 {
    // 2^61 is 1, so that the bits above weigh what those below do.
    let folded = (number as u64 & PRIME) + (number >> 61) as u64;
    if folded >= PRIME {
        folded - PRIME
    } else {
        folded
    }
}

/// The number of eight ASCII digits: neighbours are joined to pairs, pairs to fours, fours to eight,
/// all of a kind in one multiplication (D. Lemire, *Quickly parsing eight digits*, 2018).
fn number_of_eight(text: &[u8]) -> u64 {
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

    use super::*;
    use crate::fibonacci::Fibonacci;

    fn residue(number: &BigUint) -> u64 {
        u64::try_from(number % PRIME).expect("below the prime")
    }

    #[test]
    fn both_ways_give_the_residue_of_every_small_term() {
        for (index, term) in (0..2_000).zip(Fibonacci::new()) {
            let expected = residue(&term);
            assert_eq!(residue_of_term(index), expected, "F({index})");
            let text = term.to_string();
            assert_eq!(residue_of_text(text.as_bytes()), expected, "F({index})");
        }
    }

    proptest! {
        #![proptest_config(crate::fibonacci::test_cases(256))]

        #[test]
        fn any_digits_have_the_residue_of_their_number(text in "[1-9][0-9]{0,99}") {
            let number: BigUint = text.parse().expect("digits");
            prop_assert_eq!(residue_of_text(text.as_bytes()), residue(&number));
        }

        #[test]
        fn a_wrong_digit_anywhere_is_seen(
            text in "[1-9][0-9]{0,99}", place: prop::sample::Index, change in 1..10_u8
        ) {
            let mut wrong = text.clone().into_bytes();
            let place = place.index(wrong.len());
            wrong[place] = b'0' + (wrong[place] - b'0' + change) % 10;
            prop_assert_ne!(residue_of_text(&wrong), residue_of_text(text.as_bytes()));
        }
    }
}

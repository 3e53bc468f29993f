//! Numbers kept as the text of their digits, so that printing one is copying it.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for its caller's instruction set"
)]

use std::fmt;
use std::ops::AddAssign;

use num_bigint::BigUint;

/// Digits in a word: a byte each.
const WORD: usize = 8;

/// The digits `00000000`, as ASCII has them.
const ZEROS: u64 = u64::from_ne_bytes([b'0'; WORD]);

/// What makes a sum of two ASCII digits carry where its digits do. `'0' + '0'` is 0x60; 0x96 more
/// makes it 0xF6, so that the digits' sum, when it is ten or more, reaches 0x100 and leaves its byte.
const BIAS: u64 = u64::from_ne_bytes([0x96; WORD]);

/// The lower half of each byte.
const LOW_HALVES: u64 = u64::from_ne_bytes([0x0F; WORD]);

/// Six in each byte.
const SIXES: u64 = u64::from_ne_bytes([0x06; WORD]);

/// A natural number in decimal: its digits in ASCII, eight to a word.
///
/// The least significant word comes first, and in a word the most significant digit is the highest
/// byte: the words from last to first, each as big-endian bytes, are the number's text.
///
/// Adding needs no division, as there is no radix to convert from. With one operand's bytes biased,
/// the carry between bytes that the processor makes anyway is the carry between digits; a mask and a
/// subtraction make digits of the bytes again. n digits cost n/8 additions of words, fewer still
/// where the processor adds several words at once.
///
/// ```
/// # use fibonacci_web::fibonacci::Decimal;
/// # use num_bigint::BigUint;
/// let mut number = Decimal::from(&BigUint::from(999_999_999_u32));
/// number += &Decimal::from(&BigUint::from(1_u32));
/// assert_eq!(number.to_string(), "1000000000");
/// assert_eq!(number.digits(), 10);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// At least one; the last has a digit other than 0, unless it is the only one.
    words: Vec<u64>,
    /// How many digits the number has: those of all words, but for the last one's leading zeros.
    digits: usize,
}

impl Decimal {
    /// The number whose digits these are: ASCII, at least one, none of them a leading zero but in
    /// `0` itself.
    pub(super) fn from_text(text: &[u8]) -> Self {
        debug_assert!(text == b"0" || matches!(text, [b'1'..=b'9', ..]));
        let word = |digits: &[u8]| {
            let mut bytes = [b'0'; WORD];
            bytes[WORD - digits.len()..].copy_from_slice(digits);
            u64::from_be_bytes(bytes)
        };
        Self {
            words: text.rchunks(WORD).map(word).collect(),
            digits: text.len(),
        }
    }

    /// How many digits it has; 0 has one.
    #[must_use]
    pub const fn digits(&self) -> usize {
        self.digits
    }

    /// Copies the digits into `text`, which has room for just these.
    ///
    /// # Panics
    ///
    /// When `text` is not [`digits`](Self::digits) long.
    #[inline(always)]
    pub fn write_to(&self, text: &mut [u8]) {
        assert_eq!(text.len(), self.digits);
        let (last, rest) = self.words.split_last().expect("at least one word");
        let (head, tail) = text.split_at_mut(self.digits - WORD * rest.len());
        head.copy_from_slice(&last.to_be_bytes()[WORD - head.len()..]);
        let (tail, _) = tail.as_chunks_mut();
        for (digits, word) in tail.iter_mut().zip(rest.iter().rev()) {
            *digits = word.to_be_bytes();
        }
    }

    /// Adds `other`.
    ///
    /// A first pass adds word by word without carries between words; a second gives each word the
    /// carry of the one before it. Neither waits for the word before, so that the compiler adds
    /// several words at once. That misses a carry that runs through a whole word, whose sum was
    /// 99 999 999: one in 10^8 of random words. Where there is such a word, the second pass goes
    /// word by word.
    #[inline(always)]
    pub(super) fn add(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), ZEROS);
        }
        let (words, higher) = self.words.split_at_mut(other.words.len());
        let mut nines = 0;
        for (word, &addend) in words.iter_mut().zip(&other.words) {
            *word = word.wrapping_add(addend.wrapping_add(BIAS));
            // The highest bit of this is set for a word of ones alone, which stands for nines.
            nines |= *word & !word.wrapping_add(1);
        }
        let mut carry = if carries(nines) {
            settle(words)
        } else {
            settle_apart(words)
        };
        for word in higher {
            if carry == 0 {
                break;
            }
            *word = word.wrapping_add(ZEROS.wrapping_add(BIAS));
            carry = settle_word(word, carry);
        }
        if carry != 0 {
            self.words.push(ZEROS + 1);
        }
        let last = self.words[self.words.len() - 1];
        let leading_zeros = ((last ^ ZEROS).leading_zeros() / u8::BITS) as usize;
        self.digits = WORD * self.words.len() - leading_zeros.min(WORD - 1);
    }
}

/// Whether the highest bit is set.
#[inline(always)]
const fn carries(word: u64) -> bool {
    word >> 63 != 0
}

/// What a biased sum of two words carries on: 1 where it left its word, and so has a high byte below
/// 0x0A, else 0, with a high byte of 0xF6 or more.
#[inline(always)]
const fn carry_of(sum: u64) -> u64 {
    1 - (sum >> 63)
}

/// The digits of a biased sum, in ASCII. A byte that carried is its digit; one that did not is 0xF6
/// more, of which a six is left in the lower half.
#[inline(always)]
const fn mend(sum: u64) -> u64 {
    ((sum & LOW_HALVES) - ((sum >> 4) & SIXES)) | ZEROS
}

/// Gives each biased sum the carry of the one before it, and makes digits of it; none of the sums is
/// of nines alone. Returns the carry of the last one.
#[inline(always)]
fn settle_apart(sums: &mut [u64]) -> u64 {
    let mut carry = 0;
    for sum in sums {
        let given = carry;
        carry = carry_of(*sum);
        *sum = mend(*sum + given);
    }
    carry
}

/// The same for any sums.
#[cold]
fn settle(sums: &mut [u64]) -> u64 {
    sums.iter_mut()
        .fold(0, |carry, sum| settle_word(sum, carry))
}

#[inline(always)]
fn settle_word(sum: &mut u64, given: u64) -> u64 {
    let (total, overflow) = sum.overflowing_add(given);
    let carry = carry_of(*sum) | u64::from(overflow);
    *sum = mend(total);
    carry
}

impl AddAssign<&Self> for Decimal {
    fn add_assign(&mut self, other: &Self) {
        self.add(other);
    }
}

impl From<&BigUint> for Decimal {
    /// One conversion of radix, which costs more than the square of the digits does to multiply.
    fn from(number: &BigUint) -> Self {
        Self::from_text(number.to_string().as_bytes())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = vec![0; self.digits];
        self.write_to(&mut text);
        out.pad_integral(true, "", &String::from_utf8_lossy(&text))
    }
}

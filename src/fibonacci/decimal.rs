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

/// Words that are added at once: two of the widest vectors that are used, of four words each. So no
/// number has words left over that would have to be added one by one.
const LANES: usize = 8;

/// [`LANES`] words, the least significant first.
type Block = [u64; LANES];

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
    /// As many as the digits take, and at least one; filled up with the digit 0.
    blocks: Vec<Block>,
    /// How many digits the number has, without leading zeros; 0 has one.
    digits: usize,
}

impl Decimal {
    /// The number whose digits these are: ASCII, at least one, none of them a leading zero but in
    /// `0` itself.
    pub(super) fn from_text(text: &[u8]) -> Self {
        debug_assert!(text == b"0" || matches!(text, [b'1'..=b'9', ..]));
        let block = |digits: &[u8]| {
            let mut block = [ZEROS; LANES];
            for (word, digits) in block.iter_mut().zip(digits.rchunks(WORD)) {
                let mut bytes = [b'0'; WORD];
                bytes[WORD - digits.len()..].copy_from_slice(digits);
                *word = u64::from_be_bytes(bytes);
            }
            block
        };
        Self {
            blocks: text.rchunks(WORD * LANES).map(block).collect(),
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
        let (last, rest) = self.blocks.split_last().expect("at least one block");
        let (head, tail) = text.split_at_mut(self.digits - WORD * LANES * rest.len());
        let whole = text_of(last);
        head.copy_from_slice(&whole[whole.len() - head.len()..]);
        let (tail, _) = tail.as_chunks_mut();
        for (text, block) in tail.iter_mut().zip(rest.iter().rev()) {
            *text = text_of(block);
        }
    }

    /// Adds `other`.
    ///
    /// All words of a block are added without the carries between them, and then each is given the
    /// carry of the one before it: none waits for another, so that the compiler adds several at once.
    /// That would miss a carry that runs through a whole word, whose sum is 99 999 999: one in 10^8
    /// of random words. A block that has such a word is added word by word.
    #[inline(always)]
    pub(super) fn add(&mut self, other: &Self) {
        if self.blocks.len() < other.blocks.len() {
            self.blocks.resize(other.blocks.len(), [ZEROS; LANES]);
        }
        let mut carry = 0;
        let (blocks, higher) = self.blocks.split_at_mut(other.blocks.len());
        for (block, addend) in blocks.iter_mut().zip(&other.blocks) {
            carry = add_block(block, addend, carry);
        }
        for block in higher {
            if carry == 0 {
                break;
            }
            carry = add_block(block, &[ZEROS; LANES], carry);
        }
        if carry != 0 {
            let mut block = [ZEROS; LANES];
            block[0] += carry;
            self.blocks.push(block);
        }
        // A sum has the digits of the longer number, or one more.
        self.digits = self.digits.max(other.digits);
        let (block, place) = (self.digits / (WORD * LANES), self.digits % (WORD * LANES));
        if let Some(block) = self.blocks.get(block) {
            let digit = block[place / WORD].to_le_bytes()[place % WORD];
            self.digits += usize::from(digit != b'0');
        }
    }
}

/// The text of a whole block.
#[inline(always)]
fn text_of(block: &Block) -> [u8; WORD * LANES] {
    let mut text = [0; WORD * LANES];
    let (words, _) = text.as_chunks_mut();
    for (text, word) in words.iter_mut().rev().zip(block) {
        *text = word.to_be_bytes();
    }
    text
}

/// Adds a block and a carry to another, and returns the carry of the sum.
#[inline(always)]
fn add_block(block: &mut Block, addend: &Block, carry: u64) -> u64 {
    let mut sums = [0; LANES];
    for ((sum, word), addend) in sums.iter_mut().zip(&*block).zip(addend) {
        *sum = word.wrapping_add(addend.wrapping_add(BIAS));
    }
    // A sum of nines is a word of ones, the only one that adding one to clears the highest bit of.
    let nines = sums
        .iter()
        .fold(0, |nines, sum| nines | (sum & !sum.wrapping_add(1)));
    if nines >> 63 != 0 {
        return settle_in_turn(block, &sums, carry);
    }
    let mut carries = [carry; LANES];
    for (carry, sum) in carries[1..].iter_mut().zip(&sums) {
        *carry = carry_of(*sum);
    }
    for ((word, sum), carry) in block.iter_mut().zip(sums).zip(carries) {
        *word = mend(sum.wrapping_add(carry));
    }
    carry_of(sums[LANES - 1])
}

/// The digits of biased sums, each given the carry of the one before it, for any sums.
#[cold]
fn settle_in_turn(block: &mut Block, sums: &Block, mut carry: u64) -> u64 {
    for (word, &sum) in block.iter_mut().zip(sums) {
        let (total, overflow) = sum.overflowing_add(carry);
        carry = carry_of(sum) | u64::from(overflow);
        *word = mend(total);
    }
    carry
}

/// What a biased sum of two words carries on: 1 where it left its word, and so has a high byte below
/// 0x0A, else 0, with a high byte of 0xF6 or more.
#[inline(always)]
const fn carry_of(sum: u64) -> u64 {
    !sum >> 63
}

/// The digits of a biased sum, in ASCII. A byte that carried is its digit; one that did not is 0xF6
/// more, of which a six is left in the lower half.
#[inline(always)]
const fn mend(sum: u64) -> u64 {
    ((sum & LOW_HALVES) - ((sum >> 4) & SIXES)) | ZEROS
}

impl AddAssign<&Self> for Decimal {
    fn add_assign(&mut self, other: &Self) {
        self.add(other);
    }
}

impl From<&BigUint> for Decimal {
    /// One conversion of radix: nearly quadratic in the digits.
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

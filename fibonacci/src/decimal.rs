//! Numbers stored as the text of their digits, so that printing is copying.

#![expect(
    clippy::inline_always,
    reason = "only inlined code is compiled for the caller's instruction set"
)]

use std::fmt;
use std::ops::AddAssign;

use num_bigint::BigUint;

/// The digits in a word: one in each byte.
const WORD_DIGITS: usize = 8;

/// The ASCII digits `00000000`.
const ZEROS: u64 = u64::from_ne_bytes([b'0'; WORD_DIGITS]);

/// Makes the sum of two ASCII digits carry into the next byte exactly when the digits carry.
/// `'0' + '0'` is 0x60, and 0x60 + 0x96 = 0xF6, so a digit sum of ten or more reaches 0x100.
const BIAS: u64 = u64::from_ne_bytes([0x96; WORD_DIGITS]);

/// The lower half of each byte.
const LOW_HALVES: u64 = u64::from_ne_bytes([0x0F; WORD_DIGITS]);

/// Six in each byte.
const SIXES: u64 = u64::from_ne_bytes([0x06; WORD_DIGITS]);

/// The words in a block: two of the widest vectors in use, which have four words each. Numbers are
/// whole blocks, so that no words remain to be added one by one.
const LANES: usize = 8;

/// The digits in a block.
const BLOCK_DIGITS: usize = WORD_DIGITS * LANES;

/// [`LANES`] words, the least significant first.
type Block = [u64; LANES];

/// A natural number in decimal, stored as ASCII digits.
///
/// Addition needs no conversion of radix, and printing is a copy.
///
/// # Representation
///
/// A word holds eight digits. The least significant word comes first, and in each word the most
/// significant digit is the highest byte: the words from last to first, each as big-endian bytes,
/// are the text of the number.
///
/// To add two words, a bias is added to the bytes of one of them, so that the processor's carry
/// between bytes is the carry between digits. A mask and a subtraction turn the resulting bytes
/// into ASCII digits again.
///
/// # Cost
///
/// Memory is one byte per digit. An addition is O(d) for d digits: it adds whole words of eight
/// digits, and several words at once where the processor has vector instructions.
///
/// ```
/// # use fibonacci::Decimal;
/// # use num_bigint::BigUint;
/// let mut number = Decimal::from(&BigUint::from(999_999_999_u32));
/// number += &Decimal::from(&BigUint::from(1_u32));
/// assert_eq!(number.to_string(), "1000000000");
/// assert_eq!(number.digits(), 10);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// As many as the digits need, and at least one; padded with the digit 0.
    blocks: Vec<Block>,
    /// The number of digits without leading zeros; 0 has one digit.
    digits: usize,
}

impl Decimal {
    /// Creates the number with these ASCII digits: at least one, without leading zeros except for
    /// `0` itself.
    pub(crate) fn from_text(text: &[u8]) -> Self {
        debug_assert!(text == b"0" || matches!(text, [b'1'..=b'9', ..]));
        let block = |digits: &[u8]| {
            let mut block = [ZEROS; LANES];
            for (word, digits) in block.iter_mut().zip(digits.rchunks(WORD_DIGITS)) {
                let mut bytes = [b'0'; WORD_DIGITS];
                bytes[WORD_DIGITS - digits.len()..].copy_from_slice(digits);
                *word = u64::from_be_bytes(bytes);
            }
            block
        };
        Self { blocks: text.rchunks(BLOCK_DIGITS).map(block).collect(), digits: text.len() }
    }

    /// Returns the number of decimal digits; 0 has one. O(1).
    #[must_use]
    pub const fn digits(&self) -> usize {
        self.digits
    }

    /// Copies the digits into `text`, as ASCII, without allocation.
    ///
    /// # Panics
    ///
    /// Panics if the length of `text` is not [`digits`](Self::digits).
    ///
    /// ```
    /// # use fibonacci::Decimal;
    /// # use num_bigint::BigUint;
    /// let number = Decimal::from(&BigUint::from(144_u32));
    /// let mut line = *b"F(12) = ???";
    /// number.write_to(&mut line[8..]);
    /// assert_eq!(&line, b"F(12) = 144");
    /// ```
    #[inline(always)]
    pub fn write_to(&self, text: &mut [u8]) {
        assert_eq!(text.len(), self.digits);
        let (last, rest) = self.blocks.split_last().expect("at least one block");
        let (head, tail) = text.split_at_mut(self.digits - BLOCK_DIGITS * rest.len());
        let whole = block_text(last);
        head.copy_from_slice(&whole[whole.len() - head.len()..]);
        let (tail, _) = tail.as_chunks_mut();
        for (text, block) in tail.iter_mut().zip(rest.iter().rev()) {
            *text = block_text(block);
        }
    }

    /// Adds `other`.
    #[inline(always)]
    pub(crate) fn add(&mut self, other: &Self) {
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
        // The sum has as many digits as the longer number, or one more.
        self.digits = self.digits.max(other.digits);
        let (block, position) = (self.digits / BLOCK_DIGITS, self.digits % BLOCK_DIGITS);
        if let Some(block) = self.blocks.get(block) {
            let digit = block[position / WORD_DIGITS].to_le_bytes()[position % WORD_DIGITS];
            self.digits += usize::from(digit != b'0');
        }
    }
}

/// Returns the text of a whole block.
#[inline(always)]
fn block_text(block: &Block) -> [u8; BLOCK_DIGITS] {
    let mut text = [0; BLOCK_DIGITS];
    let (words, _) = text.as_chunks_mut();
    for (text, word) in words.iter_mut().rev().zip(block) {
        *text = word.to_be_bytes();
    }
    text
}

/// Adds `addend` and `carry` to `block`, and returns the carry of the sum.
///
/// All words are added first, without the carries between them; then each word gets the carry of
/// the word before it. No word waits for another, so that the compiler can use vector instructions.
/// This is wrong for a carry that passes through a whole word. Such a word has the sum 99 999 999,
/// as one in 10^8 random words does. A block with such a word is added word by word instead.
#[inline(always)]
fn add_block(block: &mut Block, addend: &Block, carry: u64) -> u64 {
    let mut sums = [0; LANES];
    for ((sum, word), addend) in sums.iter_mut().zip(&*block).zip(addend) {
        *sum = word.wrapping_add(addend.wrapping_add(BIAS));
    }
    // The biased sum 99 999 999 has all bits set. It is the only one whose highest bit changes from
    // one to zero when one is added.
    let nines = sums.iter().fold(0, |nines, sum| nines | (sum & !sum.wrapping_add(1)));
    if nines >> 63 != 0 {
        return carry_word_by_word(block, &sums, carry);
    }
    let mut carries = [carry; LANES];
    for (carry, sum) in carries[1..].iter_mut().zip(&sums) {
        *carry = carry_of(*sum);
    }
    for ((word, sum), carry) in block.iter_mut().zip(sums).zip(carries) {
        *word = to_ascii(sum.wrapping_add(carry));
    }
    carry_of(sums[LANES - 1])
}

/// Writes the digits of the biased `sums` to `block`, with the carries between them, and returns
/// the last carry. Correct for any sums.
#[cold]
fn carry_word_by_word(block: &mut Block, sums: &Block, mut carry: u64) -> u64 {
    for (word, &sum) in block.iter_mut().zip(sums) {
        let (total, overflow) = sum.overflowing_add(carry);
        carry = carry_of(sum) | u64::from(overflow);
        *word = to_ascii(total);
    }
    carry
}

/// Returns the carry of a biased sum of two words: 1 if the sum overflowed, which leaves a high
/// byte below 0x0A; else 0, with a high byte of at least 0xF6.
#[inline(always)]
const fn carry_of(sum: u64) -> u64 {
    !sum >> 63
}

/// Returns the ASCII digits of a biased sum. A byte that carried is the digit itself. A byte that
/// did not is the digit plus 0xF6, so six is subtracted from its lower half.
#[inline(always)]
const fn to_ascii(sum: u64) -> u64 {
    ((sum & LOW_HALVES) - ((sum >> 4) & SIXES)) | ZEROS
}

impl AddAssign<&Self> for Decimal {
    fn add_assign(&mut self, other: &Self) {
        self.add(other);
    }
}

impl From<&BigUint> for Decimal {
    /// Converts a number to decimal, which costs more than a multiplication of numbers of that
    /// size.
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

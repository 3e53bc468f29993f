//! The sequence in decimal, and lists of its terms as text.
//!
//! Both are in one module so that they are compiled in one codegen unit. Apart, lists take 1.5 times
//! as long in a release profile with several codegen units.

#![expect(
    clippy::inline_always,
    reason = "only inlined code is compiled for the caller's instruction set"
)]

use std::{iter, mem};

use pulp::{Arch, NullaryFnOnce};

use crate::decimal::Decimal;
use crate::length;
use crate::nth_digits::{MAX_BIGUINT_INDEX, NthDigits, nth_digits};
use crate::sequence::Fibonacci;

/// The sequence in decimal, from any index on.
///
/// The terms are those of [`Fibonacci`], without a conversion of radix for each:
///
/// ```
/// # use fibonacci::{DecimalFibonacci, Fibonacci};
/// let mut terms = DecimalFibonacci::from(Fibonacci::starting_at(1_000));
/// for term in Fibonacci::starting_at(1_000).take(20) {
///     assert_eq!(terms.term().to_string(), term.to_string());
///     terms.advance();
/// }
/// ```
///
/// # Cost
///
/// A step is one addition of [`Decimal`]s, O(n) from F(n). Memory is two terms. The conversion from
/// a [`Fibonacci`] converts two `BigUint`s to decimal; for large terms,
/// [`starting_at`](Self::starting_at) is faster.
#[derive(Clone, Debug)]
pub struct DecimalFibonacci {
    term: Decimal,
    next: Decimal,
    recomputed: bool,
}

impl DecimalFibonacci {
    /// Returns the sequence from F(`index`) on.
    ///
    /// # Cost
    ///
    /// O(n log n) for n = `index`: two terms, computed by [`nth_digits`](crate::nth_digits()).
    ///
    /// ```
    /// # use fibonacci::DecimalFibonacci;
    /// assert_eq!(DecimalFibonacci::starting_at(100).term().to_string(), "354224848179261915075");
    /// ```
    #[must_use]
    pub fn starting_at(index: u64) -> Self {
        // One doubling gives both terms of a small pair; two large terms are faster separately.
        if index <= MAX_BIGUINT_INDEX {
            return Fibonacci::starting_at(index).into();
        }
        Self::of_pair(&nth_digits(index), &nth_digits(index + 1))
    }

    /// Returns the sequence from two consecutive terms on.
    fn of_pair(term: &NthDigits, next: &NthDigits) -> Self {
        Self {
            term: Decimal::from_text(term.text.as_bytes()),
            next: Decimal::from_text(next.text.as_bytes()),
            recomputed: term.recomputed || next.recomputed,
        }
    }

    /// Returns whether one of the first two terms failed its check and was computed again: see
    /// [`NthDigits::recomputed`](crate::NthDigits::recomputed). The terms are exact in either case.
    #[must_use]
    pub const fn was_recomputed(&self) -> bool {
        self.recomputed
    }

    /// Returns the current term.
    #[must_use]
    pub const fn term(&self) -> &Decimal {
        &self.term
    }

    /// Moves to the next term: one addition.
    pub fn advance(&mut self) {
        self.advance_inline();
    }

    /// [`advance`](Self::advance), for callers that are compiled for several instruction sets.
    #[inline(always)]
    fn advance_inline(&mut self) {
        self.term.add(&self.next);
        mem::swap(&mut self.term, &mut self.next);
    }
}

impl From<Fibonacci> for DecimalFibonacci {
    fn from(terms: Fibonacci) -> Self {
        Self {
            term: Decimal::from(&terms.term),
            next: Decimal::from(&terms.next),
            recomputed: false,
        }
    }
}

/// The format of a [`ListText`]: one row for each term.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The text between two rows. There is none after the last row.
    pub separator: &'static [u8],
    /// Whether each row starts with the index of the term and a comma.
    pub numbered: bool,
}

impl Layout {
    /// Returns the size in bytes of `count` rows from F(`from`) on, with a separator after each.
    fn bytes(self, from: u64, count: u64) -> u64 {
        let indices = if self.numbered {
            digits_of_integers_below(from + count) - digits_of_integers_below(from) + count
        } else {
            0
        };
        length::digits_of_terms(from, count) + indices + count * self.separator.len() as u64
    }
}

/// Returns the total number of digits of the integers from 0 to `end` - 1: one each, and for every
/// power of ten, one more for each integer from it on.
fn digits_of_integers_below(end: u64) -> u64 {
    let powers = iter::successors(Some(10_u64), |power| power.checked_mul(10));
    end + powers.map(|power| end.saturating_sub(power)).sum::<u64>()
}

/// The text of consecutive terms, written piece by piece into buffers of the caller.
///
/// The length of the text is known in advance ([`length`](Self::length)), and the text can start at
/// any byte ([`position`](Self::position)).
///
/// # Cost
///
/// A term of d digits takes O(d): one addition and one copy. Memory is at most four terms, and the
/// buffer.
///
/// ```
/// # use fibonacci::{Layout, ListText};
/// let layout = Layout { separator: b", ", numbered: false };
/// let mut text = ListText::new(10, 5, layout);
/// let mut buffer = [0; 16];
/// let length = text.fill(&mut buffer);
/// assert_eq!(&buffer[..length], b"55, 89, 144, 233");
/// let length = text.fill(&mut buffer);
/// assert_eq!(&buffer[..length], b", 377");
/// assert_eq!(text.fill(&mut buffer), 0);
///
/// let layout = Layout { separator: b"\r\n", numbered: true };
/// let length = ListText::new(10, 2, layout).fill(&mut buffer);
/// assert_eq!(&buffer[..length], b"10,55\r\n11,89");
/// ```
#[derive(Clone, Debug)]
pub struct ListText {
    terms: DecimalFibonacci,
    /// The index of the current term.
    index: u64,
    /// The number of terms that are not written yet, including the current one.
    remaining: u64,
    layout: Layout,
    /// A row that did not fit into the caller's buffer.
    pending: Vec<u8>,
    /// The number of bytes of `pending` that are written.
    pending_written: usize,
    arch: Arch,
}

impl ListText {
    /// Returns the text of `count` terms from F(`from`) on.
    ///
    /// # Cost
    ///
    /// O(n log n) for n = `from`: the first two terms, computed by
    /// [`nth_digits`](crate::nth_digits()).
    #[must_use]
    pub fn new(from: u64, count: u64, layout: Layout) -> Self {
        Self {
            terms: DecimalFibonacci::starting_at(from),
            index: from,
            remaining: count,
            layout,
            pending: Vec::new(),
            pending_written: 0,
            arch: Arch::new(),
        }
    }

    /// Returns the length in bytes of the text of `count` terms from F(`from`) on, without
    /// computing a term. O(log n) for n = `from + count`.
    ///
    /// # Panics
    ///
    /// Panics if `from + count` is 2³² or more.
    ///
    /// ```
    /// # use fibonacci::{Layout, ListText};
    /// let layout = Layout { separator: b", ", numbered: false };
    /// assert_eq!(ListText::length(10, 5, layout), "55, 89, 144, 233, 377".len() as u64);
    /// ```
    #[must_use]
    pub fn length(from: u64, count: u64, layout: Layout) -> u64 {
        // There is no separator after the last row.
        let surplus = if count > 0 { layout.separator.len() } else { 0 };
        layout.bytes(from, count) - surplus as u64
    }

    /// Returns the position of byte `offset` in the text of `count` terms from F(`from`) on: the
    /// number of whole rows before this byte, each with its separator, and the number of bytes
    /// between those rows and this byte.
    ///
    /// `offset` should be less than [`length`](Self::length). No term is computed: O(log² n) for
    /// n = `from + count`.
    ///
    /// # Panics
    ///
    /// Panics if `from + count` is 2³² or more.
    ///
    /// ```
    /// # use fibonacci::{Layout, ListText};
    /// // The text "55, 89, 144, 233, 377" from byte 9 on:
    /// let layout = Layout { separator: b", ", numbered: false };
    /// let (terms, bytes) = ListText::position(10, 5, layout, 9);
    /// assert_eq!((terms, bytes), (2, 1));
    /// let mut text = ListText::new(10 + terms, 5 - terms, layout).skipping(bytes);
    /// let mut buffer = [0; 12];
    /// assert_eq!(text.fill(&mut buffer), 12);
    /// assert_eq!(&buffer, b"44, 233, 377");
    /// ```
    #[must_use]
    pub fn position(from: u64, count: u64, layout: Layout, offset: u64) -> (u64, u64) {
        let bytes = |terms| layout.bytes(from, terms);
        // The greatest number of rows with at most `offset` bytes.
        let (mut first, mut end) = (0, count + 1);
        while end - first > 1 {
            let middle = first.midpoint(end);
            if bytes(middle) <= offset {
                first = middle;
            } else {
                end = middle;
            }
        }
        (first, offset - bytes(first))
    }

    /// Returns the same text without its next `bytes` bytes, or an empty text if there are fewer.
    ///
    /// The skipped text is computed and discarded: to skip whole rows, use
    /// [`position`](Self::position).
    #[must_use]
    pub fn skipping(mut self, mut bytes: u64) -> Self {
        let mut discarded = [0; 1 << 12];
        while bytes > 0 {
            let length =
                usize::try_from(bytes).map_or(discarded.len(), |bytes| bytes.min(discarded.len()));
            if self.fill(&mut discarded[..length]) < length {
                break;
            }
            bytes -= length as u64;
        }
        self
    }

    /// Returns whether one of the first two terms failed its check and was computed again: see
    /// [`DecimalFibonacci::was_recomputed`].
    #[must_use]
    pub const fn was_recomputed(&self) -> bool {
        self.terms.was_recomputed()
    }

    /// Writes the next part of the text to `buffer`, as much as fits, and returns its length in
    /// bytes. It is less than the length of `buffer` only at the end of the text, and 0 after it.
    pub fn fill(&mut self, buffer: &mut [u8]) -> usize {
        self.arch.dispatch(Fill { list: self, buffer })
    }

    #[inline(always)]
    fn fill_inline(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = self.copy_pending(buffer);
        while self.remaining > 0 && self.pending_written == self.pending.len() {
            let row = Row {
                index: self.layout.numbered.then_some(self.index),
                term: self.terms.term(),
                separator: if self.remaining > 1 { self.layout.separator } else { b"" },
            };
            let length = row.length();
            let free = &mut buffer[filled..];
            if let Some(free) = free.get_mut(..length) {
                row.write_to(free);
                filled += length;
            } else {
                self.pending.clear();
                self.pending.resize(length, 0);
                row.write_to(&mut self.pending);
                self.pending_written = 0;
                filled += self.copy_pending(free);
            }
            self.terms.advance_inline();
            self.index += 1;
            self.remaining -= 1;
        }
        filled
    }

    /// Copies the next part of the pending row to `buffer` and returns its length.
    fn copy_pending(&mut self, buffer: &mut [u8]) -> usize {
        let pending = &self.pending[self.pending_written..];
        let length = pending.len().min(buffer.len());
        buffer[..length].copy_from_slice(&pending[..length]);
        self.pending_written += length;
        length
    }
}

/// A term, the index before it if there is one, and the separator after it.
struct Row<'a> {
    index: Option<u64>,
    term: &'a Decimal,
    separator: &'static [u8],
}

impl Row<'_> {
    #[inline(always)]
    fn length(&self) -> usize {
        let index = self.index.map_or(0, |index| decimal_length(index) + 1);
        index + self.term.digits() + self.separator.len()
    }

    /// Writes the row to `text`, whose length must be [`length`](Self::length).
    #[inline(always)]
    fn write_to(&self, mut text: &mut [u8]) {
        if let Some(mut index) = self.index {
            let (digits, rest) = text.split_at_mut(decimal_length(index));
            for digit in digits.iter_mut().rev() {
                *digit = b'0' + (index % 10) as u8;
                index /= 10;
            }
            rest[0] = b',';
            text = &mut rest[1..];
        }
        let (term, separator) = text.split_at_mut(self.term.digits());
        self.term.write_to(term);
        separator.copy_from_slice(self.separator);
    }
}

fn decimal_length(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |power| power as usize + 1)
}

/// [`ListText::fill`] as a function that `pulp` compiles for several instruction sets. The best one
/// that the processor supports is selected at run time.
struct Fill<'a, 'b> {
    list: &'a mut ListText,
    buffer: &'b mut [u8],
}

impl NullaryFnOnce for Fill<'_, '_> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        self.list.fill_inline(self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_tells_whether_one_of_its_first_terms_was_computed_again() {
        let term = |text: &str, recomputed| NthDigits { text: text.to_owned(), recomputed };
        for (first, second) in [(false, false), (false, true), (true, false), (true, true)] {
            let terms = DecimalFibonacci::of_pair(&term("8", first), &term("13", second));
            assert_eq!(terms.was_recomputed(), first || second);
            let list = ListText {
                terms,
                ..ListText::new(6, 2, Layout { separator: b"", numbered: false })
            };
            assert_eq!(list.was_recomputed(), first || second);
        }
    }
}

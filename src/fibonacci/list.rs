//! The sequence as it is read: text, a term after the other.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for its caller's instruction set"
)]

use std::{iter, mem};

use pulp::{Arch, NullaryFnOnce};

use super::nth_digits::SMALL;
use super::{Decimal, Fibonacci, length, nth_digits};

/// The sequence in decimal, from any index on: an addition of [`Decimal`]s a term.
///
/// It goes on like this, without a conversion of radix a term:
///
/// ```
/// # use fibonacci_web::fibonacci::{DecimalFibonacci, Fibonacci};
/// let mut terms = DecimalFibonacci::from(Fibonacci::starting_at(1_000));
/// for term in Fibonacci::starting_at(1_000).take(20) {
///     assert_eq!(terms.term().to_string(), term.to_string());
///     terms.advance();
/// }
/// ```
#[derive(Clone, Debug)]
pub struct DecimalFibonacci {
    term: Decimal,
    next: Decimal,
    recomputed: bool,
}

impl DecimalFibonacci {
    /// The sequence from F(`index`) on.
    ///
    /// Costs what the two terms cost to compute.
    #[must_use]
    pub fn starting_at(index: u64) -> Self {
        // Two small terms come from one doubling, where two large ones are faster on their own.
        if index <= SMALL {
            return Fibonacci::starting_at(index).into();
        }
        let (term, next) = (nth_digits(index), nth_digits(index + 1));
        Self {
            term: Decimal::from_text(term.text.as_bytes()),
            next: Decimal::from_text(next.text.as_bytes()),
            recomputed: term.recomputed || next.recomputed,
        }
    }

    /// Whether a term that it started with failed its check and was computed again the slow way: see
    /// [`NthDigits::recomputed`](super::NthDigits::recomputed).
    #[must_use]
    pub const fn was_recomputed(&self) -> bool {
        self.recomputed
    }

    /// The term at hand.
    #[must_use]
    pub const fn term(&self) -> &Decimal {
        &self.term
    }

    /// Moves on by one term: one addition in place.
    pub fn advance(&mut self) {
        self.step();
    }

    #[inline(always)]
    fn step(&mut self) {
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

/// How the terms of a [`ListText`] are set out: a row each.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// What stands between each two rows.
    pub separator: &'static [u8],
    /// Whether a row starts with the term's index and a comma.
    pub numbered: bool,
}

impl Layout {
    /// How many bytes the rows of the `count` terms from F(`from`) on have, each with the separator
    /// after it.
    fn bytes(self, from: u64, count: u64) -> u64 {
        let numbers = if self.numbered {
            digits_of_numbers_before(from + count) - digits_of_numbers_before(from) + count
        } else {
            0
        };
        length::digits_of_terms(from, count) + numbers + count * self.separator.len() as u64
    }
}

/// How many digits the numbers 0 to `end` - 1 have together: one each, and one more each from every
/// power of ten on.
fn digits_of_numbers_before(end: u64) -> u64 {
    let powers = iter::successors(Some(10_u64), |power| power.checked_mul(10));
    let powers = powers.take_while(|power| *power < end);
    end + powers.map(|power| end - power).sum::<u64>()
}

/// The text of a window of the sequence: its terms with a separator between each two, written piece
/// by piece into buffers of the caller's.
///
/// Memory: four terms and what the caller gives. A term costs its addition and a copy.
///
/// ```
/// # use fibonacci_web::fibonacci::{Layout, ListText};
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
    /// The index of the term at hand.
    index: u64,
    /// The terms that are still to be written, with the one at hand.
    remaining: u64,
    layout: Layout,
    /// A row that did not fit a buffer, and how much of it is written.
    rest: Vec<u8>,
    written: usize,
    arch: Arch,
}

impl ListText {
    /// The text of the `count` terms from F(`from`) on.
    #[must_use]
    pub fn new(from: u64, count: u64, layout: Layout) -> Self {
        Self {
            terms: DecimalFibonacci::starting_at(from),
            index: from,
            remaining: count,
            layout,
            rest: Vec::new(),
            written: 0,
            arch: Arch::new(),
        }
    }

    /// How many bytes the text of these terms has.
    ///
    /// # Panics
    ///
    /// When `from + count` is 2³² or more.
    #[must_use]
    pub fn length(from: u64, count: u64, layout: Layout) -> u64 {
        // After the last row there is no separator.
        let surplus = if count > 0 { layout.separator.len() } else { 0 };
        layout.bytes(from, count) - surplus as u64
    }

    /// Where byte `offset` of the text of these terms is: how many rows end before it, separator and
    /// all, and how many bytes it is past these. From the lengths of all, without computing a term.
    ///
    /// # Panics
    ///
    /// When `from + count` is 2³² or more.
    ///
    /// ```
    /// # use fibonacci_web::fibonacci::{Layout, ListText};
    /// // The text is "55, 89, 144, 233, 377", of which this is the end.
    /// let layout = Layout { separator: b", ", numbered: false };
    /// let (terms, bytes) = ListText::locate(10, 5, layout, 9);
    /// assert_eq!((terms, bytes), (2, 1));
    /// let mut text = ListText::new(10 + terms, 5 - terms, layout).skipping(bytes);
    /// let mut buffer = [0; 12];
    /// assert_eq!(text.fill(&mut buffer), 12);
    /// assert_eq!(&buffer, b"44, 233, 377");
    /// ```
    #[must_use]
    pub fn locate(from: u64, count: u64, layout: Layout, offset: u64) -> (u64, u64) {
        let bytes = |terms| layout.bytes(from, terms);
        // The last of these whose text starts at the offset or before it.
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

    /// The same text without its next `bytes`: these are written into the void.
    #[must_use]
    pub fn skipping(mut self, mut bytes: u64) -> Self {
        let mut void = [0; 1 << 12];
        while bytes > 0 {
            let length = usize::try_from(bytes).map_or(void.len(), |bytes| bytes.min(void.len()));
            if self.fill(&mut void[..length]) < length {
                break;
            }
            bytes -= length as u64;
        }
        self
    }

    /// Whether a term that it started with failed its check: see
    /// [`DecimalFibonacci::was_recomputed`].
    #[must_use]
    pub const fn was_recomputed(&self) -> bool {
        self.terms.was_recomputed()
    }

    /// Writes the text that comes next, as much as `buffer` takes, and says how much that is: less
    /// than the whole buffer only at the end.
    pub fn fill(&mut self, buffer: &mut [u8]) -> usize {
        self.arch.dispatch(Fill { list: self, buffer })
    }

    #[inline(always)]
    fn fill_inline(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = self.take_rest(buffer);
        while self.remaining > 0 && self.written == self.rest.len() {
            let row = Row {
                number: self.layout.numbered.then_some(self.index),
                term: &self.terms.term,
                end: if self.remaining > 1 {
                    self.layout.separator
                } else {
                    b""
                },
            };
            let length = row.length();
            let free = &mut buffer[filled..];
            if let Some(free) = free.get_mut(..length) {
                row.write_to(free);
                filled += length;
            } else {
                self.rest.clear();
                self.rest.resize(length, 0);
                row.write_to(&mut self.rest);
                self.written = 0;
                filled += self.take_rest(free);
            }
            self.terms.step();
            self.index += 1;
            self.remaining -= 1;
        }
        filled
    }

    /// Copies what is left of the row that did not fit.
    fn take_rest(&mut self, buffer: &mut [u8]) -> usize {
        let rest = &self.rest[self.written..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.written += length;
        length
    }
}

/// A term with what stands around it.
struct Row<'a> {
    number: Option<u64>,
    term: &'a Decimal,
    end: &'static [u8],
}

impl Row<'_> {
    #[inline(always)]
    fn length(&self) -> usize {
        let number = self.number.map_or(0, |number| digits_of(number) + 1);
        number + self.term.digits() + self.end.len()
    }

    /// Writes the row into `text`, which has room for just this.
    #[inline(always)]
    fn write_to(&self, mut text: &mut [u8]) {
        if let Some(mut number) = self.number {
            let (digits, rest) = text.split_at_mut(digits_of(number));
            for digit in digits.iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
            rest[0] = b',';
            text = &mut rest[1..];
        }
        let (term, end) = text.split_at_mut(self.term.digits());
        self.term.write_to(term);
        end.copy_from_slice(self.end);
    }
}

fn digits_of(number: u64) -> usize {
    number
        .checked_ilog10()
        .map_or(1, |power| power as usize + 1)
}

/// [`ListText::fill`], compiled once more for each instruction set that is worth it; the one that
/// the processor has is chosen at run time.
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

//! The sequence as it is read: text, a term after the other.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for its caller's instruction set"
)]

use std::mem;

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

/// The text of a window of the sequence: its terms with a separator between each two, written piece
/// by piece into buffers of the caller's.
///
/// Memory: four terms and what the caller gives. A term costs its addition and a copy.
///
/// ```
/// # use fibonacci_web::fibonacci::ListText;
/// let mut text = ListText::new(10, 5, b", ");
/// let mut buffer = [0; 16];
/// let length = text.fill(&mut buffer);
/// assert_eq!(&buffer[..length], b"55, 89, 144, 233");
/// let length = text.fill(&mut buffer);
/// assert_eq!(&buffer[..length], b", 377");
/// assert_eq!(text.fill(&mut buffer), 0);
/// ```
#[derive(Clone, Debug)]
pub struct ListText {
    terms: DecimalFibonacci,
    /// The terms that are still to be written, with the one at hand.
    remaining: u64,
    separator: &'static [u8],
    /// Text of a term that did not fit a buffer, and how much of it is written.
    rest: Vec<u8>,
    written: usize,
    arch: Arch,
}

impl ListText {
    /// The text of the `count` terms from F(`from`) on.
    #[must_use]
    pub fn new(from: u64, count: u64, separator: &'static [u8]) -> Self {
        Self {
            terms: DecimalFibonacci::starting_at(from),
            remaining: count,
            separator,
            rest: Vec::new(),
            written: 0,
            arch: Arch::new(),
        }
    }

    /// The same text from its byte `offset` on, without the terms before it: none from its end on.
    ///
    /// Which term that byte is of is known from the lengths of all (see
    /// [`length::digits_of_terms`]), so that it costs what the two terms there do.
    ///
    /// # Panics
    ///
    /// When `from + count` is 2³² or more.
    ///
    /// ```
    /// # use fibonacci_web::fibonacci::ListText;
    /// // The text is "55, 89, 144, 233, 377", of which this is the end.
    /// let mut text = ListText::starting_at_byte(10, 5, b", ", 9);
    /// let mut buffer = [0; 12];
    /// assert_eq!(text.fill(&mut buffer), 12);
    /// assert_eq!(&buffer, b"44, 233, 377");
    /// ```
    #[must_use]
    pub fn starting_at_byte(from: u64, count: u64, separator: &'static [u8], offset: u64) -> Self {
        let skipped = Self::terms_before(from, count, separator, offset);
        let mut text = Self::new(from + skipped, count - skipped, separator);
        let mut inside = offset - text_before(from, skipped, separator);
        // What is left to skip is of one term: it is written into the void.
        let mut void = [0; 1 << 12];
        while inside > 0 {
            let length =
                usize::try_from(inside).map_or(void.len(), |inside| inside.min(void.len()));
            if text.fill(&mut void[..length]) < length {
                break;
            }
            inside -= length as u64;
        }
        text
    }

    /// How many terms end, separator and all, before byte `offset` of a text.
    #[must_use]
    pub fn terms_before(from: u64, count: u64, separator: &[u8], offset: u64) -> u64 {
        // The last of these whose text starts at the offset or before it.
        let (mut first, mut end) = (0, count + 1);
        while end - first > 1 {
            let middle = first.midpoint(end);
            if text_before(from, middle, separator) <= offset {
                first = middle;
            } else {
                end = middle;
            }
        }
        first
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
            let separator = if self.remaining > 1 {
                self.separator
            } else {
                b""
            };
            let digits = self.terms.term.digits();
            let line = digits + separator.len();
            let free = &mut buffer[filled..];
            if let Some(free) = free.get_mut(..line) {
                let (term, end) = free.split_at_mut(digits);
                self.terms.term.write_to(term);
                end.copy_from_slice(separator);
                filled += line;
            } else {
                self.rest.clear();
                self.rest.resize(digits, 0);
                self.terms.term.write_to(&mut self.rest);
                self.rest.extend_from_slice(separator);
                self.written = 0;
                filled += self.take_rest(free);
            }
            self.terms.step();
            self.remaining -= 1;
        }
        filled
    }

    /// Copies what is left of the term that did not fit.
    fn take_rest(&mut self, buffer: &mut [u8]) -> usize {
        let rest = &self.rest[self.written..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.written += length;
        length
    }
}

/// The bytes of `count` terms with a separator after each.
fn text_before(from: u64, count: u64, separator: &[u8]) -> u64 {
    length::digits_of_terms(from, count) + count * separator.len() as u64
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

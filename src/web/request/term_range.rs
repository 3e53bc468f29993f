//! A range of terms.

use std::fmt;

use fibonacci::length;

use super::number::parse_u64;
use super::parameter::{InvalidParameter, Parameter};
use crate::web::format;
use crate::web::limits::Limits;

/// The terms F(`from`) to F(`from + count - 1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermRange {
    /// The index of the first term.
    pub from: u64,
    /// The number of terms.
    pub count: u64,
}

impl TermRange {
    /// The first `count` terms.
    pub const fn first(count: u64) -> Self {
        Self { from: 0, count }
    }

    /// Parses `n` and `from` in a query, whatever the limits.
    pub fn parse(query: &str) -> Result<Self, InvalidParameter> {
        let count = Parameter::N.read(query, parse_u64)?;
        let from = Parameter::From.read_optional(query, parse_u64)?;
        Ok(Self::new(from.unwrap_or(0), count))
    }

    /// The terms from F(`from`) on of which there are `count` in all from F(0) on.
    pub const fn up_to(from: u64, count: u64) -> Self {
        Self::new(from, count.saturating_sub(from))
    }

    const fn new(from: u64, count: u64) -> Self {
        // The start of an empty list does not matter.
        Self { from: if count > 0 { from } else { 0 }, count }
    }

    /// Whether all of its terms may be returned in full, and its text is no longer than that of the first
    /// `MAX_FIRST` terms.
    pub fn fits(self, limits: Limits) -> bool {
        self.count == 0
            || self.last() <= limits.last_index()
                && self.bytes() <= Self::first(limits.max_first).bytes()
    }

    /// The largest count that fits from the same start.
    pub fn max_count(self, limits: Limits) -> u64 {
        // `low` fits, `high` does not.
        let (mut low, mut high) = (0, limits.max_first + 1);
        while high - low > 1 {
            let count = low.midpoint(high);
            if (Self { count, ..self }).fits(limits) {
                low = count;
            } else {
                high = count;
            }
        }
        low
    }

    /// The range of the same length from another start, if it fits.
    pub fn starting_at(self, from: u64, limits: Limits) -> Option<Self> {
        Some(Self { from, ..self }).filter(|range| range.fits(limits))
    }

    /// The index of the last term; of an empty range its start; at most 2^64 - 1.
    pub const fn last(self) -> u64 {
        self.from.saturating_add(self.count.saturating_sub(1))
    }

    /// Its first and last term: `F(10) to F(20)`, or `F(10)`. It must not be empty.
    pub fn name(self) -> String {
        match self.count {
            1 => format::term(self.from),
            _ => format!("{} to {}", format::term(self.from), format::term(self.last())),
        }
    }

    /// The length of its text in bytes, one term per line. The range must end before 2^32.
    fn bytes(self) -> u64 {
        length::digits_of_terms(self.from, self.count) + self.count
    }

    /// The approximate length of its text in bytes, for any range.
    #[expect(clippy::cast_precision_loss, reason = "it is approximate")]
    pub fn approximate_bytes(self) -> f64 {
        length::approximate_digits_of_terms(self.from, self.count) + self.count as f64
    }
}

/// Its part of an entity tag or a file name: `10`, or `10-from-1000`.
impl fmt::Display for TermRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, count } = self;
        if *from == 0 { write!(out, "{count}") } else { write!(out, "{count}-from-{from}") }
    }
}

/// Its part of an address: `n=10`, or `n=10&from=1000`.
#[derive(Clone, Copy, Debug)]
pub struct RangeQuery(pub TermRange);

impl fmt::Display for RangeQuery {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TermRange { from, count } = self.0;
        write!(out, "n={count}")?;
        if from > 0 {
            write!(out, "&from={from}")?;
        }
        Ok(())
    }
}

//! A stretch of the sequence, as heavy as a list may be.

use std::fmt;

use actix_web::{HttpMessage, HttpRequest};

use super::number::{LoggedIndex, Number, Parameter};
use super::{Error, Limits};
use crate::fibonacci::length;

/// The terms F(`from`) to F(`from + count - 1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The index of the first term.
    pub from: u64,
    /// How many terms there are.
    pub count: u64,
}

impl Window {
    /// The first `count` terms.
    pub const fn first(count: u64) -> Self {
        Self { from: 0, count }
    }

    /// The window that a request asks for, which is not too heavy; its count is noted for the log.
    ///
    /// # Errors
    ///
    /// [`Error::Number`] for what is not a number, [`Error::ListTooLong`] for what is too heavy.
    pub fn of(request: &HttpRequest, limits: Limits) -> Result<Self, Error> {
        let query = request.query_string();
        let count = Parameter::N.read(query, Number::parse)?.get();
        request.extensions_mut().insert(LoggedIndex(count.into()));
        let from = Parameter::From
            .only(query)
            .and_then(|typed| typed.map_or(Ok(0), |typed| Number::parse(&typed).map(Number::get)))
            .map_err(|error| Error::Number(Parameter::From, error))?;
        // An empty list starts nowhere.
        let from = if count == 0 { 0 } else { from };
        let window = Self { from, count };
        if window.fits(limits) {
            Ok(window)
        } else {
            Err(Error::ListTooLong { window, limits })
        }
    }

    /// Whether none of its terms is past those that are given whole, and its text weighs no more than
    /// that of `MAX_FIRST` terms from F(0).
    pub fn fits(self, limits: Limits) -> bool {
        self.count == 0
            || self.last() <= limits.last_whole()
                && self.bytes() <= Self::first(limits.max_first).bytes()
    }

    /// The most terms that fit from where it starts.
    pub fn longest(self, limits: Limits) -> u64 {
        // One fits at the lower end, one too many does not at the upper.
        let (mut fits, mut too_many) = (0, limits.max_first + 1);
        while too_many - fits > 1 {
            let count = fits.midpoint(too_many);
            if (Self { count, ..self }).fits(limits) {
                fits = count;
            } else {
                too_many = count;
            }
        }
        fits
    }

    /// The same from another index on, where that fits.
    pub fn starting_at(self, from: u64, limits: Limits) -> Option<Self> {
        let moved = Self { from, ..self };
        moved.fits(limits).then_some(moved)
    }

    /// The index of the last term: of an empty window, or one that goes on past 2^64 - 1, the nearest.
    pub const fn last(self) -> u64 {
        self.from.saturating_add(self.count.saturating_sub(1))
    }

    /// How many bytes its text has, a term a line, for a window that ends below 2^32.
    fn bytes(self) -> u64 {
        length::digits_of_terms(self.from, self.count) + self.count
    }

    /// About how many bytes its text has, for any window.
    #[expect(clippy::cast_precision_loss, reason = "it is about")]
    pub fn about_bytes(self) -> f64 {
        length::about_digits_of_terms(self.from, self.count) + self.count as f64
    }
}

/// How results are named after it: `10`, or `10-from-1000`.
impl fmt::Display for Window {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, count } = self;
        if *from == 0 {
            write!(out, "{count}")
        } else {
            write!(out, "{count}-from-{from}")
        }
    }
}

/// A window's part of an address: `n=10`, or `n=10&from=1000`.
#[derive(Clone, Copy, Debug)]
pub struct Query(pub Window);

impl fmt::Display for Query {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Window { from, count } = self.0;
        write!(out, "n={count}")?;
        if from > 0 {
            write!(out, "&from={from}")?;
        }
        Ok(())
    }
}

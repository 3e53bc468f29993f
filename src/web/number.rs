//! The numbers that a visitor asks for, and how they are read.

use std::fmt;

use actix_web::{HttpMessage, HttpRequest};

use super::{Error, NumberError, query};

/// The most digits that are read of a number: as many as are looked up.
pub const LONGEST_NUMBER: usize = 10_000;

/// A parameter of an address that is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// How many terms, or which.
    N,
    /// The index of a list's first term.
    From,
    /// The number that is looked up.
    Of,
}

impl Parameter {
    /// Its name in an address, and that of its field.
    pub const fn name(self) -> &'static str {
        match self {
            Self::N => "n",
            Self::From => "from",
            Self::Of => "of",
        }
    }

    /// How an address has it.
    pub const fn example(self) -> &'static str {
        match self {
            Self::N => "?n=10",
            Self::From => "?n=10&from=1000",
            Self::Of => "?of=144",
        }
    }

    /// What a query has for it, where that is one text.
    pub fn only(self, query: &str) -> Result<Option<String>, NumberError> {
        let mut values = query::values(query, self.name());
        match values.len() {
            0 | 1 => Ok(values.pop()),
            times => Err(NumberError::Repeated {
                parameter: self,
                times,
            }),
        }
    }

    /// The number that an address has for it and needs.
    pub fn read<T>(
        self,
        query: &str,
        parse: impl FnOnce(&str) -> Result<T, NumberError>,
    ) -> Result<T, Error> {
        let read = |query| parse(&self.only(query)?.ok_or(NumberError::Missing(self))?);
        read(query).map_err(|error| Error::Number(self, error))
    }
}

/// A whole number from 0 to 2^64 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(u64);

impl Number {
    /// Reads what was typed: ASCII digits, with ASCII white space around them at most.
    ///
    /// # Errors
    ///
    /// A [`NumberError`] that says what is wrong with this very text.
    pub fn parse(typed: &str) -> Result<Self, NumberError> {
        let digits = digits(typed)?;
        // All digits, so that only their weight can be at fault.
        digits.parse().map(Self).map_err(|_| NumberError::TooLarge {
            digits: significant(digits).len(),
        })
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The index of a term on either side of F(0): a whole number from -(2^64 - 1) to 2^64 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Whether it is below 0.
    pub negative: bool,
    /// How far from 0 it is.
    pub magnitude: u64,
}

impl Index {
    /// Reads what was typed: as a [`Number`], with a minus sign before it at most.
    ///
    /// # Errors
    ///
    /// A [`NumberError`] that says what is wrong with this very text.
    pub fn parse(typed: &str) -> Result<Self, NumberError> {
        let typed = typed.trim_ascii();
        let after_minus = typed.strip_prefix('-').filter(|rest| is_digits(rest));
        let Number(magnitude) =
            Number::parse(after_minus.unwrap_or(typed)).map_err(|error| match error {
                NumberError::Negative(quote) => NumberError::OtherMinus {
                    typed: quote,
                    plain: format!("-{}", after_sign(typed)),
                },
                error => error,
            })?;
        Ok(Self {
            negative: after_minus.is_some() && magnitude > 0,
            magnitude,
        })
    }

    /// The index `n` of a request, which is noted for its line in the log.
    ///
    /// # Errors
    ///
    /// [`Error::Number`] where it is missing, there more than once, or not a number.
    pub fn of(request: &HttpRequest) -> Result<Self, Error> {
        let index = Parameter::N.read(request.query_string(), Self::parse)?;
        request.extensions_mut().insert(LoggedIndex(index));
        Ok(index)
    }

    /// The index so far after this one, where that can be read.
    pub fn checked_add(self, steps: i8) -> Option<Self> {
        let index = i128::from(self) + i128::from(steps);
        let magnitude = u64::try_from(index.unsigned_abs()).ok()?;
        let negative = index < 0;
        Some(Self {
            negative,
            magnitude,
        })
    }

    /// Whether its term is negative: F(-n) = (-1)^(n+1) F(n).
    pub const fn has_negative_term(self) -> bool {
        self.negative && self.magnitude.is_multiple_of(2)
    }
}

/// The `n` of a request for the log: its handler, which parses it, leaves it among the request's
/// extensions.
#[derive(Clone, Copy, Debug)]
pub struct LoggedIndex(pub Index);

impl From<u64> for Index {
    fn from(magnitude: u64) -> Self {
        Self {
            negative: false,
            magnitude,
        }
    }
}

impl From<Index> for i128 {
    fn from(index: Index) -> Self {
        let magnitude = Self::from(index.magnitude);
        if index.negative {
            -magnitude
        } else {
            magnitude
        }
    }
}

impl fmt::Display for Index {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        i128::from(*self).fmt(out)
    }
}

/// The digits of a number of any size that was typed: ASCII, with ASCII white space around them at
/// most.
///
/// # Errors
///
/// A [`NumberError`] that says what is wrong with this very text.
pub fn digits(typed: &str) -> Result<&str, NumberError> {
    let typed = typed.trim_ascii();
    if typed.is_empty() {
        return Err(NumberError::Empty);
    }
    if is_digits(typed) {
        Ok(typed)
    } else {
        Err(NumberError::of(typed))
    }
}

/// Digits without the zeros that lead them.
pub fn significant(digits: &str) -> &str {
    match digits.trim_start_matches('0') {
        "" if !digits.is_empty() => "0",
        digits => digits,
    }
}

/// The digits after a sign of any kind, without leading zeros.
pub fn after_sign(typed: &str) -> &str {
    significant(typed.trim_start_matches(|char: char| !char.is_ascii_digit()))
}

/// Whether it is ASCII digits, and at least one.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

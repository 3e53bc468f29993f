//! Parameters whose values are numbers.

use std::fmt;

use super::number_error::{NumberError, NumberErrorKind};
use super::query;

/// A parameter whose value is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// The number of terms, or the index of one term.
    N,
    /// The index of a list's first term.
    From,
    /// The number whose index is wanted.
    Of,
    /// The number that a term is divided by.
    Mod,
    /// The greatest value in a list.
    UpTo,
}

impl Parameter {
    /// All parameters.
    pub const ALL: [Self; 5] = [Self::N, Self::From, Self::Of, Self::Mod, Self::UpTo];

    /// Its name in an address, and in a form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::N => "n",
            Self::From => "from",
            Self::Of => "of",
            Self::Mod => "mod",
            Self::UpTo => "upto",
        }
    }

    /// An example of a query that contains it.
    const fn example(self) -> &'static str {
        match self {
            Self::N => "?n=10",
            Self::From => "?n=10&from=1000",
            Self::Of => "?of=144",
            Self::Mod => "?n=100&mod=10",
            Self::UpTo => "?upto=1000",
        }
    }

    /// Parses its only value in `query`, or returns none if it is absent.
    pub fn read_optional<T>(
        self,
        query: &str,
        parse: impl FnOnce(&str) -> Result<T, NumberError>,
    ) -> Result<Option<T>, InvalidParameter> {
        let values = query::values(query, self.name());
        let parsed = match values.as_slice() {
            [] => return Ok(None),
            [value] => self.parse(value, parse),
            _ => Err(self.invalid(Reason::Repeated(values.len()))),
        };
        parsed.map(Some)
    }

    /// Parses its only value in `query`.
    pub fn read<T>(
        self,
        query: &str,
        parse: impl FnOnce(&str) -> Result<T, NumberError>,
    ) -> Result<T, InvalidParameter> {
        self.read_optional(query, parse)?.ok_or(self.invalid(Reason::Missing))
    }

    /// Parses its value.
    pub fn parse<T>(
        self,
        value: &str,
        parse: impl FnOnce(&str) -> Result<T, NumberError>,
    ) -> Result<T, InvalidParameter> {
        parse(value).map_err(|error| self.invalid(Reason::Number(error)))
    }

    const fn invalid(self, reason: Reason) -> InvalidParameter {
        InvalidParameter { parameter: self, reason }
    }
}

/// A parameter that is not one valid number. The display text is a sentence for the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidParameter {
    /// The parameter.
    pub parameter: Parameter,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is absent.
    Missing,
    /// It occurs this many times.
    Repeated(usize),
    /// Its value is not a valid number.
    Number(NumberError),
    /// It cannot be combined with this parameter.
    Conflict(Parameter),
}

impl fmt::Display for InvalidParameter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, example) = (self.parameter.name(), self.parameter.example());
        match (&self.reason, self.parameter) {
            (Reason::Missing, Parameter::Of) => {
                write!(out, "The request has no number to look up. Add one, as in {example}.")
            }
            (Reason::Missing, _) => {
                write!(out, "The address has no {name}. Add a whole number to it, as in {example}.")
            }
            (Reason::Repeated(2), _) => {
                write!(out, "{name} is given twice. Keep only one, as in {example}.")
            }
            (Reason::Conflict(other), _) => {
                write!(out, "The request has both {name} and {}. Keep one of them.", other.name())
            }
            (Reason::Repeated(times), _) => {
                write!(out, "{name} is given {times} times. Keep only one, as in {example}.")
            }
            (Reason::Number(error), Parameter::N) if error.kind == NumberErrorKind::Negative => out
                .write_str(
                    "A list can't have fewer than 0 terms. Type 0 or a larger whole number.",
                ),
            (Reason::Number(error), _) => error.fmt(out),
        }
    }
}

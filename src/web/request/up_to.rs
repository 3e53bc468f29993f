//! A list of all terms up to a value.

use std::fmt;

use super::digits::MAX_DIGITS;
use super::number::{parse_digits, parse_u64};
use super::parameter::{InvalidParameter, Parameter, Reason};
use super::query;
use crate::web::error::RequestError;

/// The terms from F(`from`) on that are not greater than `value`.
pub struct UpTo {
    /// Its digits, without leading zeros.
    pub value: String,
    /// The index of the first term, even if that is greater than the value.
    pub from: u64,
}

impl UpTo {
    /// Parses `upto` and `from` in a query, if it has `upto`.
    pub fn parse(query: &str) -> Result<Option<Self>, RequestError> {
        let parse = |typed: &str| parse_digits(typed).map(str::to_owned);
        let Some(value) = Parameter::UpTo.read_optional(query, parse)? else {
            return Ok(None);
        };
        if query::has(query, Parameter::N.name()) {
            let reason = Reason::Conflict(Parameter::N);
            return Err(InvalidParameter { parameter: Parameter::UpTo, reason }.into());
        }
        let digits = value.len();
        if digits > MAX_DIGITS {
            return Err(RequestError::NumberTooLong { parameter: Parameter::UpTo, digits });
        }
        let from = Parameter::From.read_optional(query, parse_u64)?.unwrap_or(0);
        Ok(Some(Self { value, from }))
    }
}

/// Its part of an address: `upto=1000`, or `upto=1000&from=10`.
impl fmt::Display for UpTo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "upto={}", self.value)?;
        if self.from > 0 {
            write!(out, "&from={}", self.from)?;
        }
        Ok(())
    }
}

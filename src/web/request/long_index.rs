//! The index of a term of which only a remainder is computed.

use std::fmt;

use num_bigint::BigUint;

use super::digits::{is_digits, without_leading_zeros};
use super::lenient::index;
use super::number_error::{NumberError, NumberErrorKind};

/// A whole number of any size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongIndex {
    /// Whether it is less than 0.
    pub negative: bool,
    /// Its absolute value in decimal, without leading zeros.
    pub digits: String,
}

impl LongIndex {
    /// Parses ASCII digits with an optional minus sign, and optional ASCII white space around them.
    ///
    /// # Errors
    ///
    /// A [`NumberError`] that says what is wrong with this text.
    pub fn parse(typed: &str) -> Result<Self, NumberError> {
        let typed = typed.trim_ascii();
        let digits = typed.strip_prefix('-').unwrap_or(typed);
        if !is_digits(digits) {
            let meant = index(typed).map_err(|unclear| NumberError::unclear(typed, unclear))?;
            return Err(NumberError::new(NumberErrorKind::NotPlain, typed, vec![meant]));
        }
        let digits = without_leading_zeros(digits).to_owned();
        Ok(Self { negative: typed.starts_with('-') && digits != "0", digits })
    }

    /// The least number from 0 on that differs from it by a multiple of `period`.
    pub fn modulo(&self, period: u128) -> Option<u128> {
        let magnitude: BigUint = self.digits.parse().ok()?;
        let rest = u128::try_from(magnitude % period).ok()?;
        Some(if self.negative && rest > 0 { period - rest } else { rest })
    }
}

/// It in decimal.
impl fmt::Display for LongIndex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", if self.negative { "-" } else { "" }, self.digits)
    }
}

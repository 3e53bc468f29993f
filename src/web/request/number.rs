//! The numbers in an address, and how they are parsed.

use std::fmt;
use std::num::NonZeroU64;

use super::digits::{is_digits, without_leading_zeros};
use super::lenient::{index, number};
use super::number_error::{NumberError, NumberErrorKind};

/// Parses a whole number from 0 to 2^64 - 1: ASCII digits, with optional ASCII white space around them.
///
/// # Errors
///
/// A [`NumberError`] that says what is wrong with this text.
pub fn parse_u64(typed: &str) -> Result<u64, NumberError> {
    let typed = typed.trim_ascii();
    if is_digits(typed) {
        return fitting(typed, typed);
    }
    let meant = index(typed).map_err(|unclear| NumberError::unclear(typed, unclear))?;
    if let Some(digits) = meant.strip_prefix('-') {
        let without_sign = vec![digits.to_owned()];
        return Err(NumberError::new(NumberErrorKind::Negative, typed, without_sign));
    }
    fitting(&meant, typed)?;
    Err(NumberError::new(NumberErrorKind::NotPlain, typed, vec![meant]))
}

/// The value of digits, if it fits 64 bits.
fn fitting(digits: &str, typed: &str) -> Result<u64, NumberError> {
    // All are digits, so the only possible error is overflow.
    digits.parse().map_err(|_| {
        let count = without_leading_zeros(digits).len();
        NumberError::new(NumberErrorKind::TooLarge(count), typed, Vec::new())
    })
}

/// Parses a whole number from 1 to 2^64 - 1, as [`parse_digits`] does.
///
/// # Errors
///
/// A [`NumberError`] that says what is wrong with this text.
pub fn parse_modulus(typed: &str) -> Result<NonZeroU64, NumberError> {
    let number = fitting(parse_digits(typed)?, typed)?;
    NonZeroU64::new(number)
        .ok_or_else(|| NumberError::new(NumberErrorKind::Zero, typed, Vec::new()))
}

/// The index of a term: a whole number from -(2^64 - 1) to 2^64 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Whether it is less than 0.
    pub negative: bool,
    /// Its absolute value.
    pub magnitude: u64,
}

impl Index {
    /// Parses a number as [`parse_u64`] does, with an optional minus sign.
    ///
    /// # Errors
    ///
    /// A [`NumberError`] that says what is wrong with this text.
    pub fn parse(typed: &str) -> Result<Self, NumberError> {
        let typed = typed.trim_ascii();
        let (digits, is_plain) = match typed.strip_prefix('-').unwrap_or(typed) {
            digits if is_digits(digits) => (typed.to_owned(), true),
            _ => (index(typed).map_err(|unclear| NumberError::unclear(typed, unclear))?, false),
        };
        let magnitude = fitting(digits.trim_start_matches('-'), typed)?;
        if !is_plain {
            return Err(NumberError::new(NumberErrorKind::NotPlain, typed, vec![digits]));
        }
        Ok(Self { negative: typed.starts_with('-') && magnitude > 0, magnitude })
    }

    /// The index `steps` after this one, if it is in range.
    pub fn checked_add(self, steps: i8) -> Option<Self> {
        let index = i128::from(self) + i128::from(steps);
        let magnitude = u64::try_from(index.unsigned_abs()).ok()?;
        Some(Self { negative: index.is_negative(), magnitude })
    }

    /// Whether its term is negative: F(-n) = (-1)^(n+1) F(n).
    pub const fn has_negative_term(self) -> bool {
        self.negative && self.magnitude.is_multiple_of(2)
    }
}

impl From<u64> for Index {
    fn from(magnitude: u64) -> Self {
        Self { negative: false, magnitude }
    }
}

impl From<Index> for i128 {
    fn from(index: Index) -> Self {
        let magnitude = Self::from(index.magnitude);
        if index.negative { -magnitude } else { magnitude }
    }
}

impl fmt::Display for Index {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        i128::from(*self).fmt(out)
    }
}

/// The digits of a number of any size, without leading zeros: ASCII, with optional ASCII white space around them.
///
/// # Errors
///
/// A [`NumberError`] that says what is wrong with this text.
pub fn parse_digits(typed: &str) -> Result<&str, NumberError> {
    let typed = typed.trim_ascii();
    if is_digits(typed) {
        return Ok(without_leading_zeros(typed));
    }
    let meant = number(typed).map_err(|unclear| NumberError::unclear(typed, unclear))?;
    Err(match meant.strip_prefix('-') {
        Some(digits) => NumberError::new(NumberErrorKind::Negative, typed, vec![digits.to_owned()]),
        None => NumberError::new(NumberErrorKind::NotPlain, typed, vec![meant]),
    })
}

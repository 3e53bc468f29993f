//! What is wrong with a number that cannot be parsed.

use std::fmt;

use super::characters::simplified;
use super::digits::MAX_DIGITS;
use super::lenient::{Unclear, guesses};
use crate::web::format;

/// What is wrong with a number. The display text is a sentence for the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberError {
    /// The kind of error.
    pub kind: NumberErrorKind,
    typed: Quote,
    /// The numbers that may be meant, in plain digits, the likeliest first.
    pub meant: Vec<String>,
}

/// The kinds of errors in a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberErrorKind {
    /// Nothing was typed.
    Empty,
    /// One number is meant, but not written in plain digits: `1,000`.
    NotPlain,
    /// Several numbers may be meant, or one by a notation that is not read here: `1.000`, `0x10`.
    Ambiguous,
    /// Zero, where a number is divided by it.
    Zero,
    /// A number less than 0, where none is allowed.
    Negative,
    /// A number between two whole numbers.
    Fraction,
    /// A number that does not fit 64 bits; the number of its digits.
    TooLarge(usize),
    /// A power with more digits than any number here can have.
    TooLong,
    /// Anything else.
    NotANumber,
}

impl NumberError {
    /// An error of this kind in what was typed, where these numbers may be meant.
    pub fn new(kind: NumberErrorKind, typed: &str, meant: Vec<String>) -> Self {
        Self { kind, typed: Quote::of(typed), meant }
    }

    /// The error in a text that is not one clear number.
    pub fn unclear(typed: &str, unclear: Unclear) -> Self {
        let meant = guesses(typed);
        let kind = match unclear {
            _ if simplified(typed).is_empty() => NumberErrorKind::Empty,
            _ if !meant.is_empty() => NumberErrorKind::Ambiguous,
            Unclear::Fraction => NumberErrorKind::Fraction,
            Unclear::TooLong => NumberErrorKind::TooLong,
            Unclear::NotANumber => NumberErrorKind::NotANumber,
        };
        Self::new(kind, typed, meant)
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, typed, meant } = self;
        match (kind, meant.as_slice()) {
            (NumberErrorKind::Empty, _) => {
                out.write_str("No number was entered. Type a whole number, such as 10.")
            }
            (NumberErrorKind::Zero, _) => out.write_str(
                "Division by 0 is undefined. Type a whole number of at least 1, such as 10.",
            ),
            (NumberErrorKind::NotPlain, [meant, ..]) => {
                write!(out, "{typed} is not in plain digits. Write it as {}.", Shortened(meant))
            }
            (NumberErrorKind::Ambiguous, [one, other, ..]) => write!(
                out,
                "{typed} may mean {} or {}. Write the one you mean in plain digits.",
                Shortened(one),
                Shortened(other)
            ),
            (NumberErrorKind::Ambiguous, [meant]) => write!(
                out,
                "{typed} is not in plain digits. If you mean {0}, write it as {0}.",
                Shortened(meant)
            ),
            (NumberErrorKind::Negative, _) => {
                write!(out, "{typed} is less than 0. Type 0 or a larger whole number.")
            }
            (NumberErrorKind::Fraction, _) => {
                write!(
                    out,
                    "{typed} is not a whole number. Type one without a fraction, such as 10."
                )
            }
            (NumberErrorKind::TooLarge(digits), _) => write!(
                out,
                "A number of {} is too large. The largest possible is {}.",
                format::digits(digits),
                u64::MAX
            ),
            (NumberErrorKind::TooLong, _) => write!(
                out,
                "{typed} has more than {}, which is too long. Type a smaller number.",
                format::digits(MAX_DIGITS)
            ),
            (
                NumberErrorKind::NotANumber
                | NumberErrorKind::NotPlain
                | NumberErrorKind::Ambiguous,
                _,
            ) => {
                write!(out, "{typed} is not a whole number. Type one in digits, such as 10.")
            }
        }
    }
}

/// A number in a sentence: in full, or its first digits if it is long.
pub struct Shortened<'a>(pub &'a str);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_at_checked(Quote::MAX_LENGTH) {
            Some((start, rest)) if !rest.is_empty() => write!(out, "{start}…"),
            _ => out.write_str(self.0),
        }
    }
}

/// What a visitor typed, for a sentence on one line: shortened if long, with plain spaces for white space,
/// and U+FFFD for characters that are invisible or would break the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote(String);

impl Quote {
    /// The longest quotation in a sentence, in characters.
    const MAX_LENGTH: usize = 40;

    pub fn of(typed: &str) -> Self {
        let mut quote: String = typed
            .chars()
            .take(Self::MAX_LENGTH)
            .map(|char| match char {
                char if char.is_whitespace() => ' ',
                char if is_printable(char) => char,
                _ => '\u{FFFD}',
            })
            .collect();
        if typed.chars().nth(Self::MAX_LENGTH).is_some() {
            quote.push('…');
        }
        Self(quote)
    }
}

/// Whether `Debug` would print the character unescaped, quotes and backslash aside: it is not a control
/// character, does not change the text direction, and is not invisible.
fn is_printable(char: char) -> bool {
    matches!(char, '"' | '\'' | '\\') || char.escape_debug().len() == 1
}

impl fmt::Display for Quote {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "“{}”", self.0)
    }
}

//! The number that a visitor asks for: how it is read, and what is said when it cannot be.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::{Error, query};

/// The number `n` of an address: a whole number from 0 to 2^64 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(u64);

impl Number {
    /// Reads what was typed: ASCII digits, with ASCII white space around them at most.
    ///
    /// # Errors
    ///
    /// A [`NumberError`] that says what is wrong with this very text.
    pub fn parse(typed: &str) -> Result<Self, NumberError> {
        let typed = typed.trim_ascii();
        if typed.is_empty() {
            return Err(NumberError::Empty);
        }
        if !typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NumberError::of(typed));
        }
        // All digits, so that only their weight can be at fault.
        typed.parse().map(Self).map_err(|_| NumberError::TooLarge {
            digits: typed.trim_start_matches('0').len(),
        })
    }

    /// Reads the parameter `n` of an address: what follows its question mark.
    ///
    /// # Errors
    ///
    /// A [`NumberError`] where `n` is missing, there more than once, or not a number.
    pub fn of(query: &str) -> Result<Self, NumberError> {
        match query::values(query, "n").as_slice() {
            [] => Err(NumberError::Missing),
            [typed] => Self::parse(typed),
            several => Err(NumberError::Repeated {
                times: several.len(),
            }),
        }
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromRequest for Number {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request.query_string()).map_err(Error::Number))
    }
}

/// Why a text is not a [`Number`]; its text is a sentence for the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// The address has no `n`.
    Missing,
    /// `n` is there, and empty.
    Empty,
    /// `n` is there more than once.
    Repeated {
        /// How often.
        times: usize,
    },
    /// Digits with a minus before them.
    Negative(Quote),
    /// Digits with a plus before them.
    Plus(Quote),
    /// Digits with a decimal point or comma among them.
    Fraction(Quote),
    /// Digits as in `1e6`.
    Exponent(Quote),
    /// Digits in groups.
    Grouped {
        /// What was typed.
        typed: Quote,
        /// The number that it means.
        plain: u64,
    },
    /// Digits as in `0x10`.
    Radix(Quote),
    /// Digits of another script.
    OtherDigits(Quote),
    /// Digits, of a number past 64 bits.
    TooLarge {
        /// How many digits, without leading zeros.
        digits: usize,
    },
    /// Anything else.
    NotANumber(Quote),
}

impl NumberError {
    /// What is wrong with a text that is not empty and not all digits.
    fn of(typed: &str) -> Self {
        let quote = Quote::of(typed);
        let lower = typed.to_ascii_lowercase();
        if typed.strip_prefix(['-', '−']).is_some_and(is_digits) {
            return Self::Negative(quote);
        }
        if typed.strip_prefix('+').is_some_and(is_digits) {
            return Self::Plus(quote);
        }
        if let Some(("0", rest)) = lower.split_at_checked(1)
            && let Some(rest) = rest.strip_prefix(['x', 'o', 'b'])
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            return Self::Radix(quote);
        }
        if let Some((mantissa, exponent)) = lower.split_once('e')
            && is_digits(&mantissa.replacen('.', "", 1))
            && is_digits(exponent.trim_start_matches(['+', '-']))
        {
            return Self::Exponent(quote);
        }
        if let Some(plain) = ungrouped(typed) {
            return Self::Grouped {
                typed: quote,
                plain,
            };
        }
        if let Some((whole, decimals)) = typed.rsplit_once(['.', ','])
            && is_digits(decimals)
            && (is_digits(whole) || ungrouped(whole).is_some())
        {
            return Self::Fraction(quote);
        }
        if typed.chars().all(char::is_numeric) {
            return Self::OtherDigits(quote);
        }
        Self::NotANumber(quote)
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits of a number in groups, where it can mean one number only: `1,000`, `1 000 000` and
/// `1_0`, but not `1.5`, `1,000.00`, `1.000`, which may be a fraction, or `192.168.1.1`.
fn ungrouped(typed: &str) -> Option<u64> {
    let separator = typed.chars().find(|char| !char.is_ascii_digit())?;
    if !matches!(separator, '_' | ',' | '.' | '\'' | '’') && !separator.is_whitespace() {
        return None;
    }
    let groups: Vec<&str> = typed.split(separator).collect();
    let (first, rest) = groups.split_first()?;
    let thousands = first.len() <= 3 && rest.iter().all(|group| group.len() == 3);
    let clear = match separator {
        '_' => true,
        '.' => thousands && rest.len() > 1,
        _ => thousands,
    };
    if clear && groups.iter().copied().all(is_digits) {
        groups.concat().parse().ok()
    } else {
        None
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(
                out,
                "The address has no n. Add a whole number to it, as in ?n=10."
            ),
            Self::Empty => write!(
                out,
                "There is no number here yet. Type a whole number, such as 10."
            ),
            Self::Repeated { times } => write!(
                out,
                "The address has n {times} times. Keep one of them, as in ?n=10."
            ),
            Self::Negative(typed) => write!(
                out,
                "{typed} has a minus sign. Counting starts at F(0): type 0 or a larger whole number."
            ),
            Self::Plus(typed) => write!(
                out,
                "{typed} has a plus sign. Type the digits alone, such as 10."
            ),
            Self::Fraction(typed) => write!(
                out,
                "{typed} has a decimal point or comma. Type a whole number, such as 10."
            ),
            Self::Exponent(typed) => write!(
                out,
                "{typed} is in scientific notation. Type all of its digits, such as 1000."
            ),
            Self::Grouped { typed, plain } => write!(
                out,
                "{typed} has its digits in groups. Type them without anything between: “{plain}”."
            ),
            Self::Radix(typed) => write!(
                out,
                "{typed} is not in decimal. Type the number with the digits 0 to 9, such as 10."
            ),
            Self::OtherDigits(typed) => write!(
                out,
                "{typed} is not written with the digits 0 to 9. Type it with those, such as 10."
            ),
            Self::TooLarge { digits } => write!(
                out,
                "A number of {digits} digits is too large. The largest that can be read is {}.",
                u64::MAX
            ),
            Self::NotANumber(typed) => write!(
                out,
                "{typed} is not a whole number. Type digits only, such as 10."
            ),
        }
    }
}

/// What a visitor typed, fit to stand in a sentence on one line: cut where it is long, with plain
/// spaces for white space, and U+FFFD for what would not show or would disturb the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote(String);

impl Quote {
    /// As many characters as a sentence bears.
    const LONGEST: usize = 40;

    fn of(typed: &str) -> Self {
        let mut quote: String = typed
            .chars()
            .take(Self::LONGEST)
            .map(|char| match char {
                char if char.is_whitespace() => ' ',
                char if is_printable(char) => char,
                _ => '\u{FFFD}',
            })
            .collect();
        if typed.chars().nth(Self::LONGEST).is_some() {
            quote.push('…');
        }
        Self(quote)
    }
}

/// Whether `Debug` would write the character as it is, quotes and backslash aside: not a control, a
/// change of direction, or an invisible one.
fn is_printable(char: char) -> bool {
    matches!(char, '"' | '\'' | '\\') || char.escape_debug().len() == 1
}

impl fmt::Display for Quote {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "“{}”", self.0)
    }
}

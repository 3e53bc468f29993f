//! What is wrong with a number that cannot be parsed.

use std::fmt;

use super::digits::{MAX_DIGITS, is_digits, without_leading_zeros};

/// What is wrong with a number. The display text is a sentence for the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Its value is empty.
    Empty,
    /// Digits after a minus sign.
    Negative(Quote),
    /// Digits after a minus sign that is not ASCII, where a minus sign is allowed.
    OtherMinus {
        /// What was typed.
        typed: Quote,
        /// The number that it means.
        plain: String,
    },
    /// Digits after a minus sign, where the number without it may be meant.
    Signed {
        /// What was typed.
        typed: Quote,
        /// The number without it.
        plain: String,
    },
    /// Digits after a plus sign.
    Plus {
        /// What was typed.
        typed: Quote,
        /// The number that it means.
        plain: String,
    },
    /// Digits with a decimal point or comma.
    Fraction(Quote),
    /// Scientific notation, such as `1e6`.
    Exponent {
        /// What was typed.
        typed: Quote,
        /// The number that it means, if that is whole.
        plain: Option<String>,
    },
    /// Digits with separators between groups.
    Grouped {
        /// What was typed.
        typed: Quote,
        /// The number that it means.
        plain: String,
    },
    /// Another radix, such as `0x10`.
    Radix {
        /// What was typed.
        typed: Quote,
        /// The number that it means, if it fits 64 bits.
        plain: Option<String>,
    },
    /// Digits of another script.
    OtherDigits(Quote),
    /// A number that does not fit 64 bits.
    TooLarge {
        /// The number of its digits, without leading zeros.
        digits: usize,
    },
    /// Anything else.
    NotANumber(Quote),
}

impl NumberError {
    /// The number that was meant, in plain digits, if that is clear.
    pub fn meant(&self) -> Option<&str> {
        match self {
            Self::Plus { plain, .. }
            | Self::Grouped { plain, .. }
            | Self::OtherMinus { plain, .. }
            | Self::Signed { plain, .. } => Some(plain),
            Self::Exponent { plain, .. } | Self::Radix { plain, .. } => plain.as_deref(),
            Self::Empty
            | Self::Negative(_)
            | Self::Fraction(_)
            | Self::OtherDigits(_)
            | Self::TooLarge { .. }
            | Self::NotANumber(_) => None,
        }
    }

    /// What is wrong with a text that is neither empty nor all digits.
    pub fn of(typed: &str) -> Self {
        let quote = Quote::of(typed);
        let lower = typed.to_ascii_lowercase();
        if typed.strip_prefix(['-', '−']).is_some_and(is_digits) {
            return Self::Negative(quote);
        }
        if let Some(digits) = typed.strip_prefix('+')
            && is_digits(digits)
        {
            return Self::Plus {
                typed: quote,
                plain: without_leading_zeros(digits).to_owned(),
            };
        }
        if let Some(("0", rest)) = lower.split_at_checked(1)
            && let Some(rest) = rest.strip_prefix(['x', 'o', 'b'])
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            let radix = match lower.as_bytes()[1] {
                b'x' => 16,
                b'o' => 8,
                _ => 2,
            };
            let number = u64::from_str_radix(rest, radix).ok();
            return Self::Radix {
                typed: quote,
                plain: number.map(|number| number.to_string()),
            };
        }
        if let Some((mantissa, exponent)) = lower.split_once('e')
            && is_digits(&mantissa.replacen('.', "", 1))
            && is_digits(exponent.trim_start_matches(['+', '-']))
        {
            return Self::Exponent {
                typed: quote,
                plain: expanded(mantissa, exponent),
            };
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

/// The digits of a whole number in scientific notation, of up to [`MAX_DIGITS`] digits.
fn expanded(mantissa: &str, exponent: &str) -> Option<String> {
    let exponent: usize = exponent.trim_start_matches('+').parse().ok()?;
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = exponent.checked_sub(decimals.len())?;
    let digits = format!("{whole}{decimals}");
    let digits = without_leading_zeros(&digits);
    // The exponent can be anything up to 2^64, so check the bound before adding.
    let room = MAX_DIGITS.checked_sub(digits.len())?;
    (zeros <= room).then(|| format!("{digits}{}", "0".repeat(zeros)))
}

/// The digits of a number with separators, if it can mean only one number: `1,000`, `1 000 000` and `1_0`,
/// but not `1.5`, `1,000.00`, `1.000`, which may be a fraction, or `192.168.1.1`.
fn ungrouped(typed: &str) -> Option<String> {
    let separator = typed.chars().find(|char| !char.is_ascii_digit())?;
    if !matches!(separator, '_' | ',' | '.' | '\'' | '’') && !separator.is_whitespace() {
        return None;
    }
    let groups: Vec<&str> = typed.split(separator).collect();
    let (first, rest) = groups.split_first()?;
    let thousands = (1..=3).contains(&first.len())
        && *first != "0"
        && rest.iter().all(|group| group.len() == 3);
    let clear = match separator {
        '_' => true,
        '.' => thousands && rest.len() > 1,
        _ => thousands,
    };
    if clear && groups.iter().copied().all(is_digits) {
        Some(without_leading_zeros(&groups.concat()).to_owned())
    } else {
        None
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(
                out,
                "No number was entered. Type a whole number, such as 10."
            ),
            Self::Negative(typed) => write!(
                out,
                "{typed} has a minus sign. Counting starts at F(0): type 0 or a larger whole number."
            ),
            Self::OtherMinus { typed, plain } => write!(
                out,
                "{typed} has an unusual minus sign. Type a plain one: “{plain}”."
            ),
            Self::Signed { typed, plain } => write!(
                out,
                "{typed} has a minus sign. Type the number without one: {}.",
                Quote::of(plain)
            ),
            Self::Plus { typed, .. } => write!(
                out,
                "{typed} has a plus sign. Type the digits alone, such as 10."
            ),
            Self::Fraction(typed) => write!(
                out,
                "{typed} has a decimal point or comma. Type a whole number, such as 10."
            ),
            Self::Exponent { typed, .. } => write!(
                out,
                "{typed} is in scientific notation. Type all of its digits, such as 1000."
            ),
            Self::Grouped { typed, plain } => write!(
                out,
                "{typed} has separators between its digits. Type the digits alone: {}.",
                Quote::of(plain)
            ),
            Self::Radix { typed, .. } => write!(
                out,
                "{typed} is not in decimal. Type the number with the digits 0 to 9, such as 10."
            ),
            Self::OtherDigits(typed) => write!(
                out,
                "{typed} is not written with the digits 0 to 9. Type it with those, such as 10."
            ),
            Self::TooLarge { digits } => write!(
                out,
                "A number of {digits} digits is too large. The largest possible is {}.",
                u64::MAX
            ),
            Self::NotANumber(typed) => write!(
                out,
                "{typed} is not a whole number. Type digits only, such as 10."
            ),
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

/// Whether `Debug` would print the character unescaped, quotes and backslash aside: it is no control
/// character, no change of text direction, and not invisible.
fn is_printable(char: char) -> bool {
    matches!(char, '"' | '\'' | '\\') || char.escape_debug().len() == 1
}

impl fmt::Display for Quote {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "“{}”", self.0)
    }
}

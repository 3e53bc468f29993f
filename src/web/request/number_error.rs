//! What is wrong with a number that cannot be parsed.

use std::fmt;

use super::digits::{MAX_DIGITS, is_digits, without_leading_zeros};

/// What is wrong with a number. The display text is a sentence for the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberError {
    /// The kind of error.
    pub kind: NumberErrorKind,
    typed: Quote,
    /// The number that was meant, in plain digits, if that is clear.
    pub meant: Option<String>,
}

/// The kinds of errors in a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberErrorKind {
    /// Nothing was typed.
    Empty,
    /// Zero, where a number is divided by it.
    Zero,
    /// A minus sign where no negative number is allowed.
    Negative,
    /// A minus sign that is not ASCII, where a negative number is allowed.
    OtherMinus,
    /// A minus sign where the number without it may be meant.
    Signed,
    /// A plus sign.
    Plus,
    /// A decimal point or comma.
    Fraction,
    /// Scientific notation, such as `1e6`.
    Exponent,
    /// Separators between groups of digits.
    Grouped,
    /// Another radix, such as `0x10`.
    Radix,
    /// Digits of another script.
    OtherDigits,
    /// A number that does not fit 64 bits; the number of its digits.
    TooLarge(usize),
    /// Anything else.
    NotANumber,
}

impl NumberError {
    /// An error of this kind in what was typed.
    pub fn new(kind: NumberErrorKind, typed: &str, meant: Option<String>) -> Self {
        Self { kind, typed: Quote::of(typed), meant }
    }

    /// What is wrong with a text that is not all digits.
    pub fn of(typed: &str) -> Self {
        let (kind, meant) = classify(typed);
        Self::new(kind, typed, meant)
    }
}

/// The error in a text that is not all digits, and the number that was meant.
fn classify(typed: &str) -> (NumberErrorKind, Option<String>) {
    let lower = typed.to_ascii_lowercase();
    if typed.is_empty() {
        return (NumberErrorKind::Empty, None);
    }
    if typed.strip_prefix(['-', '−']).is_some_and(is_digits) {
        return (NumberErrorKind::Negative, None);
    }
    if let Some(digits) = typed.strip_prefix('+')
        && is_digits(digits)
    {
        return (NumberErrorKind::Plus, Some(without_leading_zeros(digits).to_owned()));
    }
    if let Some(("0", rest)) = lower.split_at_checked(1)
        && let Some(digits) = rest.strip_prefix(['x', 'o', 'b'])
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        let radix = match rest.as_bytes()[0] {
            b'x' => 16,
            b'o' => 8,
            _ => 2,
        };
        let number = u64::from_str_radix(digits, radix).ok();
        return (NumberErrorKind::Radix, number.map(|number| number.to_string()));
    }
    if let Some((mantissa, exponent)) = lower.split_once('e')
        && is_digits(&mantissa.replacen('.', "", 1))
        && is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
    {
        return (NumberErrorKind::Exponent, expanded(mantissa, exponent));
    }
    if let Some(plain) = ungrouped(typed) {
        return (NumberErrorKind::Grouped, Some(plain));
    }
    if let Some((whole, decimals)) = typed.rsplit_once(['.', ','])
        && is_digits(decimals)
        && (is_digits(whole) || ungrouped(whole).is_some())
    {
        return (NumberErrorKind::Fraction, None);
    }
    if typed.chars().all(char::is_numeric) {
        return (NumberErrorKind::OtherDigits, None);
    }
    (NumberErrorKind::NotANumber, None)
}

/// The digits of a whole number in scientific notation, of up to [`MAX_DIGITS`] digits.
fn expanded(mantissa: &str, exponent: &str) -> Option<String> {
    let exponent: usize = exponent.parse().ok()?;
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = exponent.checked_sub(decimals.len())?;
    let digits = format!("{whole}{decimals}");
    let digits = without_leading_zeros(&digits);
    // The exponent can be anything up to 2^64, so check the bound before allocating.
    let room = MAX_DIGITS.checked_sub(digits.len())?;
    match digits {
        "0" => Some("0".to_owned()),
        digits => (zeros <= room).then(|| format!("{digits}{}", "0".repeat(zeros))),
    }
}

/// The digits of a number with separators, if it can mean only one number: `1,000`, `1 000 000` and `1_0`,
/// but not `1.5`, `1,000.00`, `192.168.1.1`, or `1.000`, which may be a fraction.
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
        let Self { kind, typed, meant } = self;
        let meant = meant.as_deref().unwrap_or_default();
        match kind {
            NumberErrorKind::Empty => {
                write!(out, "No number was entered. Type a whole number, such as 10.")
            }
            NumberErrorKind::Zero => {
                write!(
                    out,
                    "Nothing can be divided by 0. Enter a whole number from 1 on, such as 10."
                )
            }
            NumberErrorKind::Negative => write!(
                out,
                "{typed} has a minus sign. Counting starts at F(0): type 0 or a larger whole number."
            ),
            NumberErrorKind::OtherMinus => {
                write!(out, "{typed} has an unusual minus sign. Type a plain one: “{meant}”.")
            }
            NumberErrorKind::Signed => write!(
                out,
                "{typed} has a minus sign. Type the number without one: {}.",
                Quote::of(meant)
            ),
            NumberErrorKind::Plus => {
                write!(out, "{typed} has a plus sign. Type the digits alone, such as 10.")
            }
            NumberErrorKind::Fraction => write!(
                out,
                "{typed} has a decimal point or comma. Type a whole number, such as 10."
            ),
            NumberErrorKind::Exponent => write!(
                out,
                "{typed} is in scientific notation. Type all of its digits, such as 1000."
            ),
            NumberErrorKind::Grouped => write!(
                out,
                "{typed} has separators between its digits. Type the digits alone: {}.",
                Quote::of(meant)
            ),
            NumberErrorKind::Radix => write!(
                out,
                "{typed} is not in decimal. Type the number with the digits 0 to 9, such as 10."
            ),
            NumberErrorKind::OtherDigits => write!(
                out,
                "{typed} is not written with the digits 0 to 9. Type it with those, such as 10."
            ),
            NumberErrorKind::TooLarge(digits) => write!(
                out,
                "A number of {digits} digits is too large. The largest possible is {}.",
                u64::MAX
            ),
            NumberErrorKind::NotANumber => {
                write!(out, "{typed} is not a whole number. Type digits only, such as 10.")
            }
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

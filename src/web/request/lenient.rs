//! Numbers as people write them. What can only mean one whole number is that number in plain digits.

use std::f64::consts::LOG10_2;

use num_bigint::BigUint;

use super::characters::simplified;
use super::digits::{MAX_DIGITS, is_digits, without_leading_zeros};

/// The fewest digits per line of a number that is broken into lines. Shorter ones may be the numbers of a list.
const MIN_LINE: usize = 10;

/// Why a text is not one clear whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// It is not a number, or it may mean several.
    NotANumber,
    /// It is a number between two whole ones.
    Fraction,
    /// It is a power with more than `MAX_DIGITS` digits.
    TooLong,
}

/// A number in plain digits, without leading zeros, with a minus sign if it is less than 0.
///
/// It can have separators between groups of digits, digits of any script, a sign, or an exponent: `1,000`,
/// `1 000`, `１０００`, `+5`, `−5`, `1e6`, `10^6`.
///
/// # Errors
///
/// If the text is not a whole number, or may mean another: `1.5`, `1.000`.
pub fn number(typed: &str) -> Result<String, Unclear> {
    if is_plain(typed) { Ok(typed.to_owned()) } else { signed(&simplified(typed), magnitude) }
}

/// As [`number`], and for the index of a term also `F(100)`, `100th`, `#100` and `n = 100`.
///
/// # Errors
///
/// As those of [`number`].
pub fn index(typed: &str) -> Result<String, Unclear> {
    if is_plain(typed) {
        return Ok(typed.to_owned());
    }
    signed(without_index_notation(&simplified(typed)), magnitude)
}

/// The numbers that a text without one clear meaning may mean, the likeliest first: 1000 or 1 by `1.000`,
/// 5 by `5.0`, 16 by `0x10`, 10000 by `10k`.
#[must_use]
pub fn guesses(typed: &str) -> Vec<String> {
    let text = simplified(typed);
    let text = without_index_notation(&text);
    let mut numbers: Vec<String> = [
        in_radix,
        abbreviated,
        before_punctuation,
        with_one_separator,
        with_spaces,
        with_zero_decimals,
    ]
    .into_iter()
    .filter_map(|magnitude| signed(text, |text| magnitude(text).ok_or(())).ok())
    .collect();
    numbers.dedup();
    numbers
}

/// Whether the text is already what [`number`] returns for it.
#[must_use]
pub fn is_plain(typed: &str) -> bool {
    let digits = typed.strip_prefix('-').unwrap_or(typed);
    is_digits(digits) && (!digits.starts_with('0') || typed == "0")
}

/// The number with its sign. Zero has none.
fn signed<E>(text: &str, magnitude: impl FnOnce(&str) -> Result<String, E>) -> Result<String, E> {
    let unsigned = text.strip_prefix(['-', '+']).map_or(text, str::trim_ascii_start);
    let digits = magnitude(unsigned)?;
    Ok(if text.starts_with('-') && digits != "0" { format!("-{digits}") } else { digits })
}

/// A number without a sign.
fn magnitude(text: &str) -> Result<String, Unclear> {
    if let Some(digits) = grouped(text) {
        return Ok(digits);
    }
    if let Some((mantissa, exponent)) = text.split_once('e') {
        return scaled(mantissa, exponent);
    }
    let mut words = [("thousand", "3"), ("million", "6")].into_iter();
    if let Some((count, exponent)) =
        words.find_map(|(word, exponent)| Some((text.strip_suffix(word)?, exponent)))
        && is_digits(count.trim_ascii_end())
    {
        return scaled(count.trim_ascii_end(), exponent);
    }
    let text = text.replace("**", "^");
    if let Some((base, exponent)) = text.rsplit_once('^') {
        let exponent = without_brackets(exponent.trim_ascii());
        return match base.rsplit_once(['*', 'x', '·']) {
            // `0x10` is no product.
            Some((mantissa, base)) if base.trim_ascii() == "10" && mantissa != "0" => {
                scaled(mantissa.trim_ascii(), exponent)
            }
            Some(_) => Err(Unclear::NotANumber),
            None => power(base.trim_ascii(), exponent),
        };
    }
    Err(if is_fraction(&text) { Unclear::Fraction } else { Unclear::NotANumber })
}

/// The digits of a number with separators, if it can mean only one: `1,000`, `1 000 000`, `12,34,567`, `1_0`;
/// but not `1.5`, `1,000.00`, `192.168.1.1`, or `1.000`, which may be a fraction.
fn grouped(text: &str) -> Option<String> {
    let separator = text.chars().find(|char| !char.is_ascii_digit());
    let groups: Vec<&str> = match separator {
        // White space can also be a line break within a long number.
        Some(' ') => text.split_ascii_whitespace().collect(),
        Some(separator) => text.split(separator).collect(),
        None => vec![text],
    };
    if !groups.iter().copied().all(is_digits) {
        return None;
    }
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let [first, middle @ .., last] = &lengths[..] else {
        return Some(without_leading_zeros(&groups.concat()).to_owned());
    };
    let rest = &lengths[1..];
    let is_in_groups_of = |length| *first <= length && all_are(length, rest);
    // 12,34,567.
    let is_indian = *first <= 2 && all_are(2, middle) && *last == 3;
    let is_clear = match separator {
        Some('_') => true,
        // `0 1 1 2` is a list.
        _ if groups[0] == "0" => false,
        // `1 1 2 3` is a list, too. The last line of a long number can be short.
        Some(' ') => {
            let is_in_lines = *first >= MIN_LINE && all_are(*first, middle) && last <= first;
            *last >= 3 && is_in_groups_of(*last) || is_indian || is_in_lines
        }
        // With one point, it may be a fraction.
        Some('.' | '·') => rest.len() > 1 && is_in_groups_of(3),
        // Groups of four are those of East Asia. With one comma, it may be a fraction.
        Some(',' | '\'') => is_in_groups_of(3) || is_indian || rest.len() > 1 && is_in_groups_of(4),
        _ => false,
    };
    is_clear.then(|| without_leading_zeros(&groups.concat()).to_owned())
}

fn all_are(length: usize, lengths: &[usize]) -> bool {
    lengths.iter().all(|other| *other == length)
}

/// A decimal number times a power of ten, as in `1.5e3` and `10e-1`.
fn scaled(mantissa: &str, exponent: &str) -> Result<String, Unclear> {
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{decimals}");
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if !is_digits(&all) || !is_digits(exponent_digits) {
        return Err(Unclear::NotANumber);
    }
    let digits = without_leading_zeros(&all);
    if digits == "0" {
        return Ok("0".to_owned());
    }
    let out_of_range = if exponent.starts_with('-') { Unclear::Fraction } else { Unclear::TooLong };
    let exponent: i64 = exponent.parse().map_err(|_| out_of_range)?;
    let significant = digits.trim_end_matches('0');
    let zeros = exponent
        .saturating_add_unsigned((digits.len() - significant.len()) as u64)
        .saturating_sub_unsigned(decimals.len() as u64);
    let zeros = usize::try_from(zeros).map_err(|_| Unclear::Fraction)?;
    // The exponent can be anything up to 2^63, so check the bound before allocating.
    let has_room = MAX_DIGITS.checked_sub(significant.len()).is_some_and(|room| zeros <= room);
    if has_room { Ok(significant.to_owned() + &"0".repeat(zeros)) } else { Err(Unclear::TooLong) }
}

/// A power of two whole numbers, as in `2^64`.
fn power(base: &str, exponent: &str) -> Result<String, Unclear> {
    if exponent.strip_prefix('-').is_some_and(is_digits) && is_digits(base) {
        return Err(Unclear::Fraction);
    }
    if !is_digits(base) || !is_digits(exponent) {
        return Err(Unclear::NotANumber);
    }
    match (without_leading_zeros(base), without_leading_zeros(exponent)) {
        (_, "0") | ("1", _) => Ok("1".to_owned()),
        ("0", _) => Ok("0".to_owned()),
        (base, exponent) => {
            let exponent: u32 = exponent.parse().map_err(|_| Unclear::TooLong)?;
            if base.len() > MAX_DIGITS {
                return Err(Unclear::TooLong);
            }
            let base: BigUint = base.parse().map_err(|_| Unclear::NotANumber)?;
            // Before the power is computed.
            if is_too_long(&base, exponent) {
                return Err(Unclear::TooLong);
            }
            let digits = base.pow(exponent).to_string();
            if digits.len() <= MAX_DIGITS { Ok(digits) } else { Err(Unclear::TooLong) }
        }
    }
}

/// Whether a power of a positive number surely has more than [`MAX_DIGITS`] digits.
#[expect(clippy::cast_precision_loss, reason = "it is approximate")]
fn is_too_long(base: &BigUint, exponent: u32) -> bool {
    let shift = base.bits().saturating_sub(64);
    let leading = u64::try_from(base >> shift).unwrap_or(u64::MAX);
    let digits = f64::from(exponent) * ((leading as f64).log2() + shift as f64) * LOG10_2;
    // At most one less than the number of digits.
    digits > MAX_DIGITS as f64 + 1.0
}

/// Whether the text is in decimals or a quotient: `1.5`, `1,5`, `1/2`, `½`.
fn is_fraction(text: &str) -> bool {
    if let Some(whole) = text.strip_suffix(|char| matches!(char, '¼'..='¾' | '⅐'..='⅞' | '↉'))
    {
        return whole.is_empty() || is_digits(whole.trim_ascii_end());
    }
    text.rsplit_once(['.', ',', '·', '/']).is_some_and(|(whole, decimals)| {
        is_digits(decimals) && (whole.is_empty() || grouped(whole).is_some())
    })
}

/// The text without what says that it is an index: `F(100)`, `fib(100)`, `F_100`, `n = 100`, `#100`, `100th`.
fn without_index_notation(text: &str) -> &str {
    let named = text.strip_prefix('n').and_then(|rest| rest.trim_ascii_start().strip_prefix('='));
    if let Some(number) = named.or_else(|| text.strip_prefix(['#', '№'])) {
        return number.trim_ascii_start();
    }
    let call = ["fibonacci", "fib", "f"].into_iter().find_map(|name| text.strip_prefix(name));
    if let Some(argument) = call.map(str::trim_ascii_start) {
        let argument = argument.strip_prefix(['_', '↓']).unwrap_or(argument);
        return without_brackets(argument);
    }
    let ordinal = ["st", "nd", "rd", "th"].into_iter().find_map(|end| text.strip_suffix(end));
    ordinal.filter(|rest| rest.ends_with(|char: char| char.is_ascii_digit())).unwrap_or(text)
}

/// The text between brackets, if it has them.
fn without_brackets(text: &str) -> &str {
    [('(', ')'), ('{', '}'), ('[', ']')]
        .into_iter()
        .find_map(|(start, end)| text.strip_prefix(start)?.strip_suffix(end))
        .map_or(text, str::trim_ascii)
}

/// A guess: the number with a prefix that names another radix.
fn in_radix(text: &str) -> Option<String> {
    let (radix, digits) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((radix, text.strip_prefix(prefix)?)))?;
    // Unlike this check, the library accepts a sign.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u64::from_str_radix(digits, radix).ok().map(|number| number.to_string())
}

/// A guess: the number before an abbreviation or the name of a power of ten.
fn abbreviated(text: &str) -> Option<String> {
    [("k", "3"), ("thousand", "3"), ("m", "6"), ("million", "6"), ("bn", "9"), ("billion", "9")]
        .into_iter()
        .find_map(|(name, exponent)| {
            scaled(text.strip_suffix(name)?.trim_ascii_end(), exponent).ok()
        })
}

/// A guess: the number at the end of a sentence or in a list.
fn before_punctuation(text: &str) -> Option<String> {
    grouped(text.strip_suffix(['.', ',', ';', ':', '?'])?)
}

/// A guess: the number whose only separator may also be that of decimals, as in `1.000` and `1,0000`.
fn with_one_separator(text: &str) -> Option<String> {
    let (whole, rest) = text.split_once('.').or_else(|| text.split_once(','))?;
    let (whole, rest) = (whole.trim_ascii_end(), rest.trim_ascii_start());
    let is_likely = is_digits(whole)
        && is_digits(rest)
        && !whole.starts_with('0')
        && (whole.len() <= 3 && rest.len() == 3 || whole.len() <= 4 && rest.len() == 4);
    is_likely.then(|| format!("{whole}{rest}"))
}

/// A guess: the number in uneven groups. Single digits are more likely a list.
fn with_spaces(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split_ascii_whitespace().collect();
    let is_likely = groups.iter().all(|group| is_digits(group))
        && groups.len() > 1
        && groups[1..].iter().all(|group| group.len() > 1)
        && !text.starts_with('0');
    is_likely.then(|| groups.concat())
}

/// A guess: the number before decimals that are all zero.
fn with_zero_decimals(text: &str) -> Option<String> {
    let (whole, decimals) = text.rsplit_once(['.', ',', '·'])?;
    let is_zero = !decimals.is_empty() && decimals.bytes().all(|digit| digit == b'0');
    grouped(whole).filter(|_| is_zero)
}

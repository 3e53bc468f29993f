//! How sizes and counts read in a sentence.

use std::fmt::Display;

/// The decimal units of size, each a thousand of the one before it, as far as people know them.
const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/// A whole number with a no-break space between each three digits: `10 000`.
pub fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(2 * digits.len());
    for (place, digit) in (1..=digits.len()).rev().zip(digits.chars()) {
        text.push(digit);
        if place % 3 == 1 && place > 1 {
            text.push('\u{A0}');
        }
    }
    text
}

/// A number of terms: `1 term`, `10 000 terms`.
pub fn terms(count: impl Display) -> String {
    counted(count, "term")
}

/// A number of digits: `1 digit`, `208 988 digits`.
pub fn digits(count: impl Display) -> String {
    counted(count, "digit")
}

/// A number of decimals: `1 decimal`, `40 decimals`.
pub fn decimals(count: impl Display) -> String {
    counted(count, "decimal")
}

fn counted(count: impl Display, thing: &str) -> String {
    let count = grouped(count);
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// A number of bytes in the unit that suits it, or as a power of ten past them all: `7 bytes`,
/// `10.5 MB`, `3.6 × 10^37 bytes`.
pub fn bytes(size: f64) -> String {
    if size >= 1e18 {
        return format!("{size:.1e}").replace('e', " × 10^") + "\u{A0}bytes";
    }
    let (mut scaled, mut unit) = (size, 0);
    // From 999.95 on it would be rounded to 1000.0: the next unit's 1.0.
    while scaled >= 999.95 && unit + 1 < UNITS.len() {
        scaled /= 1_000.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0);
    format!("{scaled:.decimals$}\u{A0}{}", UNITS[unit])
}

/// Digits in the groups that a page sets apart: threes as far as an eye can count them, tens in longer
/// numbers. Only the first may be shorter.
pub fn groups(digits: &str) -> impl Iterator<Item = &str> {
    let size = if digits.len() <= 30 { 3 } else { 10 };
    let (first, rest) = digits.split_at(digits.len() % size);
    let groups = (0..rest.len()).step_by(size);
    let rest = groups.map(move |start| &rest[start..start + size]);
    Some(first)
        .filter(|first| !first.is_empty())
        .into_iter()
        .chain(rest)
}

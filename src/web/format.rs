//! Numbers, counts and sizes as text for people.

use std::fmt::Display;

/// The decimal units of size that people know, each a thousand times the one before.
const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/// A whole number with no-break spaces between groups of three digits: `10 000`.
pub fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(2 * digits.len());
    for (remaining, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        text.push(digit);
        if remaining % 3 == 0 && remaining > 0 {
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

/// A number of bytes in a suitable unit, or as a power of ten: `7 bytes`, `10.5 MB`,
/// `3.6 × 10^37 bytes`.
pub fn bytes(size: f64) -> String {
    if size >= 1e18 {
        return format!("{size:.1e}").replace('e', " × 10^") + "\u{A0}bytes";
    }
    let (mut scaled, mut unit) = (size, 0);
    // 999.95 and more would be rounded to 1000.0, which is 1.0 in the next unit.
    while scaled >= 999.95 && unit + 1 < UNITS.len() {
        scaled /= 1_000.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0);
    format!("{scaled:.decimals$}\u{A0}{}", UNITS[unit])
}

/// Digits in the groups that a page displays: of three for short numbers, of ten for long ones. Only the
/// first group may be shorter.
pub fn groups(digits: &str) -> impl Iterator<Item = &str> {
    let size = if digits.len() <= 30 { 3 } else { 10 };
    let (first, rest) = digits.split_at(digits.len() % size);
    let groups = (0..rest.len()).step_by(size);
    let rest = groups.map(move |start| &rest[start..start + size]);
    Some(first).filter(|first| !first.is_empty()).into_iter().chain(rest)
}

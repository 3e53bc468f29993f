//! Numbers, counts and sizes as text for people.

use std::fmt::Display;

/// The decimal units of size that people know, each a thousand times the one before.
const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/// A whole number with commas between groups of three digits, `10,000`, and the minus sign of mathematics,
/// U+2212, if it is negative: `−8`.
pub fn grouped(number: impl Display) -> String {
    let number = number.to_string();
    match number.strip_prefix('-') {
        Some(digits) => format!("−{}", in_groups(digits, 3, ',')),
        None => in_groups(&number, 3, ','),
    }
}

/// ASCII digits in groups of `size`, of which only the first may be shorter.
pub fn in_groups(digits: &str, size: usize, separator: char) -> String {
    let mut text = String::with_capacity(2 * digits.len());
    for (remaining, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        text.push(digit);
        if remaining % size == 0 && remaining > 0 {
            text.push(separator);
        }
    }
    text
}

/// A term by its index: `F(10,000)`.
pub fn term(index: impl Display) -> String {
    format!("F({})", grouped(index))
}

/// A position: `1st`, `12th`, `1,002nd`.
fn ordinal(number: u128) -> String {
    let suffix = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    grouped(number) + suffix
}

/// Where F(`index`) is in the sequence, counted from F(0) and from F(1).
pub fn position(index: u64) -> String {
    let from_0 = ordinal(u128::from(index) + 1);
    match index {
        0 => format!("{from_0}, as counting starts at F(0)"),
        _ => format!("{from_0} if you count from F(0), {} from F(1)", ordinal(index.into())),
    }
}

/// A number of terms: `1 term`, `10,000 terms`.
pub fn terms(count: impl Display) -> String {
    counted(count, "term")
}

/// A number of digits: `1 digit`, `208,988 digits`.
pub fn digits(count: impl Display) -> String {
    counted(count, "digit")
}

/// A number of decimal places: `1 decimal place`, `40 decimal places`.
pub fn decimal_places(count: impl Display) -> String {
    counted(count, "decimal place")
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

//! How sizes and counts read in a sentence.

use std::fmt::Display;

/// The decimal units of size, each a thousand of the one before it: all that the International
/// System of Units has.
const UNITS: [&str; 11] = [
    "B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB", "RB", "QB",
];

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

/// A number of bytes in the unit that suits it: `10.5 MB`.
///
/// Ours, because a list that is asked for can weigh up to 10^37 bytes: the crates for this end, one
/// of them in a panic, at 10^19 or 10^27.
pub fn bytes(size: f64) -> String {
    let last = UNITS.len() - 1;
    let (mut size, mut unit) = (size, 0);
    // From 999.95 on it would be rounded to 1000.0: the next unit's 1.0.
    while size >= 999.95 && unit < last {
        size /= 1_000.0;
        unit += 1;
    }
    format!("{size:.1}\u{A0}{}", UNITS[unit])
}

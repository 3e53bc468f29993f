//! How sizes and counts read in a sentence.

use std::fmt::Display;

use askama::filters;

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

/// A size in the decimal unit that suits it: `10.5 MB`.
pub fn bytes(size: u128) -> String {
    match filters::filesizeformat(size, 1) {
        Ok(text) => text.to_string(),
    }
}

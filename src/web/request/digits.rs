//! Texts of ASCII digits.

/// The maximum number of digits of a number in an address.
pub const MAX_DIGITS: usize = 10_000;

/// Whether the text is one or more ASCII digits.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// One or more digits without leading zeros; zero keeps one.
pub fn without_leading_zeros(digits: &str) -> &str {
    match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    }
}

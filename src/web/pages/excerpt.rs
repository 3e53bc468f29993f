//! A number in full, or only its first and last digits.

/// A number in full, or only its first and last digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Excerpt {
    /// All digits.
    Full(String),
    /// The first and the last digits.
    Ends {
        leading: String,
        trailing: String,
        /// The number of all digits.
        digits: u64,
    },
}

impl Excerpt {
    /// All of these ASCII digits if there are at most `limit`, otherwise `end` digits of either end.
    pub fn of(digits: &[u8], limit: usize, end: usize) -> Self {
        let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        if digits.len() <= limit {
            return Self::Full(text(digits));
        }
        Self::Ends {
            leading: text(&digits[..end]),
            trailing: text(&digits[digits.len() - end..]),
            digits: digits.len() as u64,
        }
    }

    /// All digits, if it has them.
    pub fn full(&self) -> Option<&str> {
        match self {
            Self::Full(digits) => Some(digits),
            Self::Ends { .. } => None,
        }
    }
}

/// The number in full, or its two ends with an ellipsis.
pub fn shortened(digits: &str, limit: usize, end: usize) -> String {
    match Excerpt::of(digits.as_bytes(), limit, end) {
        Excerpt::Full(digits) => digits,
        Excerpt::Ends { leading, trailing, .. } => format!("{leading}…{trailing}"),
    }
}

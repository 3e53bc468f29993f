//! A number as it fits: whole, or by its two ends.

/// As much of a number as fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Excerpt {
    /// All of its digits.
    Whole(String),
    /// The first of them and the last.
    Ends {
        leading: String,
        trailing: String,
        /// How many there are in all.
        digits: u64,
    },
}

impl Excerpt {
    /// All of these ASCII digits where they are `most` at most, else `ends` of them at either end.
    pub fn of(digits: &[u8], most: usize, ends: usize) -> Self {
        let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        if digits.len() <= most {
            return Self::Whole(text(digits));
        }
        Self::Ends {
            leading: text(&digits[..ends]),
            trailing: text(&digits[digits.len() - ends..]),
            digits: digits.len() as u64,
        }
    }

    /// All of it, where that fits.
    pub fn whole(&self) -> Option<&str> {
        match self {
            Self::Whole(digits) => Some(digits),
            Self::Ends { .. } => None,
        }
    }
}

//! A part of a long term's digits, and the sums by which a copy of all of them can be checked.

use std::fmt::Write as _;

use fibonacci::check;
use sha2::{Digest, Sha256};

/// The number of digits in a window.
pub const WINDOW_DIGITS: u64 = 1_000;

/// Up to [`WINDOW_DIGITS`] digits of a term, and facts about all of them.
pub struct DigitWindow {
    /// The position of the first of these digits, from 1.
    pub start: u64,
    /// The position of the last.
    pub end: u64,
    pub digits: String,
    /// The position from which the window before this one starts.
    pub before: Option<u64>,
    /// The position from which the window after this one starts.
    pub after: Option<u64>,
    /// The SHA-256 of the text of the term, with its sign and the line feed at its end.
    pub sha256: String,
    /// The term modulo 2^61 - 1.
    pub residue: u64,
}

impl DigitWindow {
    /// The digits from position `start` on of the term with all these digits, which has at least as many.
    pub fn new(sign: &str, digits: &[u8], start: u64) -> Self {
        let length = digits.len() as u64;
        let end = length.min(start + WINDOW_DIGITS - 1);
        let position = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
        let digest = Sha256::new().chain_update(sign).chain_update(digits).chain_update("\n");
        let sha256 = digest.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string never fails.
            write!(text, "{byte:02x}").ok();
            text
        });
        let part = &digits[position(start - 1)..position(end)];
        Self {
            start,
            end,
            digits: String::from_utf8_lossy(part).into_owned(),
            before: (start > 1).then(|| start.saturating_sub(WINDOW_DIGITS).max(1)),
            after: (end < length).then_some(end + 1),
            sha256,
            residue: match check::residue_of_text(digits) {
                residue if residue > 0 && !sign.is_empty() => check::PRIME - residue,
                residue => residue,
            },
        }
    }
}

//! What every page has around its own part: the head, the form, the foot.

use super::words::grouped;
use super::{Assets, Site};

/// What `base.html` and `form.html` show.
#[derive(Debug)]
pub struct Frame<'a> {
    pub(super) assets: &'a Assets,
    /// What stands in the field: what was typed.
    pub(super) typed: String,
    /// What is wrong with it.
    pub(super) problem: Option<String>,
    /// Whether the Enter key stands for the button `nth`, and not for `First n`.
    pub(super) enter_is_nth: bool,
    /// The most terms of a list, for the hint at the field.
    pub(super) max_first: String,
    /// The largest index of a single term, for the hint at the field.
    pub(super) max_nth: String,
}

impl<'a> Frame<'a> {
    /// A frame with an empty field.
    pub fn new(site: &'a Site) -> Self {
        Self {
            assets: &site.assets,
            typed: String::new(),
            problem: None,
            enter_is_nth: false,
            max_first: grouped(site.limits.max_first),
            max_nth: grouped(site.limits.max_nth),
        }
    }

    /// The same with `typed` in the field, but for the control characters that HTML cannot hold.
    pub fn with_typed(self, typed: &str) -> Self {
        let typed = typed.replace(
            |char: char| char.is_control() && !char.is_ascii_whitespace() || char == '\x0C',
            "\u{FFFD}",
        );
        Self { typed, ..self }
    }

    /// The same with a sentence at the field that says what is wrong with it.
    pub fn with_problem(self, problem: String) -> Self {
        Self {
            problem: Some(problem),
            ..self
        }
    }

    /// The same for a page of a single term: who changes the number there wants another one.
    pub fn with_enter_for_nth(self) -> Self {
        Self {
            enter_is_nth: true,
            ..self
        }
    }
}

//! What every page has around its own part: the head, the form, the foot.

use super::words::grouped;
use super::{Assets, Site};

/// What `base.html` and `form.html` show.
#[derive(Debug)]
pub struct Frame<'a> {
    pub(super) assets: &'a Assets,
    /// What stands in the field: what was typed, to the letter.
    pub(super) typed: String,
    /// What is wrong with it.
    pub(super) problem: Option<String>,
    /// The most terms of a list, for the hint at the field.
    pub(super) max_first: String,
    /// The largest index of a single term, for the hint at the field.
    pub(super) max_nth: String,
}

impl<'a> Frame<'a> {
    /// A frame with `typed` in the form's field.
    pub fn new(site: &'a Site, typed: String) -> Self {
        Self {
            assets: &site.assets,
            typed,
            problem: None,
            max_first: grouped(site.limits.max_first),
            max_nth: grouped(site.limits.max_nth),
        }
    }

    /// The same, with a sentence at the field that says what is wrong with it.
    pub fn with_problem(self, problem: String) -> Self {
        Self {
            problem: Some(problem),
            ..self
        }
    }
}

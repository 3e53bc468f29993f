//! What every page has around its own part: the head, the forms, the foot.

use super::number::Parameter;
use super::words::grouped;
use super::{Assets, Site};

/// What `base.html` and the forms show.
#[derive(Debug)]
pub struct Frame<'a> {
    pub(super) assets: &'a Assets,
    /// What the page is, for a tab, a bookmark and a shared link.
    pub(super) title: String,
    /// A sentence more, for a shared link and for search engines.
    pub(super) description: String,
    /// Whether search engines may show it: what there are few of, not the endless line of results.
    pub(super) is_indexed: bool,
    pub(super) n: Field,
    pub(super) from: Field,
    pub(super) of: Field,
    /// Whether the Enter key stands for the button `nth`, and not for `First n`.
    pub(super) enter_is_nth: bool,
    /// The most terms of a list, for the hint at the field.
    pub(super) max_first: String,
    /// The largest index of a single term, for the hint at the field.
    pub(super) max_nth: String,
}

/// A field of a form.
#[derive(Debug, Default)]
pub struct Field {
    /// What stands in it: what was typed.
    pub(super) typed: String,
    /// What is wrong with that.
    pub(super) problem: Option<String>,
}

impl<'a> Frame<'a> {
    /// A frame with empty fields, of a page that search engines are to leave out.
    pub fn new(site: &'a Site, title: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            assets: &site.assets,
            title: title.into(),
            description: description.into(),
            is_indexed: false,
            n: Field::default(),
            from: Field::default(),
            of: Field::default(),
            enter_is_nth: false,
            max_first: grouped(site.limits.max_first),
            max_nth: grouped(site.limits.max_nth),
        }
    }

    /// The same for a page that search engines may show.
    pub fn indexed(self) -> Self {
        Self {
            is_indexed: true,
            ..self
        }
    }

    /// The same with `typed` in the field, but for the control characters that HTML cannot hold.
    pub fn with_typed(mut self, field: Parameter, typed: &str) -> Self {
        self.field(field).typed = typed.replace(
            |char: char| char.is_control() && !char.is_ascii_whitespace() || char == '\x0C',
            "\u{FFFD}",
        );
        self
    }

    /// The same with a sentence at the field that says what is wrong with it.
    pub fn with_problem(mut self, field: Parameter, problem: String) -> Self {
        self.field(field).problem = Some(problem);
        self
    }

    /// The same for a page of a single term: who changes the number there wants another one.
    pub fn with_enter_for_nth(self) -> Self {
        Self {
            enter_is_nth: true,
            ..self
        }
    }

    fn field(&mut self, field: Parameter) -> &mut Field {
        match field {
            Parameter::N => &mut self.n,
            Parameter::From => &mut self.from,
            Parameter::Of => &mut self.of,
        }
    }
}
